"""What can go wrong in a command, as one exception with a code, as everywhere else.

Codes of the trusted core (`enclave.errors.Code`) pass through unchanged; `CliCode` adds those of
files, arguments and the connection. Which exit code belongs to a failure is decided here alone.
"""

from __future__ import annotations

import enum
import errno
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from enclave.errors import CodedError, Refusal, words_of
from node.cli.exit_codes import ExitCode
from node.cli.remedies import remedy_for
from node.config.failures import ConfigCode
from node.config.files import not_permitted
from node.failure import NodeFailure
from node.json_form import Json


class CliCode(enum.StrEnum):
    """Reasons that only a command line has. Stable names, as `Code`."""

    WRONG_USAGE = "wrong_usage"
    BAD_CA_FILE = "bad_ca_file"
    MALFORMED_INPUT = "malformed_input"
    FILE_EXISTS = "file_exists"
    ANSWER_NOT_WRITTEN = "answer_not_written"
    OPERATOR_KEY_LOCKED = "operator_key_locked"
    ENCLAVE_STOPPED = "enclave_stopped"
    CHECKS_FAILED = "checks_failed"
    MEMPOOL_UNBOUNDED = "mempool_unbounded"
    KEYS_READABLE = "keys_readable"
    FOLDER_WRITABLE = "folder_writable"
    DISK_LOW = "disk_low"
    TOO_FEW_FILES = "too_few_files"
    CORE_DUMPS_ON = "core_dumps_on"
    NO_SGX_DEVICE = "no_sgx_device"
    CLOCK_OFF = "clock_off"
    NO_PEERS = "no_peers"
    NOT_REGISTERED = "not_registered"
    RECORD_ENDS = "record_ends"
    NONCE_UNPAID = "nonce_unpaid"
    NONCE_UNPUBLISHED = "nonce_unpublished"
    INTERRUPTED = "interrupted"
    INTERNAL_ERROR = "internal_error"


class Failure(CodedError[str]):
    """A command stops here.

    Attributes:
        exit_code: how the process ends.
        details: what was found out before, for the JSON object.
    """

    def __init__(
        self,
        code: str,
        *,
        expected: str,
        found: str,
        exit_code: ExitCode = ExitCode.REFUSED,
        details: Mapping[str, Json] | None = None,
    ) -> None:
        self.exit_code = exit_code
        self.details: Mapping[str, Json] = details or {}
        super().__init__(str(code), expected=expected, found=found)


def usage(expected: str, found: str) -> Failure:
    """Wrong usage of an option or argument."""
    return Failure(CliCode.WRONG_USAGE, expected=expected, found=found, exit_code=ExitCode.USAGE)


def malformed(expected: str, found: str, *, code: str = CliCode.MALFORMED_INPUT) -> Failure:
    """An input file that was read and is not what the command takes."""
    return Failure(code, expected=expected, found=found, exit_code=ExitCode.USAGE)


def of_refusal(refusal: Refusal, *, exit_code: ExitCode = ExitCode.REFUSED) -> Failure:
    """A refusal of the trusted core, here in this process."""
    return Failure(
        refusal.code, expected=refusal.expected, found=refusal.found, exit_code=exit_code
    )


def of_part(failure: NodeFailure) -> Failure:
    """A part of the node failed: an enclave that did not do it, no engine, a wrong home, no key."""
    exit_code = ExitCode.USAGE if remedy_for(failure.code).input else ExitCode.REFUSED
    return Failure(
        failure.code,
        expected=failure.expected,
        found=failure.found,
        exit_code=exit_code,
        details=failure.details,
    )


def of_system(error: OSError) -> Failure | None:
    """The system refused a file of the home; None where the error names no file."""
    if not isinstance(error.filename, (str, os.PathLike)):
        return None
    path = Path(error.filename)
    if isinstance(error, PermissionError):
        return of_part(not_permitted(path))
    if error.errno in _NO_ROOM:
        return Failure(ConfigCode.CANNOT_WRITE, expected=f"to write {path}", found=words_of(error))
    return malformed(f"to open {path}", words_of(error), code=ConfigCode.CONFIG_UNREADABLE)


_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})
