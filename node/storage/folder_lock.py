"""One process a folder.

LevelDB has a lock of its own, but loses it: it is a POSIX record lock, which ends as soon as the
process closes any descriptor of that file, and a second attempt to open does just that. So the
folder is locked by `flock`, which belongs to one open file, before LevelDB is asked.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Final

from enclave.service.durable_file import PRIVATE
from node.storage.faults import StorageCode, StorageFault, typed

LOCK: Final = "lock"


class FolderLock:
    """Held from its making until `release`, or until the process ends."""

    def __init__(self, folder: Path) -> None:
        """Raises StorageFault ALREADY_RUNNING, STORAGE_FULL, STORAGE_UNUSABLE."""
        self._released = False
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        with typed(folder):
            self._descriptor = os.open(folder / LOCK, flags, PRIVATE)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._descriptor)
            raise StorageFault(
                StorageCode.ALREADY_RUNNING,
                expected=f"nobody else at {folder}",
                found="another process, or this one, that has it open",
            ) from None

    def release(self) -> None:
        """Lets others in. May be called again."""
        if not self._released:
            self._released = True
            os.close(self._descriptor)
