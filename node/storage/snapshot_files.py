"""Snapshots as files: written whole or not at all, the newest few kept.

Temporary file, all frames, fsync, rename, fsync of the folder. A crash at any point leaves the
snapshots that were there, and perhaps the new one, whole. What a file says is believed only after
`chain_module.store.snapshot` has computed its hashes anew.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from io import FileIO
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from chain_module.store.chunks import CHUNK_BYTES
from chain_module.store.snapshot import Head, check_snapshot, read_snapshot
from chain_module.store.version import Version
from enclave.service.durable_file import PRIVATE, Disk, OsDisk

LEAST_KEPT: Final = 2
"""Where the newest is damaged, the one before it and the log give the same state."""
SUFFIX: Final = ".snapshot"
PARTIAL: Final = ".partial"
INCOMING: Final = ".incoming" + PARTIAL
"""Chunks of a peer's snapshot: nothing before they are a state."""
DIGITS: Final = 20


class SnapshotDisk(Disk, Protocol):
    """The system calls that snapshots are made of. Each raises OSError."""

    def write_frames(self, path: Path, frames: Iterable[bytes]) -> None:
        """Creates or truncates the file (mode 0600) and writes all frames."""
        ...

    def append(self, path: Path, data: bytes) -> None:
        """Writes all bytes behind those of the file (mode 0600), which is made if there is none."""
        ...

    def names(self, folder: Path) -> list[str]:
        """The files of a folder."""
        ...

    def reader(self, path: Path) -> BinaryIO:
        """The file, to be read and closed."""
        ...


class OsSnapshotDisk(OsDisk):
    """The real disk."""

    def write_frames(self, path: Path, frames: Iterable[bytes]) -> None:
        """As `SnapshotDisk.write_frames`."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(path, flags, PRIVATE), "wb", buffering=0) as file:
            for frame in frames:
                _write_all(file, frame)

    def append(self, path: Path, data: bytes) -> None:
        """As `SnapshotDisk.append`."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(path, flags, PRIVATE), "wb", buffering=0) as file:
            _write_all(file, data)

    def names(self, folder: Path) -> list[str]:
        """As `SnapshotDisk.names`."""
        return [path.name for path in folder.iterdir()]

    def reader(self, path: Path) -> BinaryIO:
        """As `SnapshotDisk.reader`."""
        return path.open("rb")


class SnapshotFiles:
    """The snapshots in one folder."""

    def __init__(self, folder: Path, *, disk: SnapshotDisk) -> None:
        self.folder = folder
        self._disk = disk

    def path(self, version: int) -> Path:
        """Where the snapshot of a version lies."""
        return self.folder / f"{version:0{DIGITS}d}{SUFFIX}"

    def versions(self) -> list[int]:
        """The versions that have a snapshot, newest first. Raises OSError."""
        stems = [
            name.removesuffix(SUFFIX)
            for name in self._disk.names(self.folder)
            if name.endswith(SUFFIX)
        ]
        return sorted(
            (int(stem) for stem in stems if stem.isascii() and stem.isdigit()), reverse=True
        )

    def load(self, version: int) -> Version:
        """The state that a snapshot holds. Raises StoreFault, OSError."""
        with self._disk.reader(self.path(version)) as file:
            return read_snapshot(file.read)

    def save(self, version: int, frames: Iterable[bytes]) -> None:
        """Writes a snapshot. Raises OSError, and whatever `frames` raises: then there is none."""
        path = self.path(version)
        partial = path.with_suffix(PARTIAL)
        try:
            self._disk.write_frames(partial, frames)
            self._disk.sync(partial)
            self._disk.rename(partial, path)
        except BaseException:
            with contextlib.suppress(OSError):
                self._disk.remove(partial)
            raise
        self._disk.sync(self.folder)

    def chunks(self, version: int) -> Iterator[bytes]:
        """A snapshot in the chunks that peers get, as they are read. Raises OSError."""
        with self._disk.reader(self.path(version)) as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk

    def chunk(self, version: int, index: int) -> bytes:
        """One chunk; empty behind the last. Raises OSError."""
        with self._disk.reader(self.path(version)) as file:
            file.seek(index * CHUNK_BYTES)
            return file.read(CHUNK_BYTES)

    def remove(self, version: int) -> None:
        """Removes a snapshot. Raises OSError."""
        self._disk.remove(self.path(version))

    # A snapshot that comes in parts.

    def begin(self, version: int) -> None:
        """Forgets the parts of that version that there are. Raises OSError."""
        with contextlib.suppress(FileNotFoundError):
            self._disk.remove(self._incoming(version))

    def append(self, version: int, data: bytes) -> None:
        """Adds a part. Raises OSError."""
        self._disk.append(self._incoming(version), data)

    def check(self, version: int) -> Head:
        """What the parts that came are, its app hash computed anew. Raises StoreFault, OSError."""
        with self._disk.reader(self._incoming(version)) as file:
            return check_snapshot(file.read)

    def take_over(self, version: int) -> Version:
        """Makes the parts, which were checked, a snapshot like those of this node, and loads it.

        Raises:
            StoreFault, OSError: of the disk.
        """
        incoming = self._incoming(version)
        self._disk.sync(incoming)
        self._disk.rename(incoming, self.path(version))
        self._disk.sync(self.folder)
        return self.load(version)

    def _incoming(self, version: int) -> Path:
        return self.folder / f"{version:0{DIGITS}d}{INCOMING}"

    def tidy(self) -> None:
        """Removes what a crash left half written. Raises OSError."""
        for name in self._disk.names(self.folder):
            if name.endswith(PARTIAL):
                self._disk.remove(self.folder / name)


def _write_all(file: FileIO, data: bytes) -> None:
    """A raw file may take less than it is given."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]
