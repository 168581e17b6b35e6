"""Keys of validators: their addresses and their signatures (CometBFT crypto/ed25519, secp256k1).

CometBFT verifies Ed25519 by ZIP-215, which takes encodings that RFC 8032 and libsodium refuse. A
signature that only the former takes is not counted here, and no honest signer makes one.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from enclave.crypto.primitives import ed25519_verifies, secp256k1_verifies
from enclave.crypto.ripemd160 import ripemd160
from enclave.light_client.types import KeyKind, PublicKey

ADDRESS_BYTES: Final = 20
KEY_BYTES: Final = {KeyKind.ED25519: 32, KeyKind.SECP256K1: 33}
SIGNATURE_BYTES: Final = 64
"""Of both kinds: RFC 8032's, and r then s of 32 bytes each."""


def address(key: PublicKey) -> bytes:
    """20 bytes: of SHA-256 the first 20, or RIPEMD-160 of SHA-256 as in Bitcoin."""
    digest = sha256(key.data).digest()
    return digest[:ADDRESS_BYTES] if key.kind is KeyKind.ED25519 else ripemd160(digest)


def verifies(key: PublicKey, signature: bytes, message: bytes) -> bool:
    """Whether `signature` is `key`'s over `message`; a bool, because signatures are counted."""
    if key.kind is KeyKind.ED25519:
        return ed25519_verifies(key.data, signature, message)
    return secp256k1_verifies(key.data, signature, message)
