"""FinalizeBlock, sentence by sentence (protocol.md section 6)."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain_module.app.proposals import split
from chain_module.bank.balances import balance, check_supply
from chain_module.registration import keeper
from chain_module.registration.confirm_tx import decode_confirm
from tests.adversary.lies import changed
from tests.chain_module.app.test_process import registered_block
from tests.support.chain import Chain
from tests.support.enclaves import CHAIN_ID, Node
from tests.support.wallets import DENOM, FUNDS


def logs(chain: Chain, *txs: bytes) -> list[str]:
    """The names of the rules that refuse each transaction of a decided block; "" is success."""
    return [one.log.partition(":")[0] for one in chain.decide(txs).tx_results]


def test_a_register_without_its_confirm_pays_and_writes_nothing(chain: Chain) -> None:
    users, _ = split(registered_block(chain))
    before = list(keeper.nodes(chain.state))
    assert logs(chain, *users) == ["unconfirmed"]
    assert list(keeper.nodes(chain.state)) == before
    assert balance(chain.state, chain.people["alice"].address, DENOM) == FUNDS - 10_000


def test_a_confirm_before_its_register_confirms_nothing(chain: Chain) -> None:
    users, (confirm,) = split(registered_block(chain))
    assert logs(chain, confirm, *users) == ["no_register", "unconfirmed"]


def test_a_second_confirm_confirms_nothing(chain: Chain) -> None:
    users, (confirm,) = split(registered_block(chain))
    assert logs(chain, *users, confirm, confirm) == ["", "", "no_register"]


def test_a_confirm_of_another_block_confirms_nothing(chain: Chain) -> None:
    users, (confirm,) = split(registered_block(chain))
    assert logs(chain, *users, confirm) == ["", ""]
    assert logs(chain, confirm) == ["no_register"]
    assert logs(chain, *users, confirm) == ["wrong_sequence", "no_register"]


def test_the_envelope_is_taken_as_it_is_decided(chain: Chain) -> None:
    """No enclave is asked: with +2/3 for other bytes the owner loses a fee and registers again."""
    users, (confirm,) = split(registered_block(chain))
    asked = [peer.source.asked for peer in chain.peers]
    other = changed(confirm, envelope=bytes(48))
    assert logs(chain, *users, other) == ["", ""]
    record = keeper.node(chain.state, decode_confirm(confirm).node_id)
    assert record is not None
    assert record.envelope == bytes(48)
    assert [peer.source.asked for peer in chain.peers] == asked


def test_confirms_use_no_gas_and_a_register_pays_for_both(chain: Chain) -> None:
    register, confirm = chain.decide(registered_block(chain)).tx_results
    assert (confirm.gas_wanted, confirm.gas_used) == (0, 0)
    assert register.gas_used > 3_000_000


def test_events_are_text_with_hex_ids(chain: Chain) -> None:
    block = registered_block(chain)
    _, (confirm,) = split(block)
    node_id = decode_confirm(confirm).node_id.hex()
    register_result, confirm_result = chain.decide(block).tx_results
    for result, kind, action in (
        (register_result, "register_node", "/seedpact.registration.v1.MsgRegisterNode"),
        (confirm_result, "confirm_node", "/seedpact.registration.v1.MsgConfirmNode"),
    ):
        found = [
            (event.type, {a.key: a.value for a in event.attributes}) for event in result.events
        ]
        said = dict(found)
        assert said[kind]["node_id"] == node_id
        assert any(
            attributes.get("action") == action and attributes.get("module") == "registration"
            for name, attributes in found
            if name == "message"
        )
        assert all(a.index for event in result.events for a in event.attributes)


def test_a_failing_message_leaves_the_fee_paid(chain: Chain) -> None:
    bob = chain.people["bob"]
    raw = bob.send(bytes(20), FUNDS, chain_id=CHAIN_ID)
    assert chain.send(raw).code == 0
    assert [one.log.partition(":")[0] for one in chain.block().tx_results] == ["insufficient_funds"]
    assert balance(chain.state, bob.address, DENOM) == FUNDS - 10_000
    check_supply(chain.state)


def test_the_first_anchor_is_that_of_the_first_block(tmp_path: Path) -> None:
    chain = Chain(tmp_path, anchor_window_blocks=5)
    try:
        for height in range(1, 9):
            chain.block()
            anchor = keeper.anchor(chain.state, height)
            assert anchor is not None
            assert anchor.height == height
            gone = keeper.anchor(chain.state, max(height - 5, 0))
            assert gone is None
    finally:
        chain.close()


def test_a_restart_between_finalize_and_commit_takes_the_block_again(holders: Chain) -> None:
    txs = registered_block(holders)
    assert holders.votes(txs) == [True] * 4
    height = holders.height
    for number in range(4):
        holders.finalize_only(number, txs)
        holders.restart(number)
        assert holders.peers[number].storage.height == height
    assert [one.code for one in holders.decide(txs).tx_results] == [0, 0]


@pytest.fixture(scope="module")
def garbage_chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    chain = Chain(tmp_path_factory.mktemp("garbage"), nodes=2)
    chain.blocks(3)
    return chain


Change = tuple[str, int, int, bytes]
"""What is done to a transaction, which one, where, and random bytes."""

CHANGES = st.tuples(
    st.sampled_from(["whole", "whole", "cut", "flipped", "random"]),
    st.integers(0, 6),
    st.integers(0, 40_000),
    st.binary(min_size=1, max_size=100),
)


def changed_by(pool: list[bytes], change: Change) -> bytes:
    """One transaction of the pool, whole or spoilt."""
    kind, index, at, noise = change
    raw = pool[index % len(pool)]
    at %= max(len(raw), 1)
    if kind == "cut":
        return raw[:at]
    if kind == "flipped" and raw:
        return raw[:at] + bytes([raw[at] ^ (noise[0] or 1)]) + raw[at + 1 :]
    return noise if kind == "random" else raw


@given(changes=st.lists(CHANGES, max_size=6))
def test_nothing_raises_and_all_states_are_equal(
    garbage_chain: Chain, changes: list[Change]
) -> None:
    """Blocks of +2/3 of liars: good, cut, flipped, repeated and foreign transactions, any order."""
    chain = garbage_chain
    people = list(chain.people.values())
    pool = [people[n].send(people[n - 1].address, n + 1, chain_id=CHAIN_ID) for n in range(3)]
    pool.append(chain.register_tx(Node(f"n{chain.height}"), people[4]))
    pool += chain.last_txs
    block = tuple(changed_by(pool, change) for change in changes)
    chain.decide(block)
    chain.last_txs = block
    check_supply(chain.state)
    for person in people:
        person.sequence = chain.sequence_of(person)
