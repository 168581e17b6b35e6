"""Refusals of the trusted core: one exception, one registry of stable codes.

A refusal says which rule said no (`code`), what the rule expected, what it found, and what to do
next. `expected` and `found` hold public values only: never a key, a seed, a plaintext or a hash
of one. Codes are stable: they cross the process boundary, reach users, and later the chain.
"""

from __future__ import annotations

import enum
from typing import Final, Generic, TypeVar

C = TypeVar("C", bound=str)

MAX_TEXT: Final = 240
"""Characters of `expected` and `found` that are kept: a hostile input must not flood a log."""


class Code(enum.StrEnum):
    """Every reason for which the trusted core refuses. The value is the stable public name."""

    # Form: what arrived is not what the format says (protocol.md section 2; gate 1 of section 5).
    MALFORMED_REQUEST = "malformed_request"
    BAD_LENGTH = "bad_length"
    BAD_VALUE = "bad_value"
    TOO_LARGE = "too_large"
    BAD_EXCHANGE_KEY = "bad_exchange_key"
    LOW_ORDER_KEY = "low_order_key"
    BAD_TLS_KEY = "bad_tls_key"
    BAD_KEM_KEY = "bad_kem_key"
    MALFORMED_QUOTE = "malformed_quote"
    UNSUPPORTED_QUOTE = "unsupported_quote"
    MALFORMED_COLLATERAL = "malformed_collateral"
    MALFORMED_POLICY = "malformed_policy"

    # Gate 2: the chain's state.
    FROZEN = "frozen"
    STALE_EPOCH = "stale_epoch"
    UNKNOWN_ANCHOR = "unknown_anchor"
    STALE_QUOTE = "stale_quote"

    # Gate 3: DCAP verification.
    UNTRUSTED_ROOT = "untrusted_root"
    CERTIFICATE_INVALID = "certificate_invalid"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_NOT_YET_VALID = "certificate_not_yet_valid"
    CERTIFICATE_REVOKED = "certificate_revoked"
    CRL_EXPIRED = "crl_expired"
    COLLATERAL_EXPIRED = "collateral_expired"
    COLLATERAL_NOT_YET_VALID = "collateral_not_yet_valid"
    COLLATERAL_SIGNATURE_INVALID = "collateral_signature_invalid"
    COLLATERAL_MISMATCH = "collateral_mismatch"
    QUOTE_SIGNATURE_INVALID = "quote_signature_invalid"
    QE_REJECTED = "qe_rejected"
    TCB_LEVEL_NOT_FOUND = "tcb_level_not_found"
    TCB_REVOKED = "tcb_revoked"
    TD_REJECTED = "td_rejected"
    QUOTE_UNVERIFIABLE = "quote_unverifiable"

    # Gate 4: what the quote is bound to.
    REPORT_DATA_MISMATCH = "report_data_mismatch"
    DEBUG_ENCLAVE = "debug_enclave"

    # Gates 5 and 6: the network's policy and its floor.
    EMPTY_POLICY = "empty_policy"
    MEASUREMENT_NOT_ALLOWED = "measurement_not_allowed"
    TCB_STATUS_NOT_ALLOWED = "tcb_status_not_allowed"
    ADVISORY_NOT_ALLOWED = "advisory_not_allowed"
    EVALUATION_NUMBER_TOO_LOW = "evaluation_number_too_low"
    FMSPC_DENIED = "fmspc_denied"
    PLATFORM_FLAG_NOT_ALLOWED = "platform_flag_not_allowed"
    MACHINE_NOT_LISTED = "machine_not_listed"
    BELOW_FLOOR = "below_floor"
    MEASUREMENT_UNSIGNED = "measurement_unsigned"

    # The network's identity and what the enclave believes of the chain.
    BAD_FLOOR = "bad_floor"
    WRONG_MODE = "wrong_mode"
    WRONG_ROOT = "wrong_root"
    WRONG_NETWORK = "wrong_network"
    BAD_PROOF = "bad_proof"
    UNPROVEN_CONTEXT = "unproven_context"
    ROLLED_BACK = "rolled_back"
    NOT_FRESH = "not_fresh"
    FORKED = "forked"
    NODE_REVOKED = "node_revoked"
    NETWORK_KEYS_MISMATCH = "network_keys_mismatch"

    # The light client: blocks of the chain against a header that is trusted (section 7).
    MALFORMED_LIGHT_BLOCK = "malformed_light_block"
    WRONG_CHAIN = "wrong_chain"
    WRONG_BLOCK_PROTOCOL = "wrong_block_protocol"
    WRONG_HEIGHT = "wrong_height"
    GENESIS_MISMATCH = "genesis_mismatch"
    COMMIT_MISMATCH = "commit_mismatch"
    HEIGHT_NOT_FORWARD = "height_not_forward"
    TIME_NOT_FORWARD = "time_not_forward"
    HEADER_FROM_FUTURE = "header_from_future"
    TRUSTED_HEADER_EXPIRED = "trusted_header_expired"
    BAD_TRUST_LEVEL = "bad_trust_level"
    VALIDATORS_MISMATCH = "validators_mismatch"
    UNTRUSTED_VALIDATORS = "untrusted_validators"
    DOUBLE_VOTE = "double_vote"
    NOT_ENOUGH_TRUST = "not_enough_trust"
    NOT_ENOUGH_POWER = "not_enough_power"
    NOT_A_FORK = "not_a_fork"

    # States and requests of one enclave (protocol.md section 10).
    ILLEGAL_STATE = "illegal_state"
    ALREADY_BOOTSTRAPPED = "already_bootstrapped"
    NOT_BOOTSTRAPPED = "not_bootstrapped"
    KEYS_EXIST = "keys_exist"
    KEM_SECRET_EXISTS = "kem_secret_exists"
    KEM_SECRET_MISSING = "kem_secret_missing"
    TOO_MANY_QUOTES = "too_many_quotes"
    UNVERIFIED_ANCHOR = "unverified_anchor"
    EPOCH_UNKNOWN = "epoch_unknown"

    # Import of the seed (protocol.md section 8).
    RECORD_MISMATCH = "record_mismatch"
    RECORD_NOT_CONFIRMED = "record_not_confirmed"
    RECORD_EXPIRED = "record_expired"
    RECORD_TOO_NEW = "record_too_new"
    UNKNOWN_QUOTE = "unknown_quote"
    KEM_KEY_MISMATCH = "kem_key_mismatch"
    ENVELOPE_OPEN_FAILED = "envelope_open_failed"
    PREVIOUS_SEED_OPEN_FAILED = "previous_seed_open_failed"

    # Sealing and the process.
    SEALED_MALFORMED = "sealed_malformed"
    SEALED_VERSION_UNKNOWN = "sealed_version_unknown"
    SEALED_WRONG_MODE = "sealed_wrong_mode"
    SEALED_WRONG_ROLE = "sealed_wrong_role"
    SEALED_WRONG_NETWORK = "sealed_wrong_network"
    SEALED_OPEN_FAILED = "sealed_open_failed"
    BACKUP_NEWER = "backup_newer"
    HOME_EXPOSED = "home_exposed"
    SEAL_KEY_UNUSABLE = "seal_key_unusable"
    ATTESTATION_UNAVAILABLE = "attestation_unavailable"
    STORAGE_FAILED = "storage_failed"
    ALREADY_RUNNING = "already_running"
    PORT_TAKEN = "port_taken"
    PORT_NOT_ALLOWED = "port_not_allowed"
    ADDRESS_NOT_HERE = "address_not_here"
    ADDRESS_UNKNOWN = "address_unknown"
    CANNOT_LISTEN = "cannot_listen"


class CodedError(Exception, Generic[C]):
    """Something cannot be, with a stable code: of the core, the chain and the node alike.

    Attributes:
        code: the stable name of the reason.
        expected: what would have been right, in words or public values; one line.
        found: what was there instead, public values only; one line.
    """

    def __init__(self, code: C, *, expected: str, found: str) -> None:
        self.code = code
        self.expected = one_line(expected) or "something"
        self.found = one_line(found) or "nothing"
        super().__init__(f"{code}: expected {self.expected}, found {self.found}")


class Refusal(CodedError[Code]):
    """A rule of the trusted core said no, and nothing was changed."""


def words_of(error: OSError) -> str:
    """What the system says of an error; its class where it says nothing."""
    return error.strerror or type(error).__name__


def one_line(text: str) -> str:
    """`text` without line breaks or control characters, cut to `MAX_TEXT` characters."""
    # Cut first: megabytes of an attacker's text must not cost seconds here.
    flat = "".join(c if c.isprintable() else " " for c in text[: MAX_TEXT + 1])
    return flat if len(flat) <= MAX_TEXT else flat[: MAX_TEXT - 1] + "…"
