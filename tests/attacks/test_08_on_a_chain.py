"""8 on a chain: a revoked machine brings the collateral of the day before it was revoked.

That collateral is Intel's, in its window, and of the same evaluation number. The chain has seen
newer: no part may be older than what it keeps, and what it keeps only goes forward. An enclave
that a host asks in private does not know what the chain keeps (section 11): no record, no use.
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import Any, Final

import pytest

from chain_module.registration.gates import evidence_of
from chain_module.registration.messages import MsgRegisterNode
from enclave.attestation.development_root import Window
from enclave.software.blueprint import Blueprint, PckCa, Piece
from enclave.software.issuer import Issuer
from tests.attacks.attackers import GOOD, BlueprintAttestor
from tests.attacks.doors import made_up
from tests.support.chain import Chain
from tests.support.enclaves import Node
from tests.support.registration_chain import RegistrationChain, reason_of

ALICE: Final = bytes([1]) * 20
LATER: Final = 60
"""Seconds from the founder's collateral to the list that names the machine."""


def of_machine(name: str, **changes: Any) -> Blueprint:
    """A good machine of its own."""
    return replace(GOOD, ppid=name.encode().ljust(16, b"."), **changes)


def issued_later(*pieces: Piece) -> dict[Piece, Window]:
    """These parts, issued anew."""
    start = GOOD.issued_at + LATER
    return {piece: Window(start, start + GOOD.valid_for) for piece in pieces}


def naming(blueprint: Blueprint, piece: Piece) -> bytes:
    """A collateral for all, whose newer list names a certificate of this machine."""
    list_ = Piece.PCK_CRL if piece is Piece.PCK_LEAF else Piece.ROOT_CRL
    windows = issued_later(list_)
    return Issuer(replace(blueprint, revoked=frozenset({piece}), windows=windows)).collateral


def newcomer(
    chain: RegistrationChain, blueprint: Blueprint, *, collateral: bytes | None = None
) -> MsgRegisterNode:
    """A register of a machine with its own collateral, or with another."""
    name = blueprint.ppid.decode()
    register = chain.newcomer(name, ALICE, attestor=BlueprintAttestor(blueprint))
    return register if collateral is None else replace(register, collateral=collateral)


@pytest.fixture
def ledger() -> RegistrationChain:
    """A chain that keeps the founder's collateral."""
    made = RegistrationChain()
    made.commit_until(8)
    return made


VICTIM: Final = of_machine("revoked machine")


def verdicts(chain: RegistrationChain, blueprint: Blueprint, newer: bytes) -> list[str]:
    """With its own old collateral, with the chain's, and with the newer one."""
    return [
        reason_of(partial(chain.check, newcomer(chain, blueprint, collateral=collateral)))
        for collateral in (None, b"", newer)
    ]


def test_08_an_older_list_does_not_bring_a_revoked_machine_back(
    ledger: RegistrationChain,
) -> None:
    newer = naming(VICTIM, Piece.PCK_LEAF)
    assert verdicts(ledger, VICTIM, newer)[:2] == ["passed", "passed"]
    ledger.register(newcomer(ledger, of_machine("honest"), collateral=newer))
    revoked = ["collateral_older", "certificate_revoked", "certificate_revoked"]
    assert verdicts(ledger, VICTIM, newer) == revoked
    # Nor once others came after it without collateral, or in another block.
    ledger.register(newcomer(ledger, of_machine("plain"), collateral=b""))
    ledger.commit()
    assert verdicts(ledger, VICTIM, newer) == revoked


def test_08_nor_does_the_roots_older_list_bring_back_a_revoked_authority(
    ledger: RegistrationChain,
) -> None:
    """Brought by a machine of the other authority: its own still holds."""
    newer = naming(VICTIM, Piece.PCK_CA)
    root_crl = json.loads(newer)["root_ca_crl"]
    honest = of_machine("honest", pck_ca=PckCa.PROCESSOR)
    fields = {**json.loads(Issuer(honest).collateral), "root_ca_crl": root_crl}
    ledger.register(newcomer(ledger, honest, collateral=json.dumps(fields).encode()))
    assert verdicts(ledger, VICTIM, newer) == [
        "collateral_older",
        "certificate_revoked",
        "certificate_revoked",
    ]


