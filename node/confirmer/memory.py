"""What a confirmer remembers of registrations: outcomes of this height, and who is not sent again.

An outcome depends on the registration and on the chain. Of one height there is one header below,
and one state that is proven under it: whatever way it was proven, so the registration is the key.
"""

from __future__ import annotations

import hashlib
import threading
from typing import Final

from node.confirmer.outcomes import Outcome
from node.enclave_client import Registration

REMEMBERED: Final = 1024
"""Outcomes; a node has at most 2 * max_registers_per_block waiting registers."""
QUARANTINE_BLOCKS: Final = 100
"""Protocol.md section 6."""


class Outcomes:
    """Outcomes of the newest height that was asked for. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._height = 0
        self._known: dict[bytes, Outcome] = {}

    def get(self, key: bytes) -> Outcome | None:
        """The outcome, or None."""
        with self._lock:
            return self._known.get(key)

    def put(self, height: int, key: bytes, outcome: Outcome) -> None:
        """Remembers it, unless a newer height has begun."""
        with self._lock:
            self._begin(height)
            if height == self._height and len(self._known) < REMEMBERED:
                self._known[key] = outcome

    def begin(self, height: int) -> None:
        """A height begins: nobody asks for those before it any more."""
        with self._lock:
            self._begin(height)

    def _begin(self, height: int) -> None:
        if height > self._height:
            self._height = height
            self._known.clear()


class Quarantine:
    """Registrations over which the enclave died. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until: dict[bytes, int] = {}

    def add(self, registration: Registration, *, height: int) -> None:
        """It was in flight for a block of this height."""
        with self._lock:
            self._until = {key: end for key, end in self._until.items() if end > height}
            self._until[_identity(registration)] = height + QUARANTINE_BLOCKS + 1

    def until(self, registration: Registration, *, height: int) -> int | None:
        """The height from which it may be sent again, or None where it may be sent now."""
        with self._lock:
            end = self._until.get(_identity(registration), 0)
            return end if end > height else None


def outcome_key(registration: Registration) -> bytes:
    """32 bytes that name what an outcome depends on, within one height."""
    digest = hashlib.sha256()
    for field in (
        registration.operator,
        registration.exchange_key,
        registration.kem_ciphertext,
        registration.epoch.to_bytes(8, "big"),
        registration.anchor_height.to_bytes(8, "big"),
        registration.anchor_hash,
        registration.tls_key,
        registration.quote,
        registration.collateral,
    ):
        digest.update(hashlib.sha256(field).digest())
    return digest.digest()


def _identity(registration: Registration) -> bytes:
    fields = (
        registration.exchange_key,
        registration.kem_ciphertext,
        registration.tls_key,
        registration.quote,
    )
    return hashlib.sha256(b"".join(hashlib.sha256(f).digest() for f in fields)).digest()
