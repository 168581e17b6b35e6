"""113: strangers send all that they can: work for them is bounded before it is begun.

Counted in calls and in what ran, never in time: `make bench` (figure flood) shows what it is worth
on a real network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Final

import pytest
from cosmpy.protos.cosmos.bank.v1beta1.bank_pb2 import Input, Output
from cosmpy.protos.cosmos.bank.v1beta1.tx_pb2 import MsgMultiSend
from cosmpy.protos.cosmos.base.v1beta1.coin_pb2 import Coin
from cosmpy.protos.cosmos.tx.v1beta1.tx_pb2 import TxBody, TxRaw
from hypothesis import given
from hypothesis import strategies as st

from chain_module.abci import requests as req
from chain_module.abci import responses as res
from chain_module.address import from_text, to_text
from chain_module.app import check
from chain_module.app.modules import KINDS
from chain_module.app.proposals import choose, split
from chain_module.app.unpaid import UNPAID_GAS
from chain_module.app.view import block_context, block_limits
from chain_module.bank.balances import balance
from chain_module.bank.messages import MULTI_SEND_URL
from chain_module.limits import MAX_BLOCK_GAS, MAX_MULTI_SEND_BYTES, MAX_OUTPUTS
from chain_module.registration.confirm_tx import decode_confirm
from chain_module.store.branch import Branch
from chain_module.tx.ante import run_ante_again
from chain_module.tx.codec import decode_tx
from chain_module.tx.gas import gas_of
from chain_module.tx.sign_bytes import sign_bytes
from enclave.attestation.collateral import Collateral
from enclave.wire import strict_decode
from node.abci import lanes
from seedpact.registration.v1 import tx_pb2
from tests.support.abci_client import check_tx, list_snapshots, load_chunk, served
from tests.support.chain import MAX_TX_BYTES, Chain
from tests.support.enclaves import CHAIN_ID, Node
from tests.support.kv_application import KvApplication
from tests.support.wallets import DENOM, Account
from tests.support.work import counted

STRANGER: Final = Account("nobody has ever heard of")
TX_CALLS: Final = 950
MESSAGE_CALLS: Final = 50
"""Of Python, for a transaction that nobody has signed, whatever its size; and for each message."""


@pytest.fixture
def chain(open_node: Chain) -> Chain:
    """The one that strangers flood."""
    return open_node


def multi_send(sender: Account, receivers: int, *, bad: bool = False) -> tuple[str, MsgMultiSend]:
    """Coins for so many new accounts; the last one's address may be none."""
    one = [Coin(denom=DENOM, amount="1")]
    outputs = [
        Output(address=to_text(number.to_bytes(20, "big")), coins=one)
        for number in range(1, receivers + 1)
    ]
    if bad:
        outputs[-1].address = "seed1" + "q" * 38
    coins = [Coin(denom=DENOM, amount=str(receivers))]
    inputs = [Input(address=sender.text, coins=coins)]
    return MULTI_SEND_URL, MsgMultiSend(inputs=inputs, outputs=outputs)


def unsigned(raw: bytes) -> bytes:
    """The same with 64 zero bytes as its signature."""
    tx = TxRaw.FromString(raw)
    tx.signatures[:] = [bytes(64)]
    data: bytes = tx.SerializeToString(deterministic=True)
    return data


def recheck(chain: Chain, raw: bytes) -> res.TxResult:
    request = req.CheckTxRequest(raw, req.CheckTxType.RECHECK)
    return chain.peers[0].application.check_tx(request)


