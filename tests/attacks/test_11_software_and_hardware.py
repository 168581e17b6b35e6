"""Attack 11: a software quote on a hardware chain, and the reverse.

The root of the floor decides, byte for byte, in each of the four chains that evidence carries.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from enclave.attestation.collateral import Collateral
from enclave.attestation.development_root import development_root_der
from enclave.attestation.intel import INTEL_SGX_ROOT_CA_DER
from enclave.attestation.quote import parse_quote
from enclave.attestation.verifier import verify_quote
from enclave.errors import Code
from enclave.software.blueprint import DEFAULT_ISSUED_AT, QuoteKind
from enclave.software.issuer import issue
from node.attest.bad_cases import BadCase, spoil
from tests.attacks.attackers import holder_of, verdict
from tests.attacks.forgery import Forgery, confirm
from tests.enclave.attestation.blueprints import REPORT_DATA, ROOT, good
from tests.enclave.attestation.real_evidence import SGX, TDX4, TDX5, Vector
from tests.support.enclaves import Node
from tests.support.refusals import refused

REAL = {QuoteKind.SGX_V3: SGX, QuoteKind.TDX_V4: TDX4, QuoteKind.TDX_V5_TD15: TDX5}
PAIRS = pytest.mark.parametrize(("kind", "vector"), REAL.items(), ids=[kind.text for kind in REAL])


@pytest.mark.parametrize("kind", QuoteKind)
def test_11_a_software_quote_is_refused_under_intels_root(kind: QuoteKind) -> None:
    evidence = issue(good(kind), REPORT_DATA)
    collateral = Collateral.parse(evidence.collateral)
    now = DEFAULT_ISSUED_AT
    verify_quote(evidence.quote, collateral, root_der=ROOT, now=now)
    with refused(Code.UNTRUSTED_ROOT):
        verify_quote(evidence.quote, collateral, root_der=INTEL_SGX_ROOT_CA_DER, now=now)


@pytest.mark.parametrize("case", [BadCase.PCK_CRL_FORGED, BadCase.CA_FORGED])
def test_11_an_unknown_roots_key_verifies_nothing(case: BadCase) -> None:
    """Not even that its own pieces do not chain: the root is compared before its key is used."""
    evidence = issue(spoil(good(QuoteKind.SGX_V3), case), REPORT_DATA)
    collateral = Collateral.parse(evidence.collateral)
    with refused(Code.CERTIFICATE_INVALID):
        collateral.check_root(ROOT)
    with refused(Code.UNTRUSTED_ROOT):
        collateral.check_root(INTEL_SGX_ROOT_CA_DER)


@PAIRS
def test_11_intels_quote_is_refused_under_a_development_root(
    kind: QuoteKind, vector: Vector
) -> None:
    del kind
    collateral = Collateral.parse(vector.collateral)
    with refused(Code.UNTRUSTED_ROOT):
        verify_quote(vector.quote, collateral, root_der=ROOT, now=vector.time)


@PAIRS
def test_11_a_software_quote_with_intels_collateral_is_refused(
    kind: QuoteKind, vector: Vector
) -> None:
    """Only the chain inside the quote is not Intel's; platform and time fit."""
    fmspc = Collateral.parse(vector.collateral).fmspc
    blueprint = replace(good(kind), fmspc=fmspc, issued_at=vector.window[0])
    quote = issue(blueprint, REPORT_DATA).quote
    with refused(Code.UNTRUSTED_ROOT):
        vector.verify(quote=quote)


@PAIRS
def test_11_intels_quote_with_software_collateral_is_refused(
    kind: QuoteKind, vector: Vector
) -> None:
    fmspc = Collateral.parse(vector.collateral).fmspc
    blueprint = replace(good(kind), fmspc=fmspc, issued_at=vector.window[0])
    evidence = issue(blueprint, REPORT_DATA)
    collateral = Collateral.parse(evidence.collateral)
    for root in (ROOT, INTEL_SGX_ROOT_CA_DER):
        with refused(Code.UNTRUSTED_ROOT):
            verify_quote(parse_quote(vector.quote), collateral, root_der=root, now=vector.time)


def test_11_the_roots_of_two_networks_differ() -> None:
    assert len({development_root_der(name) for name in ("a", "b", "seedpact-test")}) == 3
    assert INTEL_SGX_ROOT_CA_DER not in {ROOT, development_root_der("a")}


@pytest.mark.parametrize("vector", REAL.values(), ids=lambda vector: vector.name)
def test_11_a_software_holder_gives_intels_evidence_no_envelope(vector: Vector) -> None:
    ledger, holder = holder_of()
    register, _ = Forgery().newcomer(ledger, Node("newcomer"))
    register.quote = vector.quote
    (confirmation,) = confirm(ledger, holder, (register, vector.collateral))
    assert verdict(confirmation) is Code.UNTRUSTED_ROOT
