"""The whole store as one sealed blob, and the backup as a second (protocol.md section 10).

The backup is the same entries under the same key, in the role of a backup: nothing that a person,
a passphrase or another machine can open. Where the blobs are kept is the service's business,
behind `Storage`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from enclave.crypto.labels import Mode
from enclave.crypto.sealing import MAX_BLOB_BYTES, SALT_BYTES, Role, read_header, seal, unseal
from enclave.errors import Code, Refusal
from enclave.wire import encode, strict_decode
from seedpact.enclave.v1 import sealed_pb2 as pb

Entries = Mapping[bytes, bytes]
Entropy = Callable[[int], bytes]
"""`entropy(n)`: n random bytes, fit for keys."""

HISTORY_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed store stands in the life of an enclave's keys (docs/adr/0023)."""

    history: bytes = b""
    """16 random bytes, made with the first keys in EMPTY; b"" in EMPTY."""
    generation: int = 0
    """Rises with every change but a newer header; 0 in EMPTY."""


@dataclass(frozen=True, slots=True, repr=False)
class Sealed:
    """The whole store, and its place."""

    entries: Entries
    place: Place


class StorageUncertain(Exception):
    """A write may or may not have reached the disk: only a restart can tell."""


class Storage(Protocol):
    """Where sealed blobs survive a crash. One blob a role, replaced whole."""

    def load(self, role: Role) -> bytes | None:
        """The blob, or None where there is none. Raises Refusal: STORAGE_FAILED."""
        ...

    def save(self, role: Role, blob: bytes) -> None:
        """Replaces the blob atomically and durably.

        Raises:
            Refusal: STORAGE_FAILED, and the old blob stands.
            StorageUncertain: either blob may stand after a crash.
        """
        ...


class SealedState:
    """Loads and saves the store's entries under one machine's seal key."""

    def __init__(self, storage: Storage, *, mode: Mode, seal_key: bytes, entropy: Entropy) -> None:
        self._storage = storage
        self._mode = mode
        self._seal_key = seal_key
        self._entropy = entropy

    def load(self) -> Sealed:
        """The sealed store; without entries where nothing was sealed yet.

        Raises:
            Refusal: one of SEALED_*, or STORAGE_FAILED.
        """
        blob = self._storage.load(Role.STATE)
        if blob is None:
            return Sealed({}, Place())
        return self._open(blob, role=Role.STATE, network_id=read_header(blob).network_id)

    def save(self, state: Sealed, *, network_id: bytes) -> None:
        """Seals and stores the state. Raises as `Storage.save`."""
        self._storage.save(Role.STATE, self._seal(state, Role.STATE, network_id))

    def save_backup(self, state: Sealed, *, network_id: bytes) -> None:
        """Seals and stores the backup. Raises as `Storage.save`."""
        self._storage.save(Role.BACKUP, self.make_backup(state, network_id=network_id))

    def load_backup(self) -> Sealed | None:
        """The stored backup, of whatever network; None where it is missing or does not open.

        Raises:
            Refusal: STORAGE_FAILED.
        """
        blob = self._storage.load(Role.BACKUP)
        if blob is None:
            return None
        try:
            return self.open_backup(blob, network_id=read_header(blob).network_id)
        except Refusal:
            return None

    def check_no_backup(self) -> None:
        """Beside an empty state a backup is the last copy of keys: new ones would overwrite it.

        Raises:
            Refusal: KEYS_EXIST or STORAGE_FAILED.
        """
        if self._storage.load(Role.BACKUP) is not None:
            raise Refusal(
                Code.KEYS_EXIST,
                expected="no backup beside an EMPTY enclave",
                found="one, whose state is lost: restore it, or move it away for new keys",
            )

    def make_backup(self, state: Sealed, *, network_id: bytes) -> bytes:
        """A sealed backup of the state."""
        return self._seal(state, Role.BACKUP, network_id)

    def open_backup(self, blob: bytes, *, network_id: bytes) -> Sealed:
        """What a backup holds. Raises Refusal: one of SEALED_*."""
        return self._open(blob, role=Role.BACKUP, network_id=network_id)

    def _seal(self, state: Sealed, role: Role, network_id: bytes) -> bytes:
        plaintext = encode(
            pb.SealedEntries(
                entries=[pb.SealedEntry(key=k, value=v) for k, v in sorted(state.entries.items())],
                history=state.place.history,
                generation=state.place.generation,
            )
        )
        return seal(
            plaintext,
            mode=self._mode,
            role=role,
            network_id=network_id,
            seal_key=self._seal_key,
            salt=self._entropy(SALT_BYTES),
        )

    def _open(self, blob: bytes, *, role: Role, network_id: bytes) -> Sealed:
        plaintext = unseal(
            blob, mode=self._mode, role=role, network_id=network_id, seal_key=self._seal_key
        )
        message = strict_decode(
            pb.SealedEntries, plaintext, max_bytes=MAX_BLOB_BYTES, code=Code.SEALED_MALFORMED
        )
        keys = [entry.key for entry in message.entries]
        if keys != sorted(set(keys)):
            raise Refusal(
                Code.SEALED_MALFORMED,
                expected="entries, strictly ascending",
                found=f"{len(keys)} entries, repeated or out of order",
            )
        if len(message.history) != HISTORY_BYTES or not message.generation:
            raise Refusal(
                Code.SEALED_MALFORMED,
                expected=f"a history of {HISTORY_BYTES} bytes and a generation from 1 on",
                found=f"{len(message.history)} bytes, generation {message.generation}",
            )
        entries = {entry.key: entry.value for entry in message.entries}
        return Sealed(entries, Place(message.history, message.generation))
