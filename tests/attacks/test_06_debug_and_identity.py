"""Attack 6: debug, an old version, another product, unlisted code, a signer-only match."""

from __future__ import annotations

from dataclasses import replace

import pytest

from enclave.attestation.types import Measurement, SgxMeasurement
from enclave.errors import Code
from enclave.software.blueprint import QuoteKind
from enclave.software.issuer import issue
from node.attest.bad_cases import BadCase, spoil
from tests.attacks.attackers import GOOD, answer, bad, machine
from tests.enclave.attestation.blueprints import REPORT_DATA, good, verify
from tests.support.enclaves import CODE, policy
from tests.support.refusals import refused

LISTED = SgxMeasurement(CODE.mr_enclave, CODE.mr_signer, 7, 5)


def shown(measurement: Measurement, *, listed: Measurement = LISTED) -> Code | None:
    """A newcomer of this code, where the policy lists that code (and the holder's own)."""
    attacker = machine(replace(GOOD, measurement=measurement))
    return answer(attacker, policy(measurements=(CODE, listed)))


def test_06_listed_code_reaches_the_floor() -> None:
    """Gate 5 takes it in this and in a later version; no upgrade key signed it."""
    assert answer(machine(GOOD)) is None
    assert shown(LISTED) is Code.MEASUREMENT_UNSIGNED
    assert shown(replace(LISTED, isv_svn=6)) is Code.MEASUREMENT_UNSIGNED


def test_06_a_debug_enclave_gets_no_envelope() -> None:
    assert answer(bad(BadCase.DEBUG)) is Code.DEBUG_ENCLAVE


@pytest.mark.parametrize("kind", QuoteKind)
def test_06_debug_is_seen_in_every_kind_of_quote(kind: QuoteKind) -> None:
    blueprint = spoil(good(kind), BadCase.DEBUG)
    with refused(Code.DEBUG_ENCLAVE):
        verify(issue(blueprint, REPORT_DATA), blueprint)


@pytest.mark.parametrize("isv_svn", [0, 4])
def test_06_a_version_below_the_listed_one_gets_no_envelope(isv_svn: int) -> None:
    assert shown(replace(LISTED, isv_svn=isv_svn)) is Code.MEASUREMENT_NOT_ALLOWED


@pytest.mark.parametrize("isv_prod_id", [6, 8, 65_535])
def test_06_another_product_gets_no_envelope(isv_prod_id: int) -> None:
    other = replace(LISTED, isv_prod_id=isv_prod_id, isv_svn=5)
    assert shown(other) is Code.MEASUREMENT_NOT_ALLOWED


def test_06_code_of_the_listed_signer_alone_gets_no_envelope() -> None:
    """Whoever signs could sign a leaker: mr_enclave always counts, also where it is listed as 0."""
    leaker = replace(LISTED, mr_enclave=b"\xee" * 32)
    assert shown(leaker) is Code.MEASUREMENT_NOT_ALLOWED
    assert shown(leaker, listed=replace(LISTED, mr_enclave=bytes(32))) is (
        Code.MEASUREMENT_NOT_ALLOWED
    )


def test_06_listed_code_of_another_signer_gets_no_envelope() -> None:
    assert shown(replace(LISTED, mr_signer=b"\xee" * 32)) is Code.MEASUREMENT_NOT_ALLOWED


def test_06_what_a_policy_lists_and_nobody_signed_gets_no_envelope() -> None:
    """The floor: no vote admits code that no upgrade key ever signed."""
    other = SgxMeasurement(b"\xaa" * 32, bytes(32), 0, 0)
    assert shown(other, listed=other) is Code.MEASUREMENT_UNSIGNED
