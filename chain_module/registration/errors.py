"""Refusals of registration: codespace "registration", a number for ever for each reason.

What the enclave's gates refuse keeps its name (`enclave.errors.Code`) and gets a number here, so
that one register is refused alike by a node and by an enclave. From 100 on stand the chain's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from chain_module.errors import Reason, Reasons, TxRefusal
from enclave.errors import Code, Refusal


def _reason(code: int, name: str) -> Reason:
    return Reason("registration", code, name)


class RegistrationReason(Reasons):
    """Every reason of this codespace."""

    # Gate 1: form.
    MALFORMED_REQUEST = _reason(1, "malformed_request")
    BAD_LENGTH = _reason(2, "bad_length")
    BAD_VALUE = _reason(3, "bad_value")
    TOO_LARGE = _reason(4, "too_large")
    BAD_EXCHANGE_KEY = _reason(5, "bad_exchange_key")
    LOW_ORDER_KEY = _reason(6, "low_order_key")
    BAD_TLS_KEY = _reason(7, "bad_tls_key")
    BAD_KEM_KEY = _reason(8, "bad_kem_key")
    MALFORMED_QUOTE = _reason(9, "malformed_quote")
    UNSUPPORTED_QUOTE = _reason(10, "unsupported_quote")
    MALFORMED_COLLATERAL = _reason(11, "malformed_collateral")
    MALFORMED_POLICY = _reason(12, "malformed_policy")

    # Gate 2: the chain's state.
    FROZEN = _reason(20, "frozen")
    STALE_EPOCH = _reason(21, "stale_epoch")
    UNKNOWN_ANCHOR = _reason(22, "unknown_anchor")
    STALE_QUOTE = _reason(23, "stale_quote")

    # Gate 3: DCAP verification.
    UNTRUSTED_ROOT = _reason(30, "untrusted_root")
    CERTIFICATE_INVALID = _reason(31, "certificate_invalid")
    CERTIFICATE_EXPIRED = _reason(32, "certificate_expired")
    CERTIFICATE_NOT_YET_VALID = _reason(33, "certificate_not_yet_valid")
    CERTIFICATE_REVOKED = _reason(34, "certificate_revoked")
    CRL_EXPIRED = _reason(35, "crl_expired")
    COLLATERAL_EXPIRED = _reason(36, "collateral_expired")
    COLLATERAL_NOT_YET_VALID = _reason(37, "collateral_not_yet_valid")
    COLLATERAL_SIGNATURE_INVALID = _reason(38, "collateral_signature_invalid")
    COLLATERAL_MISMATCH = _reason(39, "collateral_mismatch")
    QUOTE_SIGNATURE_INVALID = _reason(40, "quote_signature_invalid")
    QE_REJECTED = _reason(41, "qe_rejected")
    TCB_LEVEL_NOT_FOUND = _reason(42, "tcb_level_not_found")
    TCB_REVOKED = _reason(43, "tcb_revoked")
    TD_REJECTED = _reason(44, "td_rejected")
    QUOTE_UNVERIFIABLE = _reason(45, "quote_unverifiable")

    # Gate 4: what the quote is bound to.
    REPORT_DATA_MISMATCH = _reason(60, "report_data_mismatch")
    DEBUG_ENCLAVE = _reason(61, "debug_enclave")

    # Gates 5 and 6: the network's policy and its floor.
    EMPTY_POLICY = _reason(70, "empty_policy")
    MEASUREMENT_NOT_ALLOWED = _reason(71, "measurement_not_allowed")
    TCB_STATUS_NOT_ALLOWED = _reason(72, "tcb_status_not_allowed")
    ADVISORY_NOT_ALLOWED = _reason(73, "advisory_not_allowed")
    EVALUATION_NUMBER_TOO_LOW = _reason(74, "evaluation_number_too_low")
    FMSPC_DENIED = _reason(75, "fmspc_denied")
    PLATFORM_FLAG_NOT_ALLOWED = _reason(76, "platform_flag_not_allowed")
    MACHINE_NOT_LISTED = _reason(77, "machine_not_listed")
    BELOW_FLOOR = _reason(78, "below_floor")
    MEASUREMENT_UNSIGNED = _reason(79, "measurement_unsigned")

    ENCLAVE_REFUSED = _reason(99, "enclave_refused")
    """A reason of the enclave's that no gate gives; `expected` names it."""

    # The chain's own gates.
    TOO_EARLY = _reason(100, "too_early")
    RATE_LIMITED = _reason(101, "rate_limited")
    ALREADY_REGISTERED = _reason(102, "already_registered")
    MACHINE_IN_USE = _reason(103, "machine_in_use")
    NODE_REVOKED = _reason(104, "node_revoked")
    OPERATOR_MISMATCH = _reason(105, "operator_mismatch")
    ANCHOR_NOT_NEWER = _reason(106, "anchor_not_newer")
    COLLATERAL_MISSING = _reason(107, "collateral_missing")
    VERDICT_MISMATCH = _reason(108, "verdict_mismatch")
    COLLATERAL_OLDER = _reason(109, "collateral_older")
    COLLATERAL_CONTRADICTS = _reason(110, "collateral_contradicts")

    # The confirm rule.
    NOT_ALONE = _reason(120, "not_alone")
    CONFIRM_FROM_OUTSIDE = _reason(121, "confirm_from_outside")
    UNCONFIRMED = _reason(122, "unconfirmed")
    NO_REGISTER = _reason(123, "no_register")
    CONFIRM_MISMATCH = _reason(124, "confirm_mismatch")
    MALFORMED_CONFIRM = _reason(125, "malformed_confirm")
    REGISTER_WAITING = _reason(126, "register_waiting")
    TOO_MANY_WAITING = _reason(127, "too_many_waiting")
    TOO_MANY_REGISTERS = _reason(128, "too_many_registers")
    TOO_MANY_REFUSED = _reason(129, "too_many_refused")
    REGISTER_REFUSED_BEFORE = _reason(130, "register_refused_before")

    # Policy and revocation.
    NOT_AUTHORITY = _reason(140, "not_authority")
    BAD_POLICY_SERIAL = _reason(141, "bad_policy_serial")
    POLICY_CHANGE_MIXED = _reason(142, "policy_change_mixed")
    POLICY_UNCHANGED = _reason(143, "policy_unchanged")
    NO_SUCH_NODE = _reason(144, "no_such_node")
    NO_SUCH_EPOCH = _reason(145, "no_such_epoch")
    EVALUATION_MINIMUM_FALLS = _reason(146, "evaluation_minimum_falls")

    # Freshness.
    FRESHNESS_LIMITED = _reason(150, "freshness_limited")


NAMED_BY_CODE: Final[Mapping[str, RegistrationReason]] = MappingProxyType(
    {reason.reason.name: reason for reason in RegistrationReason if reason.reason.name in set(Code)}
)
"""Reasons that are the enclave's, by its code."""


def refusal_of(refusal: Refusal) -> TxRefusal:
    """The same refusal, as a result of a transaction carries it."""
    reason = NAMED_BY_CODE.get(refusal.code)
    if reason is None:
        return TxRefusal(
            RegistrationReason.ENCLAVE_REFUSED,
            expected=f"{refusal.code}: {refusal.expected}",
            found=refusal.found,
        )
    return TxRefusal(reason, expected=refusal.expected, found=refusal.found)
