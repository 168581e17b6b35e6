"""What a signer signs, and the check: SIGN_MODE_DIRECT (ADR-020), secp256k1, 64 bytes r || s.

The SignDoc binds the chain and the account's number; the sequence is inside AuthInfo. Only the
lower of the two values of s is a signature: else anyone could make a second transaction of equal
effect with another hash.
"""

from __future__ import annotations

import functools
import hashlib
from typing import Final

from coincurve import PublicKey
from cosmpy.protos.cosmos.tx.v1beta1.tx_pb2 import SignDoc

from chain_module.wire import encode

SIGNATURE_BYTES: Final = 64
SCALAR_BYTES: Final = 32

ORDER: Final = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
"""n of secp256k1 (SEC 2, section 2.4.1)."""
MAX_LOW_S: Final = ORDER // 2

REMEMBERED: Final = 8192
"""A transaction is checked at the door, proposed, processed and finalized: verified once. Bad
signatures are not kept: a flood of them pushes no good one out."""


def sign_bytes(
    *, body_bytes: bytes, auth_info_bytes: bytes, chain_id: str, account_number: int
) -> bytes:
    """The SignDoc of one signer."""
    return encode(
        SignDoc(
            body_bytes=body_bytes,
            auth_info_bytes=auth_info_bytes,
            chain_id=chain_id,
            account_number=account_number,
        )
    )


class BadSignature(Exception):
    """The signature is not one of this key for these bytes."""


def verify(public_key: bytes, signature: bytes, signed: bytes) -> None:
    """Checks `signature` over SHA-256(`signed`). Raises BadSignature.

    Args:
        public_key: 33 bytes, compressed; a point that is not on the curve signs nothing.
        signature: 64 bytes, r || s, big-endian.
        signed: as `sign_bytes` made them.
    """
    if len(signature) != SIGNATURE_BYTES:
        raise BadSignature(f"{len(signature)} bytes, not {SIGNATURE_BYTES}")
    if int.from_bytes(signature[SCALAR_BYTES:], "big") > MAX_LOW_S:
        raise BadSignature("the higher value of s")
    verify_new(public_key, signature, hashlib.sha256(signed).digest())


@functools.lru_cache(maxsize=REMEMBERED)
def verify_new(public_key: bytes, signature: bytes, digest: bytes) -> None:
    """Checks a signature that is not known to be good. Raises BadSignature."""
    try:
        good = PublicKey(public_key).verify(_der(signature), digest, hasher=None)
    except ValueError:
        good = False
    if not good:
        raise BadSignature("of another key, or for other bytes")


def _der(signature: bytes) -> bytes:
    """The same in ASN.1, as the library wants it."""
    r, s = (_der_integer(signature[at : at + SCALAR_BYTES]) for at in (0, SCALAR_BYTES))
    return bytes((0x30, len(r) + len(s))) + r + s


def _der_integer(scalar: bytes) -> bytes:
    digits = scalar.lstrip(b"\0") or b"\0"
    if digits[0] & 0x80:
        digits = b"\0" + digits
    return bytes((0x02, len(digits))) + digits
