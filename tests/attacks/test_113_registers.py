"""113: registers that nobody pays for: refused ones, and those that `check_tx` alone has seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from chain_module.app.unpaid import FREE_FAILURES
from chain_module.tx.codec import decode_tx
from enclave.attestation.collateral import Collateral
from seedpact.registration.v1 import tx_pb2
from tests.support.chain import Chain
from tests.support.enclaves import CHAIN_ID, Node
from tests.support.wallets import Account
from tests.support.work import counted


@pytest.fixture
def chain(open_node: Chain) -> Chain:
    """The one that strangers flood."""
    return open_node


def forged(chain: Chain, operator: Account, number: int) -> bytes:
    """A register whose quote's signature is wrong, another one each time."""
    url, message = chain.register_message(Node("forger"), operator)
    changed = tx_pb2.MsgRegisterNode()
    changed.CopyFrom(message)
    quote = bytearray(message.quote)
    quote[500] ^= 1
    changed.quote = bytes(quote)
    changed.moniker = str(number)
    operator.sequence = chain.sequence_of(operator)
    return chain.sign(operator, (url, changed))


def test_113_refused_registers_are_looked_at_less_and_less(chain: Chain) -> None:
    """Their evidence costs milliseconds, and their senders nothing."""
    alice = chain.people["alice"]
    raws = [forged(chain, alice, number) for number in range(FREE_FAILURES + 3)]
    with counted() as work:
        logs = [chain.check_only(raw).log for raw in raws]
    assert sum("register_refused_before" in log for log in logs) == 3
    assert work.of(Collateral.parse) == FREE_FAILURES
    # Others are not touched by it; and the next block knows her still.
    assert chain.check_only(chain.register_tx(Node("honest"), chain.people["bob"])).code == 0
    chain.block(txs=())
    assert "register_refused_before" not in chain.check_only(forged(chain, alice, 99)).log
    chain.block(txs=())
    assert "register_refused_before" in chain.check_only(forged(chain, alice, 100)).log


def test_113_nobody_keeps_anothers_transaction_out_by_asking_first(chain: Chain) -> None:
    """`check_tx` of the engine's RPC asks the application, and puts nothing into the mempool."""
    bob, carol = chain.people["bob"], chain.people["carol"]
    raws = [
        bob.send(bytes(20), 1, chain_id=CHAIN_ID),
        chain.register_tx(Node("newcomer"), carol),
    ]
    for raw in raws:
        assert chain.check_only(raw).code == 0
    with counted() as work:
        for raw in raws:
            assert chain.check_only(raw).code == 0
    assert not work.of(decode_tx) + work.of(Collateral.parse)
    for raw in raws:
        assert chain.send(raw).code == 0
    results = chain.block().tx_results
    assert [result.code for result in results] == [0] * 3, "and the register's confirm"


def test_113_registers_that_never_come_are_looked_at_less_and_less(chain: Chain) -> None:
    """Each would take a place from those who pay, for as long as a block."""
    alice, carol = chain.people["alice"], chain.people["carol"]
    logs = []
    for number in range(FREE_FAILURES + 4):
        alice.sequence = chain.sequence_of(alice)
        raw = chain.register_tx(Node(f"never {number}"), alice)
        logs.append(chain.check_only(raw).log)
        chain.block(txs=())
    refused = ["register_refused_before" in log for log in logs]
    assert sum(refused) >= 2, logs
    assert not any(refused[:FREE_FAILURES])
    # Who pays is not touched, however often.
    for number in range(FREE_FAILURES + 2):
        carol.sequence = chain.sequence_of(carol)
        assert chain.send(chain.register_tx(Node(f"paid {number}"), carol)).code == 0
        chain.block()
        chain.blocks(1)


def test_113_all_that_are_refused_in_a_block_have_a_limit(tmp_path: Path) -> None:
    """Whoever sends them: many accounts, each with a few."""
    people = tuple(f"attacker{number}" for number in range(20))
    chain = Chain(tmp_path, nodes=1, people=(*people, "alice"))
    try:
        chain.blocks(3)
        raws = [forged(chain, chain.people[name], 0) for name in people]
        with counted() as work:
            logs = [chain.check_only(raw).log for raw in raws]
        looked = work.of(Collateral.parse)
        assert looked < len(people)
        assert sum("too_many_refused" in log for log in logs) == len(people) - looked
        honest = chain.register_tx(Node("honest"), chain.people["alice"])
        assert "too_many_refused" in chain.check_only(honest).log
        chain.block(txs=())
        assert chain.check_only(honest).code == 0
    finally:
        chain.close()
