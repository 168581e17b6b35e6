"""Files that commands read and write: bounded reads, whole writes, no surprise overwriting."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from pathlib import Path
from typing import Final

from enclave.errors import Code
from node.cli.exit_codes import ExitCode
from node.cli.failures import CliCode, Failure
from node.config.failures import ConfigCode

STDIN: Final = "-"
MAX_EVIDENCE_FILE_BYTES: Final = 1024 * 1024
"""A quote or collateral file: far above what is accepted, so that the reader names the fault."""
MAX_INPUT_FILE_BYTES: Final = 16 * 1024 * 1024
"""Any other file that a command takes."""

_PRIVATE: Final = 0o600
_PUBLIC: Final = 0o666  # less the umask


def read_file(
    path: str,
    *,
    what: str,
    limit: int = MAX_INPUT_FILE_BYTES,
    too_large: ExitCode = ExitCode.USAGE,
    stdin: bool = False,
) -> bytes:
    """The bytes of a file.

    Args:
        path: where; "-" is standard input where `stdin` says so.
        what: what the file should hold, for the error.
        limit: bytes; no more than one above is ever read.
        too_large: the exit code for a larger file.
        stdin: whether "-" is standard input.

    Raises:
        Failure: UNREADABLE_INPUT, or TOO_LARGE.
    """
    try:
        if stdin and path == STDIN:
            data = sys.stdin.buffer.read(limit + 1)
        else:
            with Path(path).open("rb") as file:
                data = file.read(limit + 1)
    except (OSError, ValueError) as error:
        from_stdin = stdin and path == STDIN
        raise Failure(
            ConfigCode.CONFIG_UNREADABLE,
            expected=f"{what} {'on stdin' if from_stdin else f'at {path}'}",
            found=_no_input(error) if from_stdin else _reason(error),
            exit_code=ExitCode.USAGE,
        ) from None
    if len(data) > limit:
        raise Failure(
            Code.TOO_LARGE,
            expected=f"{what} of at most {limit:,} bytes",
            found=f"{path}, a larger file",
            exit_code=too_large,
        )
    return data


def check_writable(path: str, *, force: bool) -> None:
    """That `write_file` is likely to succeed: asked before anything is changed elsewhere.

    Raises:
        Failure: FILE_EXISTS or CANNOT_WRITE.
    """
    target = Path(path)
    if target.is_dir():
        raise _cannot_write(path, "a directory")
    if not force and os.path.lexists(target):
        raise Failure(
            CliCode.FILE_EXISTS, expected=f"no file at {path}, or --force", found="one that exists"
        )
    if not target.parent.is_dir():
        raise _cannot_write(path, f"no directory {target.parent}")
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise _cannot_write(path, f"a directory {target.parent} that is not writable")


def write_file(path: str, data: bytes, *, force: bool, private: bool = False) -> None:
    """Writes the file whole or not at all, and to the disk before it returns.

    Args:
        path: where.
        data: all of it.
        force: whether an existing file is replaced.
        private: mode 0600, from the first byte on.

    Raises:
        Failure: FILE_EXISTS or CANNOT_WRITE.
    """
    check_writable(path, force=force)
    target = Path(path)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(temporary, flags, _PRIVATE if private else _PUBLIC)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise _cannot_write(path, _reason(error)) from None


def _cannot_write(path: str, found: str) -> Failure:
    return Failure(ConfigCode.CANNOT_WRITE, expected=f"to write {path}", found=found)


def _no_input(error: Exception) -> str:
    closed = isinstance(error, OSError) and error.errno == errno.EBADF
    return "no input: stdin is closed, or not for reading" if closed else _reason(error)


def _reason(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or type(error).__name__
