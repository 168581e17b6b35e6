"""What the chain keeps of collateral: part by part, and only ever a newer one (section 13)."""

from __future__ import annotations

import dataclasses
import itertools
import json
from datetime import timedelta
from typing import Any, Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from chain_module.errors import TxRefusal
from chain_module.registration import keeper
from chain_module.registration.kept_collateral import check_not_older, keep_collateral, kept_for
from enclave.attestation.certificates import pck_issuer_key_id
from enclave.attestation.collateral import Collateral
from enclave.attestation.development_root import Window, development_root, development_root_der
from enclave.attestation.limits import MAX_COLLATERAL_BYTES
from enclave.attestation.quote import Quote, parse_quote
from enclave.attestation.types import Tee
from enclave.software.blueprint import PckCa, Piece, QuoteKind
from enclave.software.issuer import Issuer
from tests.attacks.attackers import GOOD
from tests.chain_module.registration.gate_cases import TD, ready
from tests.support.enclaves import CHAIN_ID
from tests.support.registration_chain import RegistrationChain, reason_of

PARTS: Final = {
    Piece.ROOT_CRL: ("root_ca_crl",),
    Piece.PCK_CRL: ("pck_crl",),
    Piece.TCB_INFO: ("tcb_info", "tcb_info_signature"),
    Piece.QE_IDENTITY: ("qe_identity", "qe_identity_signature"),
}
START: Final = GOOD.issued_at


def issued(**changes: Any) -> Collateral:
    return Collateral.parse(Issuer(dataclasses.replace(GOOD, **changes)).collateral)


def at(piece: Piece, seconds: int, **changes: Any) -> Collateral:
    """Collateral of which one part was issued so many seconds after the founder's."""
    window = Window(START + seconds, START + GOOD.valid_for)
    return issued(windows={piece: window}, **changes)


def stored(chain: RegistrationChain) -> Collateral:
    found = keeper.collateral(chain.block, GOOD.fmspc, Tee.SGX)
    assert found is not None
    collateral = Collateral.parse(found.collateral)
    assert found.evaluation_number == collateral.evaluation_number
    collateral.check_root(development_root_der(CHAIN_ID))
    return collateral


def verdict(chain: RegistrationChain, offered: Collateral) -> str:
    return reason_of(lambda: check_not_older(chain.block, offered))


@pytest.mark.parametrize("piece", PARTS)
def test_an_older_part_is_refused_and_not_kept(piece: Piece) -> None:
    chain = ready()
    before = stored(chain)
    older = at(piece, -1)
    assert verdict(chain, older) == "collateral_older"
    with pytest.raises(TxRefusal) as refused:
        check_not_older(chain.block, older)
    assert str(START) in refused.value.expected
    assert str(START - 1) in refused.value.found
    keep_collateral(chain.block, older)
    assert stored(chain) == before


@pytest.mark.parametrize("piece", PARTS)
def test_a_newer_part_is_kept(piece: Piece) -> None:
    chain = ready()
    newer = at(piece, 1)
    assert verdict(chain, newer) == "passed"
    keep_collateral(chain.block, newer)
    assert stored(chain).encode() == newer.encode()
    assert verdict(chain, issued()) == "collateral_older"
    assert verdict(chain, newer) == "passed"


@pytest.mark.parametrize(("newer", "older"), list(itertools.permutations(PARTS, 2)))
def test_of_two_halves_each_part_kept_is_the_newer(newer: Piece, older: Piece) -> None:
    """What is kept then is of two collaterals, and hangs together."""
    chain = ready()
    before = json.loads(stored(chain).encode())
    later, earlier = (Window(START + way, START + GOOD.valid_for) for way in (1, -1))
    mixed = issued(windows={newer: later, older: earlier})
    assert verdict(chain, mixed) == "collateral_older"
    keep_collateral(chain.block, mixed)
    brought = json.loads(mixed.encode())
    after = json.loads(stored(chain).encode())
    assert after == {**before, **{name: brought[name] for name in PARTS[newer]}}


