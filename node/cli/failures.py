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

from enclave.errors import Refusal, one_line, words_of
from node.cli.exit_codes import ExitCode
from node.config.files import not_permitted
from node.failure import NodeFailure
from node.json_form import Json


class CliCode(enum.StrEnum):
    """Reasons that only a command line has. Stable names, as `Code`."""

    WRONG_USAGE = "wrong_usage"
    UNREADABLE_INPUT = "unreadable_input"
    BAD_CA_FILE = "bad_ca_file"
    MALFORMED_INPUT = "malformed_input"
    FILE_EXISTS = "file_exists"
    CANNOT_WRITE = "cannot_write"
    ANSWER_NOT_WRITTEN = "answer_not_written"
    NOT_PERMITTED = "not_permitted"
    NO_HOME_FOLDER = "no_home_folder"
    NO_HOME = "no_home"
    HOME_EXISTS = "home_exists"
    BAD_HOME_PATH = "bad_home_path"
    CONFIG_INVALID = "config_invalid"
    SIGNED_UNKNOWN = "signed_unknown"
    ADDRESS_BOOK_DAMAGED = "address_book_damaged"
    KEY_NOT_FOUND = "key_not_found"
    KEY_EXISTS = "key_exists"
    KEY_DAMAGED = "key_damaged"
    BAD_KEY_NAME = "bad_key_name"
    BAD_KEY = "bad_key"
    WRONG_PASSWORD = "wrong_password"
    WEAK_PASSWORD = "weak_password"
    OPERATOR_KEY_LOCKED = "operator_key_locked"
    NO_GENESIS = "no_genesis"
    BAD_GENESIS = "bad_genesis"
    GENESIS_ENTRY_EXISTS = "genesis_entry_exists"
    GENESIS_BOOTSTRAPPED = "genesis_bootstrapped"
    GENESIS_NOT_READY = "genesis_not_ready"
    GENESIS_TIME_TOO_EARLY = "genesis_time_too_early"
    GENESIS_NOT_BOOTSTRAPPED = "genesis_not_bootstrapped"
    GENESIS_RECORD_MISMATCH = "genesis_record_mismatch"
    GENESIS_WITHOUT_VALIDATORS = "genesis_without_validators"
    GENESIS_VALIDATOR_KEY = "genesis_validator_key"
    GENESIS_VALIDATOR_POWER = "genesis_validator_power"
    GENESIS_VALIDATOR_TWICE = "genesis_validator_twice"
    GENESIS_CONSENSUS_PARAMS = "genesis_consensus_params"
    ENCLAVE_UNREACHABLE = "enclave_unreachable"
    ENCLAVE_FAILED = "enclave_failed"
    ENCLAVE_NOT_OURS = "enclave_not_ours"
    ENCLAVE_TOKEN_UNUSABLE = "enclave_token_unusable"
    ENCLAVE_STOPPED = "enclave_stopped"
    NODE_ALREADY_RUNNING = "node_already_running"
    SERVICE_CANNOT_LISTEN = "service_cannot_listen"
    TOO_MANY_CALLS = "too_many_calls"
    TOO_MANY_SIMULATIONS = "too_many_simulations"
    QUERIES_AWAY = "queries_away"
    QUERIES_BEHIND = "queries_behind"
    PROCESS_KEEPS_DYING = "process_keeps_dying"
    STORAGE_FULL = "storage_full"
    STORAGE_UNUSABLE = "storage_unusable"
    STORAGE_DAMAGED = "storage_damaged"
    STORAGE_ROOT_MISMATCH = "storage_root_mismatch"
    STORAGE_FORMAT = "storage_format"
    STORAGE_OTHER_CHAIN = "storage_other_chain"
    REGISTER_QUARANTINED = "register_quarantined"
    NO_LOCALNET = "no_localnet"
    LOCALNET_RUNNING = "localnet_running"
    LOCALNET_NOT_RUNNING = "localnet_not_running"
    LOCALNET_DIFFERS = "localnet_differs"
    LOCALNET_UNUSABLE = "localnet_unusable"
    LOCALNET_FAILED = "localnet_failed"
    ENGINE_NO_GO = "engine_no_go"
    ENGINE_GO_TOO_OLD = "engine_go_too_old"
    ENGINE_NO_NETWORK = "engine_no_network"
    ENGINE_CHECKSUM_MISMATCH = "engine_checksum_mismatch"
    ENGINE_DISK_FULL = "engine_disk_full"
    ENGINE_CANNOT_WRITE_CACHE = "engine_cannot_write_cache"
    ENGINE_BUILD_FAILED = "engine_build_failed"
    ENGINE_NOT_BUILT = "engine_not_built"
    ENGINE_NO_CACHE_FOLDER = "engine_no_cache_folder"
    CHAIN_UNREACHABLE = "chain_unreachable"
    CHAIN_UNTRUSTED = "chain_untrusted"
    ENDPOINT_BUSY = "endpoint_busy"
    ENDPOINT_DOWN = "endpoint_down"
    ENDPOINT_DENIED = "endpoint_denied"
    CHAIN_FAILED = "chain_failed"
    ANOTHER_CHAIN = "another_chain"
    ACCOUNT_UNKNOWN = "account_unknown"
    NO_SUCH_STATE = "no_such_state"
    NOT_PROVABLE = "not_provable"
    BAD_PATH = "bad_path"
    OLDER_BLOCKS_MISSING = "older_blocks_missing"
    TX_REFUSED = "tx_refused"
    TX_NOT_COMMITTED = "tx_not_committed"
    NOT_ON_CHAIN = "not_on_chain"
    MALFORMED_RECEIPT = "malformed_receipt"
    RECEIPT_REFUSED = "receipt_refused"
    NO_RECEIPT = "no_receipt"
    ENGINE_UNREACHABLE = "engine_unreachable"
    ENGINE_UNTRUSTED = "engine_untrusted"
    ENGINE_REFUSED = "engine_refused"
    ENGINE_FAILED = "engine_failed"
    NETWORK_NOT_CONFIRMED = "network_not_confirmed"
    GENESIS_UNUSABLE = "genesis_unusable"
    OTHER_GENESIS = "other_genesis"
    JOURNAL_UNUSABLE = "journal_unusable"
    REGISTER_RUNNING = "register_running"
    ENCLAVE_NOT_STARTED = "enclave_not_started"
    NO_FUNDS = "no_funds"
    FEE_TOO_HIGH = "fee_too_high"
    NETWORK_UNPROVEN = "network_unproven"
    NO_PEER_REACHED = "no_peer_reached"
    CHAIN_STALLED = "chain_stalled"
    ATTEMPTS_EXHAUSTED = "attempts_exhausted"
    KEYS_UNUSABLE = "keys_unusable"
    HAS_BLOCKS = "has_blocks"
    UNTRUSTED_HEADER = "untrusted_header"
    HEADER_NOT_CONFIRMED = "header_not_confirmed"
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
    ENCLAVE_STATE_LOST = "enclave_state_lost"
    RECORD_ENDS = "record_ends"
    NONCE_UNPAID = "nonce_unpaid"
    NONCE_UNPUBLISHED = "nonce_unpublished"
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


def of_part(failure: NodeFailure) -> Failure:
    """A part of the node failed: an enclave that did not do it, no engine, a wrong home, no key."""
    exit_code = ExitCode.USAGE if failure.code in _OF_INPUT else ExitCode.REFUSED
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
        return Failure(CliCode.CANNOT_WRITE, expected=f"to write {path}", found=words_of(error))
    return malformed(f"to open {path}", words_of(error), code=CliCode.UNREADABLE_INPUT)


_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})

_OF_INPUT: Final = frozenset(
    {
        CliCode.UNREADABLE_INPUT,
        CliCode.NOT_PERMITTED,
        CliCode.NO_HOME_FOLDER,
        CliCode.NO_HOME,
        CliCode.CONFIG_INVALID,
        CliCode.BAD_HOME_PATH,
        CliCode.KEY_DAMAGED,
        CliCode.BAD_KEY_NAME,
        CliCode.BAD_KEY,
        CliCode.NO_GENESIS,
        CliCode.BAD_GENESIS,
        CliCode.MALFORMED_RECEIPT,
    }
)
"""Codes of parts that say: an input cannot be read, or is not what it should be."""
