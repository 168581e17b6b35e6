"""Attack 8: a revoked PCK or intermediate, expired CRLs and TCB info, TCB info of another machine.

Each in software mode at a whole holder, and where Intel's own evidence can show it, with that.
"""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from enclave.errors import Code, Refusal
from node.attest.bad_cases import BadCase
from tests.attacks.attackers import answer, bad
from tests.enclave.attestation.real_evidence import SGX, TDX4, TDX5, VECTORS, Vector
from tests.support.refusals import refused

CASES = {
    BadCase.PCK_REVOKED: Code.CERTIFICATE_REVOKED,
    BadCase.CA_REVOKED: Code.CERTIFICATE_REVOKED,
    BadCase.TCB_SIGNER_REVOKED: Code.CERTIFICATE_REVOKED,
    BadCase.REVOKED: Code.TCB_REVOKED,
    BadCase.ROOT_CRL_EXPIRED: Code.CRL_EXPIRED,
    BadCase.PCK_CRL_EXPIRED: Code.CRL_EXPIRED,
    BadCase.TCB_INFO_EXPIRED: Code.COLLATERAL_EXPIRED,
    BadCase.QE_IDENTITY_EXPIRED: Code.COLLATERAL_EXPIRED,
    BadCase.PCK_EXPIRED: Code.CERTIFICATE_EXPIRED,
    BadCase.CA_EXPIRED: Code.CERTIFICATE_EXPIRED,
    BadCase.TCB_SIGNER_EXPIRED: Code.CERTIFICATE_EXPIRED,
    BadCase.WRONG_FMSPC: Code.COLLATERAL_MISMATCH,
    BadCase.WRONG_PCE: Code.COLLATERAL_MISMATCH,
    BadCase.WRONG_TEE_TCB_INFO: Code.COLLATERAL_MISMATCH,
    BadCase.WRONG_TEE_QE_IDENTITY: Code.COLLATERAL_MISMATCH,
    BadCase.WRONG_CRL: Code.CERTIFICATE_INVALID,
}

ENDED = {Code.CRL_EXPIRED, Code.COLLATERAL_EXPIRED, Code.CERTIFICATE_EXPIRED}


@pytest.mark.parametrize(("case", "code"), CASES.items())
def test_08_a_holder_gives_no_envelope(case: BadCase, code: Code) -> None:
    assert answer(bad(case)) is code


@pytest.mark.parametrize("vector", [SGX, TDX4, TDX5], ids=lambda vector: vector.name)
@pytest.mark.parametrize("days", [0, 1, 30, 365, 3650])
def test_08_intels_own_evidence_ends(vector: Vector, days: int) -> None:
    with pytest.raises(Refusal) as refusal:
        vector.verify(now=vector.window[1] + 1 + days * 86_400)
    assert refusal.value.code in ENDED


def test_08_intels_collateral_for_another_fmspc_is_refused() -> None:
    """Same TEE, same time: only the platform differs."""
    ours, other = VECTORS["tdx4-gcp-cos113-uptodate"], VECTORS["tdx4-near-uptodate"]
    assert ours.tee is other.tee
    with refused(Code.COLLATERAL_MISMATCH):
        replace(ours, collateral=other.collateral).verify(now=other.time)


def test_08_collateral_mixed_from_two_months_is_refused() -> None:
    """A fresh TCB info over a CRL of the year before: each piece is Intel's, and one is late."""
    old, new = VECTORS["tdx4-phala-uptodate-2025"], VECTORS["tdx4-phala-outofdate-2026"]
    fields = json.loads(new.collateral)
    fields["pck_crl"] = json.loads(old.collateral)["pck_crl"]
    with refused(Code.CRL_EXPIRED):
        replace(new, collateral=json.dumps(fields).encode()).verify()
