"""The kinds of values that an enclave seals, and their encodings (protocol.md section 10).

Every codec decodes strictly: a sealed file is authenticated, but it may be of another version.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from enclave.attestation.types import REPORT_DATA_BYTES
from enclave.crypto.key_schedule import SEED_BYTES
from enclave.crypto.primitives import (
    KEM_CIPHERTEXT_BYTES,
    KEM_PUBLIC_BYTES,
    KEM_SECRET_BYTES,
    KEY_BYTES,
)
from enclave.errors import Code, Refusal
from enclave.framework.store import Codec
from enclave.light_client.codec import decode_header, encode_header
from enclave.light_client.fork import Fork
from enclave.light_client.types import Header
from enclave.registration.network import HASH_BYTES, NetworkInputs
from enclave.registration.network_codec import network_from_proto, network_to_proto
from enclave.wire import encode, strict_decode
from seedpact.enclave.v1 import sealed_pb2 as pb
from seedpact.registration.v1 import types_pb2

MAX_VALUE_BYTES: Final = 64 * 1024

TRUST_KEY: Final = b"trust"
QUOTE_KEYS: Final = b"quote/"
"""Where the two kinds of values are kept that say how far the light client got."""
SEED_KEYS: Final = b"seed/"


@dataclass(frozen=True, slots=True, repr=False)
class KemSecret:
    """One encapsulation to the network's KEM key, made once for each (node_key, epoch)."""

    kem_io: bytes
    ciphertext: bytes
    secret: bytes


@dataclass(frozen=True, slots=True, repr=False)
class QuoteEntry:
    """One quote that waits for its record: the anchor that it bound is a possible root of trust."""

    anchor_height: int
    anchor_hash: bytes
    report_data: bytes
    tls_seed: bytes
    header: Header | None = None
    """How far the light client got from this anchor; None: not beyond it."""


@dataclass(frozen=True, slots=True)
class Trust:
    """The root of trust in the chain, and the last trusted header. Hash b"": the genesis."""

    root_height: int
    root_hash: bytes
    header: Header | None
    """None only where the root is the genesis, until its header is verified."""


def _sized(data: bytes, size: int) -> bytes:
    if len(data) != size:
        raise Refusal(
            Code.SEALED_MALFORMED, expected=f"a value of {size} bytes", found=f"{len(data)} bytes"
        )
    return data


def _encode_kem(value: KemSecret) -> bytes:
    return encode(
        pb.SealedKemSecret(kem_io=value.kem_io, ciphertext=value.ciphertext, secret=value.secret)
    )


def _decode_kem(data: bytes) -> KemSecret:
    message = strict_decode(
        pb.SealedKemSecret, data, max_bytes=MAX_VALUE_BYTES, code=Code.SEALED_MALFORMED
    )
    return KemSecret(
        kem_io=_sized(message.kem_io, KEM_PUBLIC_BYTES),
        ciphertext=_sized(message.ciphertext, KEM_CIPHERTEXT_BYTES),
        secret=_sized(message.secret, KEM_SECRET_BYTES),
    )


def _encode_quote(value: QuoteEntry) -> bytes:
    return encode(
        pb.SealedQuote(
            anchor_height=value.anchor_height,
            anchor_hash=value.anchor_hash,
            report_data=value.report_data,
            tls_seed=value.tls_seed,
            last_header=None if value.header is None else encode_header(value.header),
        )
    )


def _decode_quote(data: bytes) -> QuoteEntry:
    message = strict_decode(
        pb.SealedQuote, data, max_bytes=MAX_VALUE_BYTES, code=Code.SEALED_MALFORMED
    )
    return QuoteEntry(
        anchor_height=message.anchor_height,
        anchor_hash=_sized(message.anchor_hash, HASH_BYTES),
        report_data=_sized(message.report_data, REPORT_DATA_BYTES),
        tls_seed=_sized(message.tls_seed, KEY_BYTES),
        header=decode_header(message.last_header) if message.HasField("last_header") else None,
    )


def _encode_trust(value: Trust) -> bytes:
    return encode(
        pb.SealedTrust(
            root_height=value.root_height,
            root_hash=value.root_hash,
            last_header=None if value.header is None else encode_header(value.header),
        )
    )


def _decode_trust(data: bytes) -> Trust:
    message = strict_decode(
        pb.SealedTrust, data, max_bytes=MAX_VALUE_BYTES, code=Code.SEALED_MALFORMED
    )
    root_hash = _sized(message.root_hash, HASH_BYTES) if message.root_hash else b""
    header = decode_header(message.last_header) if message.HasField("last_header") else None
    if (root_hash and header is None) or (header and header.height < message.root_height):
        raise Refusal(
            Code.SEALED_MALFORMED,
            expected=f"a trusted header at {message.root_height} or above",
            found="none" if header is None else f"height {header.height}",
        )
    return Trust(message.root_height, root_hash, header)


def _encode_fork(value: Fork) -> bytes:
    return encode(
        pb.SealedFork(height=value.height, first_hash=value.first, second_hash=value.second)
    )


def _decode_fork(data: bytes) -> Fork:
    message = strict_decode(
        pb.SealedFork, data, max_bytes=MAX_VALUE_BYTES, code=Code.SEALED_MALFORMED
    )
    hashes = (_sized(one, HASH_BYTES) for one in (message.first_hash, message.second_hash))
    return Fork(message.height, *hashes)


def _encode_network(value: NetworkInputs) -> bytes:
    return encode(network_to_proto(value))


def _decode_network(data: bytes) -> NetworkInputs:
    return network_from_proto(
        strict_decode(
            types_pb2.NetworkInputs, data, max_bytes=MAX_VALUE_BYTES, code=Code.SEALED_MALFORMED
        )
    )


def _raw(size: int) -> Codec[bytes]:
    return Codec(encode=lambda value: _sized(value, size), decode=lambda data: _sized(data, size))


INTEGER: Final[Codec[int]] = Codec(
    encode=lambda value: value.to_bytes(8, "big"),
    decode=lambda data: int.from_bytes(_sized(data, 8), "big"),
)
KEY: Final = _raw(KEY_BYTES)
SEED: Final = _raw(SEED_BYTES)
KEM: Final = Codec(encode=_encode_kem, decode=_decode_kem)
QUOTE: Final = Codec(encode=_encode_quote, decode=_decode_quote)
TRUST: Final = Codec(encode=_encode_trust, decode=_decode_trust)
FORK: Final = Codec(encode=_encode_fork, decode=_decode_fork)
NETWORK: Final = Codec(encode=_encode_network, decode=_decode_network)
