"""CheckTx and Simulate, sentence by sentence (protocol.md section 6)."""

from __future__ import annotations

from pathlib import Path

import pytest

from chain_module.errors import TxRefusal
from node.application.backend import NodeBackend
from node.engine_rpc import EngineRpc
from seedpact.registration.v1 import tx_pb2
from tests.chain_module.app.test_process import flip, registered_block
from tests.support.chain import Chain
from tests.support.enclaves import CHAIN_ID, Node

NOBODY = "http://127.0.0.1:1"


def simulate(chain: Chain, raw: bytes) -> int:
    """Gas that a simulation finds."""
    storage = chain.peers[0].storage
    return NodeBackend(storage, EngineRpc(NOBODY)).simulate(raw).gas_used


def test_several_of_one_account_wait_in_a_row(chain: Chain) -> None:
    bob = chain.people["bob"]
    for number in range(5):
        assert chain.send(bob.send(bytes(20), number + 1, chain_id=CHAIN_ID)).code == 0
    bob.sequence -= 5
    again = bob.send(bytes(20), 99, chain_id=CHAIN_ID)
    assert chain.check_only(again).code == 32
    chain.block()
    assert chain.mempool == []


def test_one_waiting_register_an_operator(chain: Chain) -> None:
    alice = chain.people["alice"]
    assert chain.send(chain.register_tx(Node("a"), alice)).code == 0
    assert "register_waiting" in chain.send(chain.register_tx(Node("b"), alice)).log
    assert chain.send(chain.register_tx(Node("c"), chain.people["bob"])).code == 0


def test_twice_the_registers_of_a_block_wait(tmp_path: Path) -> None:
    chain = Chain(tmp_path, max_registers_per_block=2)
    try:
        chain.blocks(3)
        people = list(chain.people.values())
        for number in range(4):
            raw = chain.register_tx(Node(f"n{number}"), people[number])
            assert chain.send(raw).code == 0
        fifth = chain.register_tx(Node("n4"), people[4])
        assert "too_many_waiting" in chain.send(fifth).log
        # Bank sends still come in; and after a block there is room again.
        assert chain.send(people[5].send(bytes(20), 1, chain_id=CHAIN_ID)).code == 0
        chain.block()
        assert len(chain.mempool) == 2
        assert chain.send(fifth).code == 0
    finally:
        chain.close()


def test_a_register_whose_quote_became_stale_leaves_at_recheck(chain: Chain) -> None:
    raw = chain.register_tx(Node("a"), chain.people["alice"])
    assert chain.send(raw).code == 0
    for peer in chain.peers:
        peer.source.away = True
    age = 100
    while chain.mempool:
        chain.block()
        assert chain.height < 300
    assert chain.height >= age
    assert "stale_quote" in chain.check_only(raw).log


def test_an_injected_confirm_from_outside(holders: Chain) -> None:
    *_, confirm = registered_block(holders)
    result = holders.check_only(confirm)
    assert result.code != 0
    assert "confirm_from_outside" in result.log


def test_simulate_stops_after_gate_2(chain: Chain) -> None:
    """A forged quote is simulated like a good one: the flat gas, and no verification."""
    alice = chain.people["alice"]
    url, message = chain.register_message(Node("a"), alice)
    good = chain.sign(alice, (url, message))
    forgery = tx_pb2.MsgRegisterNode()
    forgery.CopyFrom(message)
    forgery.quote = flip(message.quote, 200)
    alice.sequence = 0
    forged = chain.sign(alice, (url, forgery))
    gas = simulate(chain, good)
    assert simulate(chain, forged) == gas
    assert chain.check_only(forged).code != 0
    assert chain.check_only(good).gas_used == gas


def test_simulate_refuses_what_gate_2_refuses(chain: Chain) -> None:
    def lie(message: tx_pb2.MsgRegisterNode) -> None:
        message.anchor_hash = bytes(32)

    with pytest.raises(TxRefusal, match="unknown_anchor"):
        simulate(chain, chain.register_tx(Node("a"), chain.people["alice"], change=lie))


def test_simulated_gas_is_the_gas_that_is_used(chain: Chain) -> None:
    raws = (
        chain.people["bob"].send(bytes(20), 7, chain_id=CHAIN_ID),
        chain.register_tx(Node("a"), chain.people["alice"]),
    )
    expected = [simulate(chain, raw) for raw in raws]
    assert [chain.send(raw).gas_used for raw in raws] == expected
    assert [one.gas_used for one in chain.block().tx_results] == [*expected, 0]


def test_registers_wait_for_the_third_block(tmp_path: Path) -> None:
    """Header 1 proves nothing: InitChain's writes belong to the first block's version."""
    chain = Chain(tmp_path)
    try:
        chain.block()
        raw = chain.register_tx(Node("a"), chain.people["alice"], anchor_height=1)
        assert "too_early" in chain.check_only(raw).log
        chain.block()
        assert chain.send(raw).code == 0
        assert [one.code for one in chain.block().tx_results] == [0, 0]
        assert chain.height == 3
    finally:
        chain.close()


def test_a_gas_limit_above_the_blocks(tmp_path: Path) -> None:
    chain = Chain(tmp_path, max_gas=4_500_000, people=("alice", "bob"))
    try:
        chain.blocks(3)
        bob = chain.people["bob"]
        for gas, code in ((4_500_001, 41), (4_500_000, 0)):
            bob.sequence = 0
            assert chain.send(bob.send(bytes(20), 1, chain_id=CHAIN_ID, gas=gas)).code == code
    finally:
        chain.close()