def heaviest(sender: Account) -> dict[str, bytes]:
    """What costs most by its size, before anybody has signed it."""
    huge = sender.sign([multi_send(sender, 2_120)], chain_id=CHAIN_ID, gas=2**40)
    most = sender.sign([multi_send(sender, MAX_OUTPUTS)], chain_id=CHAIN_ID, gas=2**40)
    empty = MsgMultiSend(outputs=[Output()] * (MAX_MULTI_SEND_BYTES // 2))
    long = MsgMultiSend(
        inputs=[Input(address="seed1" + "q" * 30_000, coins=[])], outputs=[Output()]
    )
    many = [multi_send(Account(str(number)), 1) for number in range(64)]
    return {
        "an unbounded multi-send": unsigned(huge),
        "the largest multi-send": unsigned(most),
        "empty outputs": unsigned(sender.sign([(MULTI_SEND_URL, empty)], chain_id=CHAIN_ID)),
        "a long address": unsigned(sender.sign([(MULTI_SEND_URL, long)], chain_id=CHAIN_ID)),
        "empty messages": TxRaw(body_bytes=b"\x0a\x00" * 60_000).SerializeToString(),
        "messages of many senders": unsigned(sender.sign(many, chain_id=CHAIN_ID, gas=2**40)),
    }


@pytest.mark.parametrize("name", heaviest(STRANGER))
def test_113_before_its_signature_a_transaction_costs_little(chain: Chain, name: str) -> None:
    """Of a stranger, and with the name of somebody whom the chain knows."""
    for sender in (STRANGER, chain.people["alice"]):
        raw = heaviest(replace(sender))[name]
        with counted() as work:
            result = chain.check_only(raw)
        assert result.code != 0, name
        assert work.of(from_text) <= 1, name
        messages = min(len(TxBody.FromString(TxRaw.FromString(raw).body_bytes).messages), 64)
        assert work.calls <= TX_CALLS + MESSAGE_CALLS * messages, (name, work.calls)


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """A chain on which nothing happens any more."""
    chain = Chain(tmp_path_factory.mktemp("quiet"), nodes=1, people=("alice",))
    chain.blocks(3)
    yield chain
    chain.close()


@given(st.data())
def test_113_no_transaction_costs_more_before_its_signature(
    quiet: Chain, data: st.DataObject
) -> None:
    """Law, over what strangers can put together; the state knows nobody of them."""
    texts = st.sampled_from([STRANGER.text, "", "seed1" + "q" * 38, "x" * 200])
    amounts = st.sampled_from(["1", "0", "-1", "9" * 90])
    coins = st.lists(st.builds(Coin, denom=st.sampled_from([DENOM, "", "a" * 9]), amount=amounts))
    messages = st.one_of(
        st.builds(
            MsgMultiSend,
            inputs=st.lists(st.builds(Input, address=texts, coins=coins), max_size=2),
            outputs=st.lists(st.builds(Output, address=texts, coins=coins), max_size=30),
        ),
        st.builds(tx_pb2.MsgRegisterNode, operator=texts, quote=st.binary(max_size=300)),
        st.builds(tx_pb2.MsgRevokeNode, signer=texts, node_id=st.binary(max_size=40)),
    )
    parts = data.draw(st.lists(messages, min_size=1, max_size=8))
    named = [(f"/{part.DESCRIPTOR.full_name}", part) for part in parts]
    raw = unsigned(replace(STRANGER).sign(named, chain_id=CHAIN_ID))
    with counted() as work:
        assert quiet.check_only(raw).code != 0
    assert work.of(from_text) <= 1
    assert work.calls <= TX_CALLS + MESSAGE_CALLS * len(parts)


def test_113_what_waits_is_not_decoded_again(chain: Chain) -> None:
    """Every kind of transaction: after a block it is known by its hash."""
    alice, bob = chain.people["alice"], chain.people["bob"]
    raws = [
        chain.sign(alice, multi_send(alice, MAX_OUTPUTS), gas=20_000_000),
        bob.send(bytes(20), 1, chain_id=CHAIN_ID),
        chain.register_tx(Node("newcomer"), chain.people["carol"]),
    ]
    for raw in raws:
        assert chain.check_only(raw).code == 0
    chain.block(txs=())
    with counted() as work:
        for raw in raws[:2]:
            assert recheck(chain, raw).code == 0
    assert not work.of(strict_decode)
    with counted() as looking:
        assert recheck(chain, raws[2]).code == 0
    for function in (decode_tx, from_text, sign_bytes):
        assert not work.of(function) + looking.of(function), function
    # The register's evidence is looked at: its gate time is another one.
    assert 1 <= looking.of(Collateral.parse) <= 2, "its own, and what the chain keeps"


def test_113_only_so_many_are_judged_again(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those behind stay, unjudged; when they come to the front, they are judged."""
    bob = chain.people["bob"]
    raws = [bob.send(bytes(20), 1, chain_id=CHAIN_ID) for _ in range(4)]
    bob.sequence = 3
    other = bob.send(bytes(19) + b"\1", 1, chain_id=CHAIN_ID)
    for raw in raws:
        assert chain.check_only(raw).code == 0
    monkeypatch.setattr(check, "RECHECKS", 2)
    for block, codes in (((raws[0],), [0, 0, 0]), ((*raws[1:3], other), [32])):
        chain.block(txs=block)
        waiting = raws[len(raws) - len(codes) :]
        with counted() as work:
            assert [recheck(chain, raw).code for raw in waiting] == codes
        assert work.of(run_ante_again) == min(len(codes), 2)


def test_113_only_so_many_bytes_are_judged_again(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob = chain.people["bob"]
    raws = [bob.send(bytes(20), 1, chain_id=CHAIN_ID) for _ in range(3)]
    for raw in raws:
        assert chain.check_only(raw).code == 0
    monkeypatch.setattr(check, "RECHECK_BYTES", 2 * len(raws[0]) + 2)
    chain.block(txs=())
    with counted() as work:
        assert [recheck(chain, raw).code for raw in raws] == [0, 0, 0]
    assert work.of(run_ante_again) == 2


def test_113_a_block_has_a_ceiling_of_gas(chain: Chain) -> None:
    """The consensus parameter is -1; neither is more proposed, nor voted for."""
    alice = chain.people["alice"]
    gas = MAX_BLOCK_GAS // 4
    raws = [
        chain.sign(alice, multi_send(alice, 1), gas=gas if number else gas + 1)
        for number in range(4)
    ]
    for raw in raws:
        chain.send(raw)
    assert chain.propose() == tuple(raws[:3])
    assert chain.votes(tuple(raws)) == [False]
    assert chain.votes(tuple(raws[:3])) == [True]


def test_113_a_transaction_that_no_block_has_room_for_does_not_wait(chain: Chain) -> None:
    alice = chain.people["alice"]
    raw = chain.sign(alice, multi_send(alice, 1), gas=MAX_BLOCK_GAS + 1)
    assert "invalid_gas_limit" in chain.send(raw).log


def test_113_a_proposer_stops_when_its_time_is_up(chain: Chain) -> None:
    bob = chain.people["bob"]
    raws = [bob.send(bytes(20), 1, chain_id=CHAIN_ID) for _ in range(9)]
    state = chain.peers[0].storage.state
    context = block_context(chain.state, height=chain.height + 1)
    asked: list[int] = []

    def enough() -> bool:
        asked.append(1)
        return len(asked) > 5

    def proposed(until: Callable[[], bool]) -> tuple[bytes, ...]:
        return choose(
            lambda: Branch(state),
            context,
            raws,
            max_tx_bytes=MAX_TX_BYTES,
            limits=block_limits(chain.state),
            first_look=chain.first_look(context),
            envelopes=lambda _: (),
            enough=until,
        ).txs

    assert proposed(enough) == tuple(raws[:6])
    # However slow the node is, there is something in its block.
    assert proposed(lambda: True) == tuple(raws[:1])


def test_113_what_is_wrong_inside_is_paid_for_in_the_end(chain: Chain) -> None:
    """Early answers are free, so there are only so many; then a block takes it, and its fee."""
    alice = chain.people["alice"]
    bad = chain.sign(alice, multi_send(alice, MAX_OUTPUTS, bad=True), gas=20_000_000)
    gas = 0
    with counted() as work:
        while "invalid_address" in (result := chain.check_only(bad)).log and gas < 2 * UNPAID_GAS:
            gas += decoded_gas(chain, bad)
            from_text.cache_clear()
    assert result.code == 0
    assert gas - decoded_gas(chain, bad) < UNPAID_GAS <= gas
    assert work.of(from_text) <= 2 * UNPAID_GAS // decoded_gas(chain, bad) * MAX_OUTPUTS

    before = balance(chain.state, alice.address, DENOM)
    assert chain.votes((bad,)) == [True]
    (delivered,) = chain.block(txs=(bad,)).tx_results
    assert (delivered.codespace, delivered.code) == ("sdk", 7)
    assert balance(chain.state, alice.address, DENOM) == before - 10_000
    # A block later there is something to spend again.
    alice.sequence = 1
    again = chain.sign(alice, multi_send(alice, 2, bad=True), gas=20_000_000)
    assert "invalid_address" in chain.check_only(again).log


def decoded_gas(chain: Chain, raw: bytes) -> int:
    """What a transaction of the bank costs."""
    return gas_of(decode_tx(raw, KINDS), chain.state)


def test_113_no_peer_keeps_a_core_busy_with_snapshots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks for parts that do not exist gets small answers, as fast as we make them."""
    pauses: list[float] = []
    monkeypatch.setattr(lanes, "time", SimpleNamespace(sleep=pauses.append))
    with served(KvApplication()) as server, server.connect() as peers:
        for _ in range(10):
            peers.ask(list_snapshots())
            peers.ask(load_chunk())
            peers.ask(check_tx(b"a=1"))
    assert len(pauses) >= 19, "after each answer to a peer; the last one may not have ended"
    assert set(pauses) == {lanes.PAUSES[lanes.Lane.SNAPSHOT]}
    assert min(pauses) >= 0.005, "at most 200 a second"


def test_113_confirms_are_looked_for_only_as_far_as_there_may_be_some(chain: Chain) -> None:
    """A block of what looks like confirms costs its validators a few decodings."""
    register = chain.register_tx(Node("newcomer"), chain.people["alice"])
    _, confirm = chain.confirmed(register)
    block = (confirm,) * 2_000
    most = block_limits(chain.state).max_registers
    with counted() as work:
        assert chain.votes(block) == [False]
    assert work.of(decode_confirm) <= most + 2
    assert len(split(block)[1]) < len(block)
