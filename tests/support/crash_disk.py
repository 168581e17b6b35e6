"""A disk that may crash: it records system calls and enumerates what may be left afterwards.

The model is the pessimist's reading of POSIX: until a file is synced, its bytes may be missing,
torn at any 512-byte sector or whole; until a directory is synced, each pending change (a new
name, a rename, a removal) may have happened or not, in any combination. It is a double of the
disk, not of our code: `DurableFile` and `SnapshotFiles` run on it unchanged.
"""

from __future__ import annotations

import io
import itertools
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

SECTOR: Final = 512

Names = dict[Path, int]
"""Which inode a name leads to."""


@dataclass
class _Inode:
    durable: bytes | None = None
    """None: no bytes ever reached the disk."""
    pending: bytes | None = None

    @property
    def now(self) -> bytes:
        """What a running process reads."""
        return self.pending if self.pending is not None else (self.durable or b"")

    def after_crash(self) -> list[bytes]:
        """Every content that may be left."""
        if self.pending is None:
            return [self.durable or b""]
        torn = [self.pending[:cut] for cut in range(0, len(self.pending), SECTOR)]
        return list(dict.fromkeys([self.durable or b"", *torn, self.pending]))


@dataclass(frozen=True)
class _Change:
    """A pending change of a directory: `name` leads to `inode` (None: nowhere), `gone` goes."""

    name: Path
    inode: int | None
    gone: Path | None = None


@dataclass(repr=False)
class CrashDisk:
    """Implements `Disk` in memory. `fail_at`: the number of the call that raises OSError."""

    fail_at: int | None = None
    calls: list[str] = field(default_factory=list)
    _inodes: list[_Inode] = field(default_factory=list)
    _durable: Names = field(default_factory=dict)
    _pending: list[_Change] = field(default_factory=list)

    def __repr__(self) -> str:
        """Names and sizes: contents are long."""
        return f"<disk { ({str(p): len(self._inodes[i].now) for p, i in self._names().items()}) }>"

    def write_new(self, path: Path, data: bytes) -> None:
        """As `Disk.write_new`."""
        self._call(f"write {path.name}")
        self._inodes.append(_Inode(pending=data))
        self._pending.append(_Change(path, len(self._inodes) - 1))

    def sync(self, path: Path) -> None:
        """As `Disk.sync`: of a file, or of the directory that all files are in."""
        names = self._names()
        self._call(f"sync {path.name}")
        if path in names:
            inode = self._inodes[names[path]]
            inode.durable, inode.pending = inode.now, None
        else:
            self._durable, self._pending = names, []

    def rename(self, source: Path, target: Path) -> None:
        """As `Disk.rename`."""
        names = self._names()
        self._call(f"rename {source.name} {target.name}")
        if source not in names:
            raise FileNotFoundError(source)
        self._pending.append(_Change(target, names[source], gone=source))

    def remove(self, path: Path) -> None:
        """As `Disk.remove`."""
        self._call(f"remove {path.name}")
        if path not in self._names():
            raise FileNotFoundError(path)
        self._pending.append(_Change(path, None))

    def write_frames(self, path: Path, frames: Iterable[bytes]) -> None:
        """As `SnapshotDisk.write_frames`."""
        self.write_new(path, b"".join(frames))

    def append(self, path: Path, data: bytes) -> None:
        """As `SnapshotDisk.append`."""
        names = self._names()
        if path not in names:
            self.write_new(path, data)
            return
        self._call(f"append {path.name}")
        inode = self._inodes[names[path]]
        inode.pending = inode.now + data

    def names(self, folder: Path) -> list[str]:
        """As `SnapshotDisk.names`."""
        return [path.name for path in self._names() if path.parent == folder]

    def reader(self, path: Path) -> BinaryIO:
        """As `SnapshotDisk.reader`; reading never fails by itself."""
        return io.BytesIO(self.read(path, sys.maxsize))

    def read(self, path: Path, limit: int) -> bytes:
        """As `Disk.read`; reading never fails by itself."""
        names = self._names()
        if path not in names:
            raise FileNotFoundError(path)
        return self._inodes[names[path]].now[:limit]

    def after_crash(self) -> Iterator[CrashDisk]:
        """Every disk that a crash at this moment may leave."""
        for keep in itertools.product((False, True), repeat=len(self._pending)):
            kept = [change for change, wanted in zip(self._pending, keep, strict=True) if wanted]
            names = _apply(self._durable, kept)
            inodes = sorted(set(names.values()))
            for contents in itertools.product(*(self._inodes[i].after_crash() for i in inodes)):
                yield CrashDisk(
                    _inodes=[_Inode(durable=content) for content in contents],
                    _durable={name: inodes.index(inode) for name, inode in names.items()},
                )

    def copy(self) -> CrashDisk:
        """This disk, without a crash and without its history."""
        return CrashDisk(
            _inodes=[_Inode(inode.durable, inode.pending) for inode in self._inodes],
            _durable=dict(self._durable),
            _pending=list(self._pending),
        )

    def _names(self) -> Names:
        return _apply(self._durable, self._pending)

    def _call(self, name: str) -> None:
        self.calls.append(name)
        if self.fail_at is not None and len(self.calls) == self.fail_at:
            raise OSError(28, "No space left on device")


def _apply(names: Names, changes: list[_Change]) -> Names:
    result = dict(names)
    for change in changes:
        if change.inode is None:
            result.pop(change.name, None)
        else:
            result[change.name] = change.inode
        if change.gone is not None:
            result.pop(change.gone, None)
    return result


class StoppingDisk(CrashDisk):
    """A `CrashDisk` that stops the process (`PowerCut`) right before its n-th call."""

    def __init__(self, disk: CrashDisk, stop_before: int) -> None:
        copy = disk.copy()
        super().__init__(_inodes=copy._inodes, _durable=copy._durable, _pending=copy._pending)  # noqa: SLF001
        self._stop_before = stop_before

    def _call(self, name: str) -> None:
        if len(self.calls) + 1 == self._stop_before:
            raise PowerCut
        super()._call(name)


class PowerCut(BaseException):
    """The process is gone: nobody may catch this as an error of the disk."""
