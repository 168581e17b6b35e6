"""Encryption of a key under a password: scrypt (RFC 7914), then AES-256-GCM.

The key's public side is authenticated with it, so that a file that was renamed or edited does not
open. Parameters stand in the file, inside of limits: one that asks for more memory than we would
give, or for so little that a guess is cheap, is refused.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

SALT_BYTES: Final = 16
NONCE_BYTES: Final = 12
KEY_BYTES: Final = 32

MIN_LOG_COST: Final = 14
MAX_LOG_COST: Final = 18
BLOCK_SIZE: Final = 8
MAX_PARALLEL: Final = 4


@dataclass(frozen=True, slots=True)
class Cost:
    """scrypt's work: 2^log_n * 1 KiB of memory, `parallel` times that in time."""

    log_n: int = 16
    """64 MiB, about 0.4 s with `parallel`: what a guess costs."""
    parallel: int = 2

    def is_allowed(self) -> bool:
        """Within our limits."""
        return MIN_LOG_COST <= self.log_n <= MAX_LOG_COST and 1 <= self.parallel <= MAX_PARALLEL


@dataclass(frozen=True, slots=True)
class Box:
    """An encrypted secret."""

    cost: Cost
    salt: bytes
    nonce: bytes
    ciphertext: bytes


class WrongPassword(Exception):
    """The box does not open: another password, or it was changed."""


def seal(secret: bytes, *, password: str, associated: bytes, cost: Cost) -> Box:
    """Encrypts `secret`; `associated` is authenticated with it."""
    salt, nonce = secrets.token_bytes(SALT_BYTES), secrets.token_bytes(NONCE_BYTES)
    key = _key(password, salt, cost)
    return Box(cost, salt, nonce, AESGCM(key).encrypt(nonce, secret, associated))


def unseal(box: Box, *, password: str, associated: bytes) -> bytes:
    """The secret. Raises WrongPassword."""
    try:
        key = _key(password, box.salt, box.cost)
        return AESGCM(key).decrypt(box.nonce, box.ciphertext, associated)
    except InvalidTag:
        raise WrongPassword from None


def _key(password: str, salt: bytes, cost: Cost) -> bytes:
    kdf = Scrypt(salt=salt, length=KEY_BYTES, n=1 << cost.log_n, r=BLOCK_SIZE, p=cost.parallel)
    return kdf.derive(password.encode("utf-8"))
