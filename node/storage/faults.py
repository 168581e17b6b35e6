"""What can be wrong with a node's storage, named for what its operator does next."""

from __future__ import annotations

import contextlib
import enum
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import plyvel

from node.failure import CodedFailure


class StorageCode(enum.StrEnum):
    """Every reason. The value is the stable public name."""

    STORAGE_FULL = "storage_full"
    STORAGE_UNUSABLE = "storage_unusable"
    STORAGE_DAMAGED = "storage_damaged"
    STORAGE_ROOT_MISMATCH = "storage_root_mismatch"
    STORAGE_FORMAT = "storage_format"
    STORAGE_OTHER_CHAIN = "storage_other_chain"
    ALREADY_RUNNING = "node_already_running"


class StorageFault(CodedFailure[StorageCode]):
    """The storage cannot be used, or not any longer. What was committed before is on the disk.

    Attributes:
        code: the stable name of the reason.
        expected: what was wanted, in words or public values.
        found: what was there instead.
    """


_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextlib.contextmanager
def typed(folder: Path) -> Iterator[None]:
    """Turns what LevelDB and the system raise about `folder` into StorageFaults."""
    try:
        yield
    except plyvel.CorruptionError as error:
        raise StorageFault(
            StorageCode.STORAGE_DAMAGED, expected=f"{folder} as it was written", found=_text(error)
        ) from None
    except OSError as error:
        raise fault_of(error, folder) from None
    except plyvel.Error as error:
        raise StorageFault(
            StorageCode.STORAGE_UNUSABLE, expected=f"{folder} to be usable", found=_text(error)
        ) from None


def fault_of(error: OSError, folder: Path) -> StorageFault:
    """The fault that an error of the system is. LevelDB's say their number in words alone."""
    text = _text(error)
    if error.errno in _NO_ROOM or any(os.strerror(number) in text for number in _NO_ROOM):
        return StorageFault(StorageCode.STORAGE_FULL, expected=f"room in {folder}", found=text)
    return StorageFault(StorageCode.STORAGE_UNUSABLE, expected=f"{folder} to be usable", found=text)


def _text(error: Exception) -> str:
    """LevelDB's messages come as bytes."""
    if error.args and isinstance(error.args[0], bytes):
        return error.args[0].decode("utf-8", "replace")
    return str(error)