@pytest.mark.parametrize(
    ("numbers", "name", "kept"),
    [
        ((16, 16), "evaluation_number_too_low", (17, 17)),
        ((17, 17), "passed", (17, 17)),
        ((18, 18), "passed", (18, 18)),
        ((17, 20), "passed", (17, 20)),
        ((20, 17), "passed", (20, 17)),
        ((16, 20), "evaluation_number_too_low", (17, 20)),
        ((20, 16), "evaluation_number_too_low", (20, 17)),
    ],
)
def test_the_numbers_of_what_is_kept_only_rise(
    numbers: tuple[int, int], name: str, kept: tuple[int, int]
) -> None:
    """TCB info's and QE identity's, each by itself: the smaller of both hides a fall."""
    chain = ready()
    tcb, qe = numbers
    offered = issued(evaluation_number=tcb, qe_evaluation_number=qe)
    assert verdict(chain, offered) == name
    keep_collateral(chain.block, offered)
    found = stored(chain)
    assert (found.tcb_evaluation_number, found.qe_evaluation_number) == kept


@pytest.mark.parametrize("piece", [Piece.TCB_INFO, Piece.QE_IDENTITY])
def test_a_later_date_does_not_make_up_for_a_lower_number(piece: Piece) -> None:
    chain = ready()
    number = {Piece.TCB_INFO: {"evaluation_number": 16, "qe_evaluation_number": 17}}
    lower = at(piece, 5, **number.get(piece, {"qe_evaluation_number": 16}))
    before = stored(chain)
    assert verdict(chain, lower) == "evaluation_number_too_low"
    keep_collateral(chain.block, lower)
    assert stored(chain) == before


def test_a_later_crl_counts_whatever_its_number() -> None:
    """Only the number of TCB info and of a QE identity never falls; a CRL is told by its date."""
    chain = ready()
    before = stored(chain)
    old = x509.load_der_x509_crl(before.content.root_ca_crl)
    builder = x509.CertificateRevocationListBuilder().issuer_name(old.issuer)
    builder = builder.last_update(old.last_update_utc + timedelta(seconds=1))
    builder = builder.next_update(old.last_update_utc + timedelta(days=1))
    builder = builder.add_extension(x509.CRLNumber(0), critical=False)
    crl = builder.sign(development_root(CHAIN_ID).key, hashes.SHA256())
    content = dataclasses.replace(
        before.content, root_ca_crl=crl.public_bytes(serialization.Encoding.DER)
    )
    later = Collateral.parse(content.encode())
    assert later.revocation.root_ca_crl.number < before.revocation.root_ca_crl.number
    assert verdict(chain, later) == "passed"
    keep_collateral(chain.block, later)
    assert stored(chain) == later


