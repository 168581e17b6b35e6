"""The backup beside the state, and when it is written again (protocol.md section 10).

A backup brings keys back: it follows every change but one. A header that is newer than the one
before it writes the state alone, since what a host gains with an older header it has from an older
state as well; docs/adr/0022 says why, and what a restored enclave must prove. It falls no more than
1,000 headers behind, and a start brings it up to the state. How blobs are sealed is
`sealed_state`'s matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from enclave.errors import Refusal
from enclave.framework.sealed_state import SealedState, StorageUncertain
from enclave.framework.sealed_values import QUOTE, QUOTE_KEYS, TRUST, TRUST_KEY
from enclave.light_client.types import Header

Entries = Mapping[bytes, bytes]

BACKUP_HEADERS: Final = 1_000
"""So many headers a backup may lack: for as many a proven nonce is good (section 7), and an engine
still has them. One write in 1,000 blocks is no cost."""


class StoredBackup:
    """What the stored backup is known to hold."""

    def __init__(self, sealed: SealedState) -> None:
        """Nothing is known before `bring_up`."""
        self._sealed = sealed
        self._held: Mapping[bytes, tuple[bytes, int]] | None = None

    def bring_up(self, entries: Entries, *, network_id: bytes) -> None:
        """At a start: writes the backup where it is not the state, headers and all.

        A crash between the two writes left an older one. A disk that refuses does not keep a
        holder from starting: it serves, and says so.
        """
        try:
            if self._sealed.load_backup(network_id=network_id) == entries:
                self._held = _followed(entries)
            else:
                self.save(entries, network_id=network_id)
        except (Refusal, StorageUncertain):
            self._held = None

    def is_current(self, entries: Entries) -> bool:
        """Whether it holds these entries, but for fewer than `BACKUP_HEADERS` newer headers."""
        return self._held == _followed(entries)

    def save(self, entries: Entries, *, network_id: bytes) -> None:
        """Writes it. Raises as `Storage.save`; then nothing is known of it."""
        self._held = None
        self._sealed.save_backup(entries, network_id=network_id)
        self._held = _followed(entries)


def _followed(entries: Entries) -> Mapping[bytes, tuple[bytes, int]]:
    """What a backup follows: every value whole, but of a header the thousand that it is of."""
    return {key: _but_for_header(key, value) for key, value in entries.items()}


def _but_for_header(key: bytes, value: bytes) -> tuple[bytes, int]:
    if key == TRUST_KEY:
        trust = TRUST.decode(value)
        return TRUST.encode(replace(trust, header=None)), _thousand(trust.header)
    if key.startswith(QUOTE_KEYS):
        quote = QUOTE.decode(value)
        return QUOTE.encode(replace(quote, header=None)), _thousand(quote.header)
    return value, 0


def _thousand(header: Header | None) -> int:
    return 0 if header is None else header.height // BACKUP_HEADERS
