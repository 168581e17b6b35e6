"""24: thousands of registers at the door: limits hold, sends land, an honest newcomer gets in."""

from __future__ import annotations

from pathlib import Path

from chain_module.app.proposals import split
from seedpact.registration.v1 import tx_pb2
from tests.support.chain import Chain
from tests.support.world import CHAIN_ID, Node

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
