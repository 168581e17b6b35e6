"""The keys of the store "registration" that an enclave asks proofs of (docs/spec section 14).

The whole table is the chain's (`chain_module.registration.keys`), which takes these from here, so
that both sides spell a key alike. A host never names a key: the enclave computes it.
"""

from __future__ import annotations

from typing import Final

STORE: Final = "registration"

POLICY: Final = b"policy"
NETWORK: Final = b"network/"
NODES: Final = b"nodes/"
MACHINES: Final = b"machines/"
ANCHORS: Final = b"anchors/"
FRESHNESS: Final = b"freshness/"


def network(epoch: int) -> bytes:
    """Public keys of an epoch."""
    return NETWORK + epoch.to_bytes(8, "big")


def node(node_id: bytes) -> bytes:
    """A node's record."""
    return NODES + node_id


def machine(platform_id: bytes) -> bytes:
    """A machine that may host a node."""
    return MACHINES + platform_id


def anchor(height: int) -> bytes:
    """A recent header."""
    return ANCHORS + height.to_bytes(8, "big")


def freshness(node_id: bytes) -> bytes:
    """The newest nonce that a node's operator published."""
    return FRESHNESS + node_id
