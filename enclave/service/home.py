"""The enclave's directory: who may use it, and the files in it.

state.sealed              the whole state, sealed
backup.sealed             its second copy, sealed as a backup
endpoint.token            32 random bytes; the host reads them to know this enclave at its port
lock                      held by the running process
software-seal.key         software mode: 32 random bytes, mode 0600; protects nothing
software-platform.id      software mode: 16 random bytes, the PPID of this make-believe machine

Made for its owner alone (0700, and 0600 for files). What was widened since is mended where others
could read, and refused where they could write: then somebody has to look at what is there.
"""

from __future__ import annotations

import fcntl
import os
import stat
from pathlib import Path
from typing import Final

from enclave.crypto.endpoint import ENDPOINT_FILE, TOKEN_BYTES
from enclave.crypto.sealing import MAX_BLOB_BYTES, Role
from enclave.errors import Code, Refusal, words_of
from enclave.framework.sealed_state import Entropy, StorageUncertain
from enclave.service.durable_file import PRIVATE, Disk, DurableFile

PRIVATE_DIRECTORY: Final = 0o700
OTHERS: Final = 0o077
OTHERS_WRITE: Final = 0o022
SOFTWARE_SEAL_KEY_BYTES: Final = 32
PPID_BYTES: Final = 16

_FILE: Final = {Role.STATE: "state.sealed", Role.BACKUP: "backup.sealed"}


class Home:
    """One enclave's directory, held by one process. Implements `Storage`."""

    def __init__(self, path: Path, *, disk: Disk, entropy: Entropy) -> None:
        self.path = path
        self._disk = disk
        self._entropy = entropy
        self._blobs = {
            role: DurableFile(path / name, disk=disk, max_bytes=MAX_BLOB_BYTES)
            for role, name in _FILE.items()
        }
        self.mended: list[str] = []
        """What others could read until `open`, with its old mode."""

    def open(self) -> int:
        """Creates the directory if needed and locks it for the life of the process.

        Returns:
            The descriptor that holds the lock; closing it gives the directory up.

        Raises:
            Refusal: STORAGE_FAILED, ALREADY_RUNNING, or HOME_EXPOSED.
        """
        try:
            made = [path for path in self.path.parents if not path.exists()]
            self.path.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
            # Each name on the way down, or a power cut takes the directory with all that it holds.
            for path in (self.path, *made):
                self._disk.sync(path.parent)
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
            descriptor = os.open(self.path / "lock", flags, PRIVATE)
        except OSError as error:
            raise Refusal(
                Code.STORAGE_FAILED,
                expected=f"a directory at {self.path} that can be created and written",
                found=words_of(error),
            ) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise Refusal(
                Code.ALREADY_RUNNING,
                expected=f"no other enclave process on {self.path}",
                found="one that holds its lock",
            ) from None
        try:
            self._keep_private()
        except Refusal:
            os.close(descriptor)
            raise
        return descriptor

    def _keep_private(self) -> None:
        """The directory, and the files that are no keys: `_read_private` refuses open keys."""
        names = ("lock", *_FILE.values())
        wanted = {self.path: PRIVATE_DIRECTORY, **{self.path / name: PRIVATE for name in names}}
        for path, private in wanted.items():
            try:
                mode = stat.S_IMODE(path.stat().st_mode)
                if mode & OTHERS and not mode & OTHERS_WRITE:
                    path.chmod(private)
                    self.mended.append(f"{path} (mode {mode:04o})")
                    continue
            except FileNotFoundError:
                continue
            except OSError as error:
                found = words_of(error)
                raise _exposed(path, private, found) from None
            if mode & OTHERS_WRITE:
                raise _exposed(path, private, f"mode {mode:04o}: others can write to it")

    def load(self, role: Role) -> bytes | None:
        """As `Storage.load`."""
        return self._blobs[role].load()

    def save(self, role: Role, blob: bytes) -> None:
        """As `Storage.save`."""
        self._blobs[role].save(blob)

    def software_seal_key(self) -> bytes:
        """The key file's 32 bytes, made at the first start.

        Raises:
            Refusal: SEAL_KEY_UNUSABLE, where others can read it, or where it is missing beside a
                state that it sealed; STORAGE_FAILED.
        """
        path = self.path / "software-seal.key"
        key = self._read_private(path, SOFTWARE_SEAL_KEY_BYTES)
        if key is not None:
            return key
        if any(self.load(role) is not None for role in Role):
            raise Refusal(
                Code.SEAL_KEY_UNUSABLE,
                expected=f"{path}, the key of the sealed state beside it",
                found="no such file; put it back, or use another --home for a new node",
            )
        return self._create(path, SOFTWARE_SEAL_KEY_BYTES)

    def software_ppid(self) -> bytes:
        """16 random bytes, made once.

        Raises:
            Refusal: SEAL_KEY_UNUSABLE or STORAGE_FAILED.
        """
        path = self.path / "software-platform.id"
        return self._read_private(path, PPID_BYTES) or self._create(path, PPID_BYTES)

    def endpoint_token(self) -> bytes:
        """The token's 32 bytes, made at the first start.

        One that others could read or write is replaced by a fresh one, and so is one that was cut:
        nothing was ever made with it, and whoever knows it could pose as this enclave.

        Raises:
            Refusal: STORAGE_FAILED.
        """
        path = self.path / ENDPOINT_FILE
        token = DurableFile(path, disk=self._disk, max_bytes=TOKEN_BYTES).load()
        mode = PRIVATE if token is None else stat.S_IMODE(path.stat().st_mode)
        if mode & OTHERS:
            self.mended.append(f"{path} (mode {mode:04o})")
        elif token is not None and len(token) == TOKEN_BYTES:
            return token
        return self._create(path, TOKEN_BYTES)

    def _create(self, path: Path, size: int) -> bytes:
        data = self._entropy(size)
        try:
            DurableFile(path, disk=self._disk, max_bytes=size).save(data)
        except StorageUncertain:
            raise Refusal(
                Code.STORAGE_FAILED,
                expected=f"a disk that says whether it holds {path}",
                found="a failed sync; start again",
            ) from None
        return data

    def _read_private(self, path: Path, size: int) -> bytes | None:
        data = DurableFile(path, disk=self._disk, max_bytes=size).load()
        if data is None:
            return None
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & OTHERS:
            raise Refusal(
                Code.SEAL_KEY_UNUSABLE,
                expected=f"{path} with mode 0600 (chmod 600 {path})",
                found=f"mode {mode:04o}",
            )
        if len(data) != size:
            raise Refusal(
                Code.SEAL_KEY_UNUSABLE, expected=f"{path} of {size} bytes", found=f"{len(data)}"
            )
        return data


def _exposed(path: Path, private: int, found: str) -> Refusal:
    return Refusal(
        Code.HOME_EXPOSED,
        expected=f"{path} with mode {private:04o} (chmod {private:o} {path})",
        found=found,
    )