def test_08_a_list_of_the_same_second_does_not_either(ledger: RegistrationChain) -> None:
    """Two statements of one age: the one that the chain has stands."""
    newer = naming(VICTIM, Piece.PCK_LEAF)
    ledger.register(newcomer(ledger, of_machine("honest"), collateral=newer))
    blank = Issuer(replace(VICTIM, windows=issued_later(Piece.PCK_CRL))).collateral
    register = newcomer(ledger, VICTIM, collateral=blank)
    assert reason_of(lambda: ledger.check(register)) == "collateral_contradicts"


@pytest.mark.parametrize("detour", ["another family", "the other authority"])
def test_08_no_detour_pushes_the_newer_list_out(ledger: RegistrationChain, detour: str) -> None:
    """The attacker's second machine is good, and is confirmed; it does not help the first."""
    changes: dict[str, dict[str, Any]] = {
        "another family": {"fmspc": bytes(6)},
        "the other authority": {"pck_ca": PckCa.PROCESSOR},
    }
    newer = naming(VICTIM, Piece.PCK_LEAF)
    ledger.register(newcomer(ledger, of_machine("honest"), collateral=newer))
    windows = issued_later(Piece.PCK_CRL)
    # Of its own authority it has the newest list; of the other family it must be the same.
    second = of_machine("second", **changes[detour], windows=windows)
    collateral = Issuer(second).collateral
    if detour == "another family":
        fields = {**json.loads(collateral), "pck_crl": json.loads(newer)["pck_crl"]}
        collateral = json.dumps(fields).encode()
    ledger.register(newcomer(ledger, second, collateral=collateral))
    assert verdicts(ledger, VICTIM, newer)[0] == "collateral_older"
    assert verdicts(ledger, replace(VICTIM, fmspc=bytes(6)), newer)[:2] == [
        "collateral_older",
        "certificate_revoked" if detour == "another family" else "collateral_missing",
    ]


def test_08_the_second_look_sees_the_list_of_the_same_block(ledger: RegistrationChain) -> None:
    """The confirm ahead brings it: the one behind fails, with its own collateral or the chain's."""
    newer = naming(VICTIM, Piece.PCK_LEAF)
    own, bare = newcomer(ledger, VICTIM), newcomer(ledger, VICTIM, collateral=b"")
    answers = [ledger.ask(register) for register in (own, bare)]
    for register in (own, bare):
        ledger.check(register)
    ahead = newcomer(ledger, of_machine("ahead"), collateral=newer)
    admitted = evidence_of(ledger.block, bare)
    ledger.register(ahead)
    assert reason_of(lambda: ledger.confirm(own, answers[0])) == "collateral_older"
    late = partial(ledger.confirm, bare, answers[1], admitted=admitted)
    assert reason_of(late) == "collateral_older"


def test_08_every_door_of_a_chain_refuses_the_older_list(chain: Chain) -> None:
    """CheckTx, PrepareProposal, ProcessProposal, and FinalizeBlock against a lying proposer."""
    raw = chain.register_tx(
        Node("victim", attestor=BlueprintAttestor(VICTIM)), chain.people["alice"]
    )
    assert chain.send(raw).code == 0
    newer = naming(VICTIM, Piece.PCK_LEAF)
    honest = Node("honest", attestor=BlueprintAttestor(of_machine("honest")))

    def with_newer(message: Any) -> None:
        message.collateral = newer

    first = chain.register_tx(honest, chain.people["carol"], change=with_newer)
    chain.block(txs=chain.confirmed(first))
    assert chain.record(honest) is not None
    # Recheck has thrown it out of every mempool.
    assert chain.mempool == []
    lie = made_up(chain, raw, now=chain.time_ns // 10**9)
    assert chain.check_only(raw).log.startswith("collateral_older")
    chain.mempool = [raw]
    assert [chain.propose(number) for number in range(2)] == [(), ()]
    chain.mempool = []
    assert chain.votes((raw,)) == [False, False]
    assert chain.votes((raw, lie), round_=1) == [False, False]
    answer = chain.finalize_only(0, (raw, lie))
    assert [result.log.partition(":")[0] for result in answer.tx_results] == [
        "collateral_older",
        "collateral_older",
    ]
