"""24: thousands of registers at the door: limits hold, sends land, an honest newcomer gets in."""

from __future__ import annotations

from pathlib import Path

from chain_module.app.proposals import split
from chain_module.registration.messages import REVOKE_NODE
from enclave.attestation.limits import MAX_COLLATERAL_BYTES
from enclave.registration.records import NodeStatus
from seedpact.registration.v1 import tx_pb2
from tests.support.chain import Chain
from tests.support.enclaves import CHAIN_ID, Node

FLOOD = 10_000
ATTACKERS = 40
WAITING = 16
IN_A_BLOCK = 8
WITHIN_BLOCKS = 3


def test_24_a_flood_of_registers(tmp_path: Path) -> None:
    people = [f"attacker{number}" for number in range(ATTACKERS)] + ["alice", "bob"]
    chain = Chain(tmp_path, nodes=2, people=people)
    try:
        chain.blocks(3)
        attackers = [chain.people[name] for name in people[:ATTACKERS]]
        real = [chain.register_message(Node(one.name), one) for one in attackers]

        def fill() -> None:
            """Whoever has none waiting sends one; real ones, which pass every gate."""
            for one, (url, message) in zip(attackers, real, strict=True):
                one.sequence = chain.sequence_of(one)
                chain.send(chain.sign(one, (url, message)))

        fill()
        assert len(chain.mempool) == WAITING
        # The rest of the flood: one quote copied ten thousand times, each with another moniker.
        url, message = real[-1]
        for number in range(FLOOD):
            copy = tx_pb2.MsgRegisterNode()
            copy.CopyFrom(message)
            copy.moniker = str(number)
            attackers[-1].sequence = 0
            assert chain.check_only(chain.sign(attackers[-1], (url, copy))).code != 0
        assert len(chain.mempool) == WAITING

        alice, bob = chain.people["alice"], chain.people["bob"]
        honest = Node("honest")
        for blocks in range(1, WITHIN_BLOCKS + 1):
            send = alice.send(bytes(20), blocks, chain_id=CHAIN_ID)
            assert chain.send(send).code == 0
            bob.sequence = 0
            chain.send(chain.register_tx(honest, bob))
            txs = chain.propose()
            users, confirms = split(txs)
            assert len(confirms) <= IN_A_BLOCK
            assert send in users
            chain.block(txs=txs)
            if chain.record(honest) is not None:
                break
            # The newcomer's client sees the block and asks again; the attackers are as quick.
            bob.sequence = 0
            chain.send(chain.register_tx(honest, bob))
            fill()
        assert chain.record(honest) is not None
    finally:
        chain.close()


def test_24_no_register_waits_without_ever_paying(tmp_path: Path) -> None:
    """Renewals that their operators revoke behind them: no block could take them in."""
    people = [f"attacker{number}" for number in range(4)] + ["alice"]
    chain = Chain(tmp_path, nodes=2, people=people, max_registers_per_block=2)
    try:
        chain.blocks(3)
        attackers = [(chain.people[name], Node(name)) for name in people[:-1]]
        for one, node in attackers:
            assert chain.send(chain.register_tx(node, one)).code == 0
            chain.block()
        chain.blocks(3)
        for one, node in attackers:
            assert chain.send(chain.register_tx(node, one)).code == 0
            message = tx_pb2.MsgRevokeNode(signer=one.text, node_id=node.info().node_id)
            for messages in ((), (chain.send_message(one.name),)):
                one.sequence = chain.sequence_of(one) + 1
                revoke = chain.sign(one, *messages, (REVOKE_NODE, message))
                assert chain.send(revoke).log.startswith("register_waiting")
        # So they land and pay, and there is room.
        assert len(chain.mempool) == 2 * 2
        chain.block()
        assert len(chain.mempool) == 2
        honest = Node("honest")
        assert chain.send(chain.register_tx(honest, chain.people["alice"])).code == 0
        chain.blocks(2)
        assert chain.record(honest) is not None
        # Once its renewal is in a block, an operator may revoke.
        one, node = attackers[0]
        one.sequence = chain.sequence_of(one)
        message = tx_pb2.MsgRevokeNode(signer=one.text, node_id=node.info().node_id)
        assert chain.send(chain.sign(one, (REVOKE_NODE, message))).code == 0
        chain.block()
        record = chain.record(node)
        assert record is not None
        assert record.status is NodeStatus.REVOKED
    finally:
        chain.close()


def test_24_sends_land_beside_the_largest_registers(tmp_path: Path) -> None:
    """Collateral of the greatest size that is taken: white space is part of its JSON."""
    people = [f"attacker{number}" for number in range(WAITING + 1)] + ["alice"]
    chain = Chain(tmp_path, nodes=2, people=people)
    try:
        chain.blocks(3)
        for number in range(WAITING + 1):
            operator = chain.people[people[number]]
            url, message = chain.register_message(Node(operator.name), operator)
            message.collateral = message.collateral.ljust(MAX_COLLATERAL_BYTES)
            chain.send(chain.sign(operator, (url, message)))
        assert len(chain.mempool) == WAITING
        assert min(map(len, chain.mempool)) > MAX_COLLATERAL_BYTES
        alice = chain.people["alice"]
        sends = [alice.send(bytes(20), n + 1, chain_id=CHAIN_ID) for n in range(50)]
        assert all(chain.send(raw).code == 0 for raw in sends)
        txs = chain.propose()
        users, confirms = split(txs)
        assert set(sends) <= set(users)
        assert len(confirms) == IN_A_BLOCK
        results = chain.block(txs=txs).tx_results
        assert not any(result.code for result in results)
    finally:
        chain.close()