@pytest.mark.parametrize(("more", "together"), [(0, True), (1, False)])
def test_parts_that_fit_into_one_collateral_are_kept_together(*, more: int, together: bool) -> None:
    """Else TCB info stays as it came, and the QE identity is kept by itself."""
    chain = ready()
    large = padded(at(Piece.QE_IDENTITY, 1), "qe_identity", MAX_COLLATERAL_BYTES // 2)
    keep_collateral(chain.block, large)
    newer = at(Piece.TCB_INFO, 1)
    both = dataclasses.replace(newer.content, qe_identity=large.content.qe_identity)
    newer = padded(newer, "tcb_info", MAX_COLLATERAL_BYTES - len(both.encode()) + more)
    keep_collateral(chain.block, newer)
    found = stored(chain)
    assert found.tcb_info == newer.tcb_info
    assert found.qe_identity == (large if together else newer).qe_identity
    assert (len(found.encode()) == MAX_COLLATERAL_BYTES) == together


def padded(collateral: Collateral, name: str, size: int) -> Collateral:
    """With so many spaces after one of its documents."""
    fields = json.loads(collateral.encode())
    return Collateral.parse(json.dumps({**fields, name: fields[name] + " " * size}).encode())


@pytest.mark.parametrize(
    "changes",
    [
        {"revoked": frozenset({Piece.PCK_LEAF})},
        {"revoked": frozenset({Piece.TCB_SIGNER})},
        {"advisories": ("INTEL-SA-00001",)},
        {"qe_advisories": ("INTEL-SA-00001",)},
    ],
    ids=["pck-crl", "root-crl", "tcb-info", "qe-identity"],
)
def test_two_statements_of_one_age_contradict_each_other(changes: dict[str, Any]) -> None:
    """Nobody can say which holds: the first stays, until there is a newer one."""
    chain = ready()
    other, before = issued(**changes), stored(chain)
    assert verdict(chain, other) == "collateral_contradicts"
    keep_collateral(chain.block, other)
    assert stored(chain) == before


@pytest.mark.parametrize("name", ["tcb_info_signature", "qe_identity_signature"])
def test_a_rewritten_signature_says_the_same(name: str) -> None:
    """Anybody can turn s of a signature around: no reason to refuse, and none to write."""
    chain = ready()
    before = stored(chain)
    fields = json.loads(before.encode())
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    r, s = fields[name][:64], int(fields[name][64:], 16)
    fields[name] = r + f"{order - s:064x}"
    twin = Collateral.parse(json.dumps(fields).encode())
    assert twin.encode() != before.encode()
    assert verdict(chain, twin) == "passed"
    keep_collateral(chain.block, twin)
    assert stored(chain) == before


def test_a_crl_counts_for_its_own_ca_alone() -> None:
    """Two authorities: the list of the one neither pushes out nor ages that of the other."""
    chain = ready()
    processor = at(Piece.PCK_CRL, 5, pck_ca=PckCa.PROCESSOR)
    keep_collateral(chain.block, processor)
    assert verdict(chain, issued()) == "passed"
    assert verdict(chain, at(Piece.PCK_CRL, -1)) == "collateral_older"
    older = at(Piece.PCK_CRL, 4, pck_ca=PckCa.PROCESSOR)
    assert verdict(chain, older) == "collateral_older"


@pytest.mark.parametrize("ca", PckCa)
def test_without_collateral_the_list_of_the_quotes_own_ca_counts(ca: PckCa) -> None:
    chain = ready()
    lists = {one: at(Piece.PCK_CRL, 5, pck_ca=one) for one in PckCa}
    for one in PckCa:
        keep_collateral(chain.block, lists[one])
    issuer = Issuer(dataclasses.replace(GOOD, pck_ca=ca))
    quote = parse_quote(issuer.issue(bytes(64)).quote)
    found = kept(chain, quote)
    assert found.content.pck_crl == lists[ca].content.pck_crl
    key = pck_issuer_key_id(quote.certification_data)
    assert found.revocation.issuer_key_id == key
    found.check_root(development_root_der(CHAIN_ID))


@pytest.mark.parametrize("piece", [Piece.ROOT_CRL, Piece.PCK_CRL, Piece.QE_IDENTITY])
def test_what_families_share_is_of_one_age_for_all(piece: Piece) -> None:
    """A machine of a family that the chain never saw brings nothing older either."""
    chain = ready()
    newer = at(piece, 5)
    keep_collateral(chain.block, newer)
    assert verdict(chain, issued(fmspc=bytes(6))) == "collateral_older"
    assert verdict(chain, at(piece, 5, fmspc=bytes(6))) == "passed"


def test_tcb_info_is_a_familys_own() -> None:
    chain = ready()
    keep_collateral(chain.block, at(Piece.TCB_INFO, 5))
    assert verdict(chain, issued(fmspc=bytes(6))) == "passed"


def test_what_another_family_brought_reaches_those_without_collateral() -> None:
    chain = ready()
    other = at(Piece.PCK_CRL, 5, fmspc=bytes(6))
    keep_collateral(chain.block, other)
    quote = parse_quote(Issuer(GOOD).issue(bytes(64)).quote)
    found = kept(chain, quote)
    assert found.fmspc == GOOD.fmspc
    assert found.content.pck_crl == other.content.pck_crl


def test_a_qe_identity_is_for_its_tee() -> None:
    chain = ready()
    td = issued(kind=QuoteKind.TDX_V4, measurement=TD, issued_at=START)
    keep_collateral(chain.block, at(Piece.QE_IDENTITY, 5))
    assert verdict(chain, td) == "passed"


def kept(chain: RegistrationChain, quote: Quote) -> Collateral:
    found = kept_for(chain.block, quote, GOOD.fmspc)
    assert found is not None
    return Collateral.parse(found)
