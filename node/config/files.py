"""Files of a home: bounded reads, and writes that leave the old file or the new one, whole."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path
from typing import Final

from enclave.errors import words_of
from node.config.failures import ConfigCode, ConfigFailure

PUBLIC: Final = 0o644
PRIVATE: Final = 0o600
PRIVATE_FOLDER: Final = 0o700
MAX_CONFIG_BYTES: Final = 1024 * 1024


def read_bytes(path: Path, *, limit: int = MAX_CONFIG_BYTES) -> bytes | None:
    """The bytes of a file, or None where there is none.

    Raises:
        ConfigFailure: NOT_PERMITTED; CONFIG_UNREADABLE, where it cannot be read for another reason
            or is larger than `limit` bytes.
    """
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise cannot_read(path, error) from None
    if len(data) > limit:
        raise ConfigFailure(
            ConfigCode.CONFIG_UNREADABLE,
            expected=f"{path} of at most {limit:,} bytes",
            found="a larger file",
        )
    return data


def replace_file(path: Path, data: bytes, *, mode: int = PUBLIC) -> None:
    """Writes the file whole or not at all, over one that may exist, and to the disk.

    Args:
        path: where; its folder exists.
        data: all of it.
        mode: its permissions, from the first byte on.

    Raises:
        ConfigFailure: CANNOT_WRITE or NOT_PERMITTED.
    """
    _write(path, data, mode=mode, replace=True)


def create_file(path: Path, data: bytes, *, mode: int = PUBLIC) -> None:
    """Like `replace_file`, but never over a file that exists, whoever made it and when.

    Raises:
        ConfigFailure: HOME_EXISTS, CANNOT_WRITE or NOT_PERMITTED.
    """
    _write(path, data, mode=mode, replace=False)


def make_folder(path: Path, *, mode: int = PRIVATE_FOLDER) -> None:
    """Makes a folder and those above it, where they are missing.

    Raises:
        ConfigFailure: CANNOT_WRITE or NOT_PERMITTED.
    """
    try:
        path.mkdir(mode=mode, parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot_write(path, error) from None


def expanded(text: str) -> Path:
    """The path that a person named; "~" is the folder of the user.

    Raises:
        ConfigFailure: NO_HOME_FOLDER, where the user has none: a container's often has not.
    """
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise ConfigFailure(
            ConfigCode.NO_HOME_FOLDER,
            expected=f"a folder of the user for {text}, or another path",
            found=f"user {os.getuid()} without one, and no HOME",
        ) from None


def _write(path: Path, data: bytes, *, mode: int, replace: bool) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with contextlib.suppress(FileNotFoundError):  # of a process of this id that was killed
            temporary.unlink()
        with os.fdopen(os.open(temporary, flags, mode), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            temporary.replace(path)
        else:
            path.hardlink_to(temporary)  # unlike a rename, it fails where the name is taken
            temporary.unlink()
        _sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        if isinstance(error, FileExistsError) and not replace:
            raise ConfigFailure(
                ConfigCode.HOME_EXISTS, expected=f"no file at {path}", found="one that exists"
            ) from None
        raise _cannot_write(path, error) from None


def _sync_folder(path: Path) -> None:
    """A new name may otherwise go with a power cut that its data outlives."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def not_permitted(path: Path) -> ConfigFailure:
    """Why this user may not open, or make, what the path names: whose it is, or a folder above."""
    culprit = path = path.absolute()
    for part in (*reversed(path.parents), path):
        try:
            part.lstat()
        except OSError:
            break
        culprit = part
    if culprit == path and os.access(path, os.R_OK | os.W_OK):
        culprit = path.parent  # it may be opened, but not replaced
    found = culprit.lstat()
    return ConfigFailure(
        ConfigCode.NOT_PERMITTED,
        expected=f"{path} open to this user, {os.geteuid()}",
        found=f"{culprit} of user {found.st_uid} with mode {stat.S_IMODE(found.st_mode):04o}",
    )


def cannot_read(path: Path, error: OSError) -> ConfigFailure:
    """Why `path` could not be opened or read: NOT_PERMITTED or CONFIG_UNREADABLE."""
    if isinstance(error, PermissionError):
        return not_permitted(path)
    return ConfigFailure(
        ConfigCode.CONFIG_UNREADABLE, expected=f"to read {path}", found=words_of(error)
    )


def _cannot_write(path: Path, error: OSError) -> ConfigFailure:
    if isinstance(error, PermissionError):
        return not_permitted(path)
    return ConfigFailure(
        ConfigCode.CANNOT_WRITE, expected=f"to write {path}", found=words_of(error)
    )
