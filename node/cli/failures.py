"""What can go wrong in a command, as one exception with a code, as everywhere else.

Codes of the trusted core (`enclave.errors.Code`) pass through unchanged; `CliCode` adds those of
files, arguments and the connection. Which exit code belongs to a failure is decided here alone.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping

from enclave.errors import Code, Refusal, one_line
from node.cli.exit_codes import ExitCode
from node.cli.values import Json
from node.config import ConfigCode, ConfigFailure
from node.enclave_client import (
    EnclaveFailed,
    EnclaveFailure,
    EnclaveRefused,
    EnclaveUnreachable,
)
from node.engine import EngineFailure
from node.supervisor.failures import SupervisorFailure


class CliCode(enum.StrEnum):
    """Reasons that only a command line has. Stable names, as `Code`."""

    WRONG_USAGE = "wrong_usage"
    UNREADABLE_INPUT = "unreadable_input"
    MALFORMED_INPUT = "malformed_input"
    FILE_EXISTS = "file_exists"
    CANNOT_WRITE = "cannot_write"
    NO_HOME = "no_home"
    HOME_EXISTS = "home_exists"
    CONFIG_INVALID = "config_invalid"
    ENCLAVE_UNREACHABLE = "enclave_unreachable"
    ENCLAVE_FAILED = "enclave_failed"
    ENCLAVE_STOPPED = "enclave_stopped"
    NOT_ALL_CONFIRMED = "not_all_confirmed"
    NODE_ALREADY_RUNNING = "node_already_running"
    PORT_TAKEN = "port_taken"
    PROCESS_KEEPS_DYING = "process_keeps_dying"
    ENGINE_NO_GO = "engine_no_go"
    ENGINE_GO_TOO_OLD = "engine_go_too_old"
    ENGINE_NO_NETWORK = "engine_no_network"
    ENGINE_CHECKSUM_MISMATCH = "engine_checksum_mismatch"
    ENGINE_DISK_FULL = "engine_disk_full"
    ENGINE_CANNOT_WRITE_CACHE = "engine_cannot_write_cache"
    ENGINE_BUILD_FAILED = "engine_build_failed"
    ENGINE_NOT_BUILT = "engine_not_built"
    INTERRUPTED = "interrupted"
    INTERNAL_ERROR = "internal_error"


class Failure(Exception):
    """A command stops here.

    Attributes:
        code: a `Code`, a `CliCode`, or a code of an enclave of another version.
        expected: what would have been right.
        found: what was there instead; public values only.
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
        self.code = str(code)
        self.expected = one_line(expected)
        self.found = one_line(found)
        self.exit_code = exit_code
        self.details: Mapping[str, Json] = details or {}
        super().__init__(f"{self.code}: expected {self.expected}, found {self.found}")


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


def of_enclave(failure: EnclaveFailure) -> Failure:
    """A failed call to the enclave."""
    match failure:
        case EnclaveRefused():
            return Failure(failure.code, expected=failure.expected, found=failure.found)
        case EnclaveUnreachable():
            expected = f"an enclave at {failure.address}"
            return Failure(CliCode.ENCLAVE_UNREACHABLE, expected=expected, found=failure.reason)
        case EnclaveFailed():
            expected = f"an enclave of this version at {failure.address}"
            return Failure(CliCode.ENCLAVE_FAILED, expected=expected, found=failure.reason)
        case _:
            expected = "an answer of the enclave"
            return Failure(CliCode.ENCLAVE_FAILED, expected=expected, found=str(failure))


def of_config(failure: ConfigFailure) -> Failure:
    """A file of a home cannot be used."""
    refused = failure.code in (ConfigCode.HOME_EXISTS, ConfigCode.CANNOT_WRITE)
    return Failure(
        CliCode(failure.code),
        expected=failure.expected,
        found=failure.found,
        exit_code=ExitCode.REFUSED if refused else ExitCode.USAGE,
    )


def of_part(
    failure: EnclaveFailure | EngineFailure | ConfigFailure | SupervisorFailure,
) -> Failure:
    """A part of the node failed: an enclave that did not do it, no engine, a wrong home."""
    if isinstance(failure, EnclaveFailure):
        return of_enclave(failure)
    if isinstance(failure, ConfigFailure):
        return of_config(failure)
    return Failure(CliCode(failure.code), expected=failure.expected, found=failure.found)


def known_codes() -> list[str]:
    """Every code that a user can meet, sorted."""
    return sorted([*Code, *CliCode])
