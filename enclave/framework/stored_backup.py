"""The backup beside the state, and when it is written again (protocol.md section 10).

A backup brings keys back: it follows every change but one. A header that is newer than the one
before it writes the state alone, since what a host gains with an older header it has from an older
state as well; docs/adr/0022 says why, and what a restored enclave must prove. It falls no more than
1,000 headers behind, and a start brings it up to the state.

Never the other way round: a backup that holds more than the state is kept, whoever put an older
state beside it (docs/adr/0023). How blobs are sealed is `sealed_state`'s matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from enclave.errors import Code, Refusal
from enclave.framework.sealed_state import (
    HISTORY_BYTES,
    Entries,
    Entropy,
    Place,
    Sealed,
    SealedState,
    StorageUncertain,
)
from enclave.framework.sealed_values import QUOTE, QUOTE_KEYS, SEED_KEYS, TRUST, TRUST_KEY
from enclave.light_client.types import Header

BACKUP_HEADERS: Final = 1_000
"""So many headers a backup may lack: for as many a proven nonce is good (section 7), and an engine
still has them. One write in 1,000 blocks is no cost."""


class StoredBackup:
    """What the stored backup is known to hold."""

    def __init__(self, sealed: SealedState) -> None:
        """Nothing is known before `bring_up`."""
        self._sealed = sealed
        self._held: Sealed | None = None
        self.newer: Refusal | None = None
        """Why the stored backup must stay as it is; None where the state may take its place."""

    def bring_up(self, state: Sealed, *, network_id: bytes | None) -> None:
        """At a start: writes the backup where it lacks what the state has, headers and all.

        A crash between the two writes left an older one. A disk that refuses does not keep a
        holder from starting: it serves, and says so.

        Args:
            state: as it was loaded.
            network_id: of the state; None in EMPTY, which has nothing to back up.
        """
        try:
            self._look(state)
            if self.newer is not None or network_id is None:
                return
            held = self._held
            if held is None or held.place != state.place or _lacks_headers(held, state):
                self.save(state, network_id=network_id)
        except (Refusal, StorageUncertain):
            self._held = None

    def is_current(self, state: Sealed) -> bool:
        """Whether it holds this state, but for fewer than `BACKUP_HEADERS` newer headers."""
        held = self._held
        return (
            held is not None
            and held.place == state.place
            and _same_but_for_headers(held.entries, state.entries)
            and all(
                _thousand(height) <= _thousand(_heights(held.entries)[key])
                for key, height in _heights(state.entries).items()
            )
        )

    def check_follows(self, state: Sealed) -> None:
        """Reads the stored backup again: whether this state may take its place.

        Raises:
            Refusal: BACKUP_NEWER; STORAGE_FAILED, where it cannot be read.
        """
        self._look(state)
        if self.newer is not None:
            raise self.newer

    def save(self, state: Sealed, *, network_id: bytes) -> None:
        """Writes it, unless what is there is newer.

        Raises as `Storage.save`; then nothing is known of it.
        """
        self._look(state)
        if self.newer is None:
            self._held = None
            self._sealed.save_backup(state, network_id=network_id)
            self._held = state

    def _look(self, state: Sealed) -> None:
        self._held = self._sealed.load_backup()
        self.newer = None if self._held is None else _newer(self._held, state)


def next_sealed(before: Sealed, entries: Entries, *, entropy: Entropy) -> Sealed:
    """The seal of `entries` after `before`: whatever changes but a header is a new generation."""
    if _same_but_for_headers(before.entries, entries):
        return Sealed(entries, before.place)
    history = before.place.history or entropy(HISTORY_BYTES)
    return Sealed(entries, Place(history, before.place.generation + 1))


def _newer(stored: Sealed, state: Sealed) -> Refusal | None:
    """Why `stored` may hold what `state` does not.

    A state is written before its backup, so a backup of its own past has its history, a generation
    that is not higher, the same entries in the same one, and no seed that it lacks.
    """
    ours, theirs = state.place, stored.place
    if theirs.history != ours.history:
        found = "one of other keys" if ours.history else "no state beside it"
    elif theirs.generation > ours.generation:
        found = f"an older state, generation {ours.generation}"
    elif _seeds(stored) - _seeds(state):
        found = f"a state of generation {ours.generation} that lacks a seed"
    elif theirs == ours and not _same_but_for_headers(stored.entries, state.entries):
        found = f"another state of generation {ours.generation}"
    else:
        return None
    return Refusal(
        Code.BACKUP_NEWER,
        expected=f"a state that holds what the backup holds, generation {theirs.generation}",
        found=found,
    )


def _seeds(sealed: Sealed) -> set[bytes]:
    return {key for key in sealed.entries if key.startswith(SEED_KEYS)}


def _lacks_headers(stored: Sealed, state: Sealed) -> bool:
    """Of one generation: whether the state got farther, and nowhere less far."""
    ours, theirs = _heights(state.entries), _heights(stored.entries)
    return ours != theirs and all(theirs[key] <= height for key, height in ours.items())


def _same_but_for_headers(one: Entries, other: Entries) -> bool:
    return one == other or _without_headers(one) == _without_headers(other)


def _without_headers(entries: Entries) -> Entries:
    return {key: _without_header(key, value) for key, value in entries.items()}


def _without_header(key: bytes, value: bytes) -> bytes:
    if key == TRUST_KEY:
        return TRUST.encode(replace(TRUST.decode(value), header=None))
    if key.startswith(QUOTE_KEYS):
        return QUOTE.encode(replace(QUOTE.decode(value), header=None))
    return value


def _heights(entries: Entries) -> Mapping[bytes, int]:
    """How far the light client got, by the entry that says it; 0 for no header."""
    found = {key: _header(key, value) for key, value in entries.items()}
    return {key: header.height if header else 0 for key, header in found.items()}


def _header(key: bytes, value: bytes) -> Header | None:
    if key == TRUST_KEY:
        return TRUST.decode(value).header
    if key.startswith(QUOTE_KEYS):
        return QUOTE.decode(value).header
    return None


def _thousand(height: int) -> int:
    return height // BACKUP_HEADERS
