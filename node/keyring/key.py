"""One account's key: its public side, and the key that signs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from coincurve import PrivateKey
from cosmpy.aerial.wallet import LocalWallet
from cosmpy.crypto.hashfuncs import ripemd160
from cosmpy.crypto.keypairs import PrivateKey as CosmpyKey

from chain_module.address import ACCOUNT_PREFIX, VALIDATOR_PREFIX, to_text
from node.keyring.failures import KeyringCode, KeyringFailure

PRIVATE_BYTES: Final = 32
PUBLIC_BYTES: Final = 33
SIGNATURE_BYTES: Final = 64


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """What everybody may know of a key."""

    name: str
    public_key: bytes
    """33 bytes, compressed secp256k1."""

    @property
    def raw_address(self) -> bytes:
        """20 bytes: RIPEMD-160 of SHA-256 of the public key, as in Cosmos."""
        return account_address(self.public_key)

    @property
    def address(self) -> str:
        """seed1.."""
        return to_text(self.raw_address)

    @property
    def validator_address(self) -> str:
        """seedvaloper1.."""
        return to_text(self.raw_address, prefix=VALIDATOR_PREFIX)


class SigningKey:
    """A key in memory. Its bytes appear in no text of it."""

    __slots__ = ("_key", "info")

    def __init__(self, name: str, private_key: bytes) -> None:
        """Raises KeyringFailure: BAD_KEY, for bytes that are no secp256k1 key."""
        if len(private_key) != PRIVATE_BYTES:
            raise _bad_key(f"{len(private_key)} bytes")
        try:
            self._key = PrivateKey(private_key)
        except ValueError:
            raise _bad_key("a number that the curve does not take") from None
        self.info = KeyInfo(name, self._key.public_key.format(compressed=True))

    def sign(self, message: bytes) -> bytes:
        """64 bytes r || s over SHA-256 of the message, deterministic (RFC 6979), s low."""
        return self._key.sign_recoverable(message)[:SIGNATURE_BYTES]

    def wallet(self) -> LocalWallet:
        """The key as cosmpy's client takes it."""
        return LocalWallet(CosmpyKey(self._key.secret), prefix=ACCOUNT_PREFIX)

    def reveal(self) -> bytes:
        """The private key's 32 bytes, to be kept or exported."""
        return self._key.secret


def account_address(public_key: bytes) -> bytes:
    """20 bytes."""
    # OpenSSL may come without RIPEMD-160; cosmpy's does not come from there.
    digest: bytes = ripemd160(hashlib.sha256(public_key).digest())
    return digest


def _bad_key(found: str) -> KeyringFailure:
    expected = f"a secp256k1 private key of {PRIVATE_BYTES} bytes"
    return KeyringFailure(KeyringCode.BAD_KEY, expected=expected, found=found)
