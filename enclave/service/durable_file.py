"""One small way to replace a file so that a crash at any point leaves the old or the new, whole.

Temporary file beside it, write, fsync, rename, fsync of the directory (POSIX rename is atomic; the
file's bytes must be on disk before its name, and the name before anyone is told). The system calls
stand behind `Disk`, so that a test can record them and replay every crash.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Final, Protocol

from enclave.errors import Code, Refusal, words_of
from enclave.framework.sealed_state import StorageUncertain

PRIVATE: Final = 0o600


class Disk(Protocol):
    """The system calls that durability is made of. Each raises OSError."""

    def write_new(self, path: Path, data: bytes) -> None:
        """Creates or truncates the file (mode 0600, no symlink followed) and writes all bytes."""
        ...

    def sync(self, path: Path) -> None:
        """Fsync of a file or a directory."""
        ...

    def rename(self, source: Path, target: Path) -> None:
        """Atomically replaces `target`."""
        ...

    def remove(self, path: Path) -> None:
        """Unlinks the file."""
        ...

    def read(self, path: Path, limit: int) -> bytes:
        """At most `limit` bytes of the file."""
        ...


class OsDisk:
    """The real disk."""

    def write_new(self, path: Path, data: bytes) -> None:
        """As `Disk.write_new`."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(path, flags, PRIVATE), "wb") as file:
            file.write(data)

    def sync(self, path: Path) -> None:
        """As `Disk.sync`. fsync through another descriptor of the same file is enough on POSIX."""
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def rename(self, source: Path, target: Path) -> None:
        """As `Disk.rename`."""
        source.replace(target)

    def remove(self, path: Path) -> None:
        """As `Disk.remove`."""
        path.unlink()

    def read(self, path: Path, limit: int) -> bytes:
        """As `Disk.read`."""
        with path.open("rb") as file:
            return file.read(limit)


class DurableFile:
    """A file that is always read and replaced whole."""

    def __init__(self, path: Path, *, disk: Disk, max_bytes: int) -> None:
        self.path = path
        self._disk = disk
        self._max_bytes = max_bytes

    def load(self) -> bytes | None:
        """The bytes, or None where there is no file.

        Raises:
            Refusal: STORAGE_FAILED, where it cannot be read or is too large.
        """
        try:
            data = self._disk.read(self.path, self._max_bytes + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _failed(f"{self.path} to be readable", error) from None
        if len(data) > self._max_bytes:
            raise Refusal(
                Code.STORAGE_FAILED,
                expected=f"{self.path} of at most {self._max_bytes} bytes",
                found="a larger file",
            )
        return data

    def save(self, data: bytes) -> None:
        """Replaces the file.

        Raises:
            Refusal: STORAGE_FAILED, and the old file stands.
            StorageUncertain: the rename was done but not known to be durable.
        """
        temporary = self.path.with_name(self.path.name + ".new")
        try:
            self._disk.write_new(temporary, data)
            self._disk.sync(temporary)
            self._disk.rename(temporary, self.path)
        except OSError as error:
            with contextlib.suppress(OSError):
                self._disk.remove(temporary)
            raise _failed(f"{self.path.parent} to be writable", error) from None
        try:
            self._disk.sync(self.path.parent)
        except OSError:
            raise StorageUncertain from None


def _failed(expected: str, error: OSError) -> Refusal:
    found = words_of(error)
    return Refusal(Code.STORAGE_FAILED, expected=expected, found=found)
