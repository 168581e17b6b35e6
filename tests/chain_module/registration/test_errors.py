"""Numbers of codespace "registration": one for each reason, and never another."""

from __future__ import annotations

from typing import Final

import pytest

from chain_module.errors import Reasons
from chain_module.registration.errors import NAMED_BY_CODE, RegistrationReason, refusal_of
from enclave.errors import Code, Refusal

GOLDEN: Final = {
    1: "malformed_request",
    2: "bad_length",
    3: "bad_value",
    4: "too_large",
    5: "bad_exchange_key",
    6: "low_order_key",
    7: "bad_tls_key",
    8: "bad_kem_key",
    9: "malformed_quote",
    10: "unsupported_quote",
    11: "malformed_collateral",
    12: "malformed_policy",
    20: "frozen",
    21: "stale_epoch",
    22: "unknown_anchor",
    23: "stale_quote",
    30: "untrusted_root",
    31: "certificate_invalid",
    32: "certificate_expired",
    33: "certificate_not_yet_valid",
    34: "certificate_revoked",
    35: "crl_expired",
    36: "collateral_expired",
    37: "collateral_not_yet_valid",
    38: "collateral_signature_invalid",
    39: "collateral_mismatch",
    40: "quote_signature_invalid",
    41: "qe_rejected",
    42: "tcb_level_not_found",
    43: "tcb_revoked",
    44: "td_rejected",
    45: "quote_unverifiable",
    60: "report_data_mismatch",
    61: "debug_enclave",
    70: "empty_policy",
    71: "measurement_not_allowed",
    72: "tcb_status_not_allowed",
    73: "advisory_not_allowed",
    74: "evaluation_number_too_low",
    75: "fmspc_denied",
    76: "platform_flag_not_allowed",
    77: "machine_not_listed",
    78: "below_floor",
    79: "measurement_unsigned",
    99: "enclave_refused",
    100: "too_early",
    101: "rate_limited",
    102: "already_registered",
    103: "machine_in_use",
    104: "node_revoked",
    105: "operator_mismatch",
    106: "anchor_not_newer",
    107: "collateral_missing",
    108: "verdict_mismatch",
    109: "collateral_older",
    110: "collateral_contradicts",
    120: "not_alone",
    121: "confirm_from_outside",
    122: "unconfirmed",
    123: "no_register",
    124: "confirm_mismatch",
    125: "malformed_confirm",
    126: "register_waiting",
    127: "too_many_waiting",
    128: "too_many_registers",
    129: "too_many_refused",
    130: "register_refused_before",
    140: "not_authority",
    141: "bad_policy_serial",
    142: "policy_change_mixed",
    143: "policy_unchanged",
    144: "no_such_node",
    145: "no_such_epoch",
    146: "evaluation_minimum_falls",
    150: "freshness_limited",
}
"""Lines are added, and never changed."""


def test_a_number_once_used_keeps_its_meaning() -> None:
    found = {reason.reason.code: reason.reason.name for reason in RegistrationReason}
    assert found == GOLDEN
    assert len(found) == len(RegistrationReason)
    assert {reason.reason.codespace for reason in RegistrationReason} == {"registration"}


def test_a_name_is_that_of_the_member_and_unique() -> None:
    names = [reason.reason.name for reason in RegistrationReason]
    assert names == [reason.name.lower() for reason in RegistrationReason]
    assert len(names) == len(set(names))


GATES: Final = {
    "form": ("MALFORMED_REQUEST", "MALFORMED_POLICY"),
    "state": ("FROZEN", "STALE_QUOTE"),
    "quote": ("UNTRUSTED_ROOT", "QUOTE_UNVERIFIABLE"),
    "binding": ("REPORT_DATA_MISMATCH", "DEBUG_ENCLAVE"),
    "policy": ("EMPTY_POLICY", "MEASUREMENT_UNSIGNED"),
}
"""First and last code of each group of `enclave.errors` that gates raise."""


@pytest.mark.parametrize("group", GATES)
def test_every_code_of_a_gate_has_a_number(group: str) -> None:
    codes = list(Code)
    first, last = (codes.index(Code[name]) for name in GATES[group])
    for code in codes[first : last + 1]:
        reason = refusal_of(Refusal(code, expected="this", found="that")).reason
        assert reason.name == code
        assert NAMED_BY_CODE[code].reason == reason


def test_the_chains_own_reasons_are_no_codes_of_the_enclaves() -> None:
    assert set(NAMED_BY_CODE) <= set(Code)


def test_a_refusal_keeps_what_it_expected_and_found() -> None:
    refusal = refusal_of(Refusal(Code.FROZEN, expected="a policy that is not", found="one"))
    assert (refusal.expected, refusal.found) == ("a policy that is not", "one")


def test_a_code_that_no_gate_gives_is_named_in_the_text() -> None:
    refusal = refusal_of(Refusal(Code.STORAGE_FAILED, expected="a disk", found="none"))
    assert refusal.reason == RegistrationReason.ENCLAVE_REFUSED.reason
    assert refusal.expected == "storage_failed: a disk"


def test_names_are_unique_in_all_codespaces() -> None:
    names = [reason.reason.name for table in Reasons.__subclasses__() for reason in table]
    assert len(names) == len(set(names))
