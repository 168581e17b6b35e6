"""ProcessProposal, sentence by sentence (protocol.md section 6)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chain_module.app.block import BlockLimits
from chain_module.app.proposals import choose, split
from chain_module.app.view import block_context
from chain_module.limits import MAX_BLOCK_GAS
from chain_module.registration.confirm_tx import decode_confirm
from chain_module.store.branch import Branch
from enclave.attestation.types import TcbStatus
from seedpact.registration.v1 import tx_pb2
from tests.adversary.lies import changed
from tests.support.chain import MAX_TX_BYTES, Chain
from tests.support.enclaves import CHAIN_ID, Node

ALL = [True] * 4
NONE = [False] * 4


def registered_block(chain: Chain, name: str = "newcomer") -> tuple[bytes, ...]:
    """An honest block with one register, proposed by the first node."""
    raw = chain.register_tx(Node(name), chain.people["alice"])
    assert chain.send(raw).code == 0
    return chain.propose()


def flip(data: bytes, at: int) -> bytes:
    """One bit at `at` is another."""
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def test_it_has_no_side_effects_and_runs_many_times(holders: Chain) -> None:
    txs = registered_block(holders)
    before = holders.state.app_hash
    for round_ in range(3):
        assert holders.votes(txs, round_=round_) == ALL
        assert holders.votes(txs, round_=round_) == ALL
        assert holders.votes(txs[:-1], round_=round_ + 10) == NONE
    assert holders.state.app_hash == before
    assert [one.code for one in holders.decide(txs, round_=1).tx_results] == [0, 0]


def test_a_block_decided_that_was_not_processed_last(holders: Chain) -> None:
    """Another round's proposal was kept in between: what is decided is what runs."""
    txs = registered_block(holders)
    sent = holders.people["bob"].send(bytes(20), 1, chain_id=CHAIN_ID)
    assert holders.votes(txs, round_=0) == ALL
    assert holders.votes((sent,), round_=1) == ALL
    assert [one.code for one in holders.decide(txs, round_=0).tx_results] == [0, 0]


def test_without_the_seed_all_but_the_envelope_is_checked(chain: Chain) -> None:
    """One of four holds the seed: what it alone can compare is not enough to refuse a block."""
    users, (confirm,) = split(registered_block(chain))
    message = decode_confirm(confirm)
    envelope = changed(confirm, envelope=flip(message.envelope, 3))
    assert chain.votes((*users, envelope)) == [False, True, True, True]
    for field, value in (
        ("node_id", flip(message.node_id, 0)),
        ("operator", flip(message.operator, 0)),
        ("exchange_key", flip(message.exchange_key, 0)),
        ("epoch", 1),
        ("register_tx_hash", flip(message.register_tx_hash, 0)),
        ("verdict", replace(message.verdict, tcb_status=TcbStatus.SW_HARDENING_NEEDED)),
        ("verdict", replace(message.verdict, platform_id=bytes(32))),
        ("verdict", replace(message.verdict, fmspc=bytes(6))),
        ("verdict", replace(message.verdict, advisories=("INTEL-SA-00001",))),
    ):
        lie = changed(confirm, **{field: value})
        assert chain.votes((*users, lie)) == NONE, field
    assert chain.votes((*users, confirm)) == ALL


def test_an_enclave_that_is_away_leaves_the_rest_to_be_checked(holders: Chain) -> None:
    users, (confirm,) = split(registered_block(holders))
    message = decode_confirm(confirm)
    lie = changed(confirm, envelope=flip(message.envelope, 0))
    holders.peers[2].source.away = True
    assert holders.votes((*users, lie)) == [False, False, True, False]
    assert holders.votes((*users, confirm)) == ALL


@pytest.mark.parametrize("field", ["quote", "collateral"])
def test_a_register_that_fails_a_gate_makes_the_block_invalid(holders: Chain, field: str) -> None:
    """The proposer vouches for it with a confirm of its own making."""

    def forge(message: tx_pb2.MsgRegisterNode) -> None:
        data = getattr(message, field)
        setattr(message, field, flip(data, len(data) // 2))

    _, (confirm,) = split(registered_block(holders))
    forged = holders.register_tx(Node("forger"), holders.people["bob"], change=forge)
    assert holders.send(forged).code != 0
    assert holders.votes((forged, confirm)) == NONE
    assert holders.votes((forged,)) == NONE


def test_a_transaction_that_fails_ante_makes_the_block_invalid(holders: Chain) -> None:
    bob = holders.people["bob"]
    first = bob.send(bytes(20), 1, chain_id=CHAIN_ID)
    second = bob.send(bytes(20), 1, chain_id=CHAIN_ID)
    other_chain = holders.people["carol"].send(bytes(20), 1, chain_id="another-1")
    assert holders.votes((first, second)) == ALL
    for txs in ((second, first), (first, first), (second,), (other_chain,), (b"",), (b"junk",)):
        assert holders.votes(txs) == NONE, txs


def test_more_registers_than_a_block_may_hold(holders: Chain) -> None:
    people = list(holders.people.values())
    raws = [holders.register_tx(Node(f"n{n}"), people[n]) for n in range(9)]
    peer = holders.peers[0]
    state = peer.storage.state
    context = block_context(state.newest, height=holders.height + 1)

    def proposal(most: int) -> tuple[bytes, ...]:
        return choose(
            lambda: Branch(state),
            context,
            raws,
            max_tx_bytes=MAX_TX_BYTES,
            limits=BlockLimits(MAX_BLOCK_GAS, most),
            first_look=holders.first_look(context),
            envelopes=peer.source.for_proposal(context),
            enough=lambda: False,
        ).txs

    assert len(proposal(9)) == 18
    assert holders.votes(proposal(9)) == NONE
    assert holders.votes(proposal(8)) == ALL


def test_a_confirm_inside_a_user_transaction(holders: Chain) -> None:
    users, (confirm,) = split(registered_block(holders))
    message = decode_confirm(confirm)
    for before in ((), (holders.send_message("bob"),)):
        sneaked = holders.sign(holders.people["bob"], *before, holders.confirm_message(message))
        result = holders.check_only(sneaked)
        assert "confirm_from_outside" in result.log
        assert holders.votes((*users, sneaked, confirm)) == NONE
        assert holders.votes((sneaked,)) == NONE


def test_a_register_beside_other_messages(holders: Chain) -> None:
    alice = holders.people["alice"]
    register = holders.register_message(Node("newcomer"), alice)
    other = holders.register_message(Node("another"), alice)
    for messages in (
        (register, holders.send_message("alice")),
        (holders.send_message("alice"), register),
        (register, other),
        (register, register),
    ):
        alice.sequence = 0
        raw = holders.sign(alice, *messages, gas=9_000_000)
        assert "not_alone" in holders.check_only(raw).log
        assert holders.votes((raw,)) == NONE
