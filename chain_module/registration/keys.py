"""The table of keys of the store "registration" (docs/spec/protocol.md section 14).

A key is a name, and where there are many of a kind, a slash and an identifier of fixed length:
no key is the beginning of another, and a kind is one range. Numbers are big-endian, so the order
of the keys is that of the numbers. The keys of which enclaves ask proofs are theirs to spell.
"""

from __future__ import annotations

from typing import Final

from enclave.attestation.types import Tee
from enclave.registration.keys import (
    ANCHORS,
    FRESHNESS,
    MACHINES,
    NETWORK,
    NODES,
    POLICY,
    STORE,
    anchor,
    freshness,
    machine,
    network,
    node,
)
from enclave.registration.records import NODE_ID_BYTES
from enclave.time import Time

IDENTITY: Final = b"identity"
BOOTSTRAP: Final = b"bootstrap"
PARAMS: Final = b"params"
HELD_POLICY: Final = b"held_policy"

COLLATERAL: Final = b"collateral/"
CRLS: Final = b"crls/"
QE_IDENTITIES: Final = b"qe_identities/"
ATTESTATION_IDS: Final = b"attestation_ids/"
ANCHORS_OF: Final = b"anchors_of/"
EXPIRY: Final = b"expiry/"
LIVE: Final = b"live/"
OPERATORS: Final = b"operators/"

HEIGHT_BYTES: Final = 8
"""Of a height that is a value."""

_TIME_BYTES: Final = 12

__all__ = [
    "ANCHORS",
    "ANCHORS_OF",
    "ATTESTATION_IDS",
    "BOOTSTRAP",
    "COLLATERAL",
    "CRLS",
    "EXPIRY",
    "FRESHNESS",
    "HEIGHT_BYTES",
    "HELD_POLICY",
    "IDENTITY",
    "LIVE",
    "MACHINES",
    "NETWORK",
    "NODES",
    "OPERATORS",
    "PARAMS",
    "POLICY",
    "QE_IDENTITIES",
    "STORE",
    "anchor",
    "anchor_of",
    "attestation_id",
    "collateral",
    "crl",
    "expiring_node",
    "expiry",
    "expiry_bound",
    "freshness",
    "live",
    "live_node",
    "live_on",
    "machine",
    "network",
    "node",
    "operator",
    "qe_identity",
]


def collateral(fmspc: bytes, tee: Tee) -> bytes:
    """Collateral for one CPU family and kind of TEE."""
    return COLLATERAL + fmspc + b"/" + bytes([tee])


def crl(issuer_key_id: bytes) -> bytes:
    """The newest CRL of one CA, by SHA-256 of its public key: for machines of all families."""
    return CRLS + issuer_key_id


def qe_identity(tee: Tee) -> bytes:
    """The newest QE identity of one kind of TEE: for machines of all families."""
    return QE_IDENTITIES + bytes([tee])


def attestation_id(identifier: bytes) -> bytes:
    """The node that used this evidence, for ever."""
    return ATTESTATION_IDS + identifier


def anchor_of(node_id: bytes) -> bytes:
    """The height of the anchor of a node's newest quote."""
    return ANCHORS_OF + node_id


def expiry(expires_at: Time, node_id: bytes) -> bytes:
    """An entry of the index by which records expire."""
    return expiry_bound(expires_at) + node_id


def expiry_bound(time: Time) -> bytes:
    """Above every entry before `time`, and not above any entry at it."""
    return EXPIRY + time.seconds.to_bytes(8, "big") + time.nanos.to_bytes(4, "big")


def expiring_node(key: bytes) -> bytes:
    """The node of an entry of the index."""
    return key[len(EXPIRY) + _TIME_BYTES :]


def live(platform_id: bytes, node_id: bytes) -> bytes:
    """A CONFIRMED node on its machine."""
    return live_on(platform_id) + node_id


def live_on(platform_id: bytes) -> bytes:
    """The beginning of all entries of one machine."""
    return LIVE + platform_id + b"/"


def live_node(key: bytes) -> bytes:
    """The node of such an entry."""
    return key[-NODE_ID_BYTES:]


def operator(address: bytes) -> bytes:
    """The height at which an operator's newest confirm was."""
    return OPERATORS + address
