"""PrepareProposal, sentence by sentence (protocol.md section 6)."""

from __future__ import annotations

import hashlib

import pytest
from cosmpy.protos.tendermint.types.types_pb2 import Data
from hypothesis import given
from hypothesis import strategies as st

from chain_module.app.block import BlockLimits, framed
from chain_module.app.proposals import PATIENT_ATTEMPTS, choose, split
from chain_module.app.view import block_context
from chain_module.limits import MAX_BLOCK_GAS
from chain_module.registration.confirm_tx import decode_confirm
from chain_module.registration.messages import REVOKE_NODE
from chain_module.store.branch import Branch
from node.application.runs import PENALTY_BLOCKS
from seedpact.registration.v1.tx_pb2 import MsgRevokeNode
from tests.support.chain import MAX_TX_BYTES, Chain
from tests.support.enclaves import CHAIN_ID, Entropy, Node, policy
from tests.support.wallets import Account


def framed_size(txs: tuple[bytes, ...]) -> int:
    """As CometBFT counts: the size of types.Data in protobuf."""
    size: int = Data(txs=txs).ByteSize()
    return size


def send_register(chain: Chain, name: str, operator: Account) -> bytes:
    """A register that waits in every mempool."""
    raw = chain.register_tx(Node(name), operator)
    assert chain.send(raw).code == 0
    return raw


@given(st.lists(st.integers(0, 70_000), max_size=20))
def test_transactions_are_framed_as_in_a_block(sizes: list[int]) -> None:
    txs = tuple(bytes(size) for size in sizes)
    assert sum(framed(size) for size in sizes) == framed_size(txs)


def test_confirms_stand_last_in_the_order_of_their_registers(chain: Chain) -> None:
    people = chain.people
    registers = [send_register(chain, "a", people["alice"])]
    chain.send(people["bob"].send(bytes(20), 1, chain_id=CHAIN_ID))
    registers.append(send_register(chain, "b", people["carol"]))
    users, confirms = split(chain.propose())
    assert list(users) == chain.mempool
    hashes = [decode_confirm(raw).register_tx_hash for raw in confirms]
    assert hashes == [hashlib.sha256(raw).digest() for raw in registers]


def test_at_most_the_registers_of_a_block(chain: Chain) -> None:
    for number in range(10):
        send_register(chain, f"n{number}", list(chain.people.values())[number])
    txs = chain.propose()
    users, confirms = split(txs)
    assert (len(users), len(confirms)) == (8, 8)
    chain.block(txs=txs)
    assert len(chain.mempool) == 2
    chain.block()
    assert chain.mempool == []


def test_the_enclave_is_asked_once(chain: Chain) -> None:
    for number in range(3):
        send_register(chain, f"n{number}", list(chain.people.values())[number])
    chain.propose()
    assert chain.peers[0].source.asked == 3


def test_registers_are_left_out_when_the_enclave_is_away(chain: Chain) -> None:
    raw = send_register(chain, "a", chain.people["alice"])
    sent = chain.people["bob"].send(bytes(20), 1, chain_id=CHAIN_ID)
    chain.send(sent)
    chain.peers[0].source.away = True
    assert chain.propose() == (sent,)
    # And a node without the seed cannot propose one either.
    assert chain.propose(1) == (sent,)
    chain.peers[0].source.away = False
    assert raw in chain.propose()


def test_what_is_left_out_pays_nothing(chain: Chain) -> None:
    """The same operator's next transaction has the register's sequence if the register waits."""
    alice = chain.people["alice"]
    raw = send_register(chain, "a", alice)
    behind = alice.send(bytes(20), 1, chain_id=CHAIN_ID)
    chain.send(behind)
    chain.peers[0].source.away = True
    assert chain.propose() == ()
    chain.peers[0].source.away = False
    assert chain.propose()[:2] == (raw, behind)


@pytest.mark.parametrize("less", [0, 1])
def test_it_fits_max_tx_bytes_to_the_byte(holders: Chain, less: int) -> None:
    chain = holders
    send_register(chain, "a", chain.people["alice"])
    for number in range(3):
        chain.send(chain.people["bob"].send(bytes(20), 1 + number, chain_id=CHAIN_ID))
    whole = chain.propose(0)
    assert len(whole) == 5
    limit = framed_size(whole) - less
    cut = chain.propose(1, max_tx_bytes=limit)
    assert framed_size(cut) <= limit
    assert len(cut) == (5 if less == 0 else 4)
    assert chain.votes(cut) == [True] * 4


def test_user_transactions_go_from_the_end(chain: Chain) -> None:
    sends = [
        chain.people["bob"].send(bytes(20), 1 + number, chain_id=CHAIN_ID) for number in range(4)
    ]
    for raw in sends:
        chain.send(raw)
    for count in range(5):
        limit = framed_size(tuple(sends[:count]))
        assert chain.propose(max_tx_bytes=limit) == tuple(sends[:count])


def test_a_register_without_room_for_its_confirm_waits(holders: Chain) -> None:
    chain = holders
    raw = send_register(chain, "a", chain.people["alice"])
    (confirm,) = split(chain.propose(0))[1]
    limit = framed_size((raw, confirm))
    assert chain.propose(1, max_tx_bytes=limit) == (raw, confirm)
    assert chain.propose(2, max_tx_bytes=limit - 1) == ()


def test_max_gas_holds(tmp_path_factory: pytest.TempPathFactory) -> None:
    chain = Chain(tmp_path_factory.mktemp("gas"), max_gas=4_500_000, people=("alice", "bob"))
    try:
        chain.blocks(3)
        sends = [
            chain.people["bob"].send(bytes(20), 1 + number, chain_id=CHAIN_ID, gas=1_000_000)
            for number in range(6)
        ]
        for raw in sends:
            chain.send(raw)
        assert chain.propose() == tuple(sends[:4])
        assert chain.votes(chain.mempool) == [False] * 4
    finally:
        chain.close()


def test_its_own_failed_proposal_costs_a_node_ten_heights_without_registers(chain: Chain) -> None:
    raw = send_register(chain, "a", chain.people["alice"])
    assert raw in chain.propose()
    # The block of another proposer is decided at that height.
    chain.decide(())
    for _ in range(PENALTY_BLOCKS):
        assert chain.propose() == ()
        chain.decide(())
    assert raw in chain.propose()


def test_being_asked_again_at_one_height_costs_the_same(chain: Chain) -> None:
    raw = send_register(chain, "a", chain.people["alice"])
    assert raw in chain.propose()
    assert chain.propose() == ()
    chain.decide(())
    for _ in range(PENALTY_BLOCKS - 1):
        assert chain.propose() == ()
        chain.decide(())
    chain.decide(())
    assert raw in chain.propose()


def test_two_newcomers_on_one_machine_the_first_is_in(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    chain = Chain(tmp_path_factory.mktemp("machine"), policy_=policy(one_node_per_machine=True))
    try:
        chain.blocks(3)
        first, second = Node("one machine"), Node("one machine")
        second.entropy = Entropy("another boot")
        second.start()
        assert chain.send(chain.register_tx(first, chain.people["alice"])).code == 0
        assert chain.send(chain.register_tx(second, chain.people["bob"])).code == 0
        txs = chain.propose()
        users, confirms = split(txs)
        assert (len(users), len(confirms)) == (1, 1)
        # Asked for both, once: not again for the one that is left.
        assert chain.peers[0].source.asked == 2
        chain.block(txs=txs)
        assert chain.record(first) is not None
        assert chain.record(second) is None
        # The second does not pass any more, and leaves the mempool at recheck.
        assert chain.mempool == []
    finally:
        chain.close()


def test_registers_that_fail_late_cost_few_runs(chain: Chain) -> None:
    """Renewals that their operators revoke in the same block: found at the second look alone."""
    nodes = {name: Node(f"of {name}") for name in list(chain.people)[:7]}
    for name, node in nodes.items():
        assert chain.send(chain.register_tx(node, chain.people[name])).code == 0
    chain.block()
    chain.blocks(3)
    renewals = [chain.register_tx(node, chain.people[name]) for name, node in nodes.items()]
    revocations = [
        chain.sign(
            chain.people[name],
            (
                REVOKE_NODE,
                MsgRevokeNode(signer=chain.people[name].text, node_id=node.info().node_id),
            ),
        )
        for name, node in nodes.items()
    ]
    heidi = chain.people["heidi"]
    send = heidi.send(bytes(20), 1, chain_id=CHAIN_ID)
    runs: list[Branch] = []

    def branch() -> Branch:
        runs.append(Branch(chain.peers[0].storage.state))
        return runs[-1]

    context = block_context(chain.state, height=chain.height + 1)
    proposal = choose(
        branch,
        context,
        [*renewals, *revocations, send],
        max_tx_bytes=MAX_TX_BYTES,
        limits=BlockLimits(MAX_BLOCK_GAS, len(nodes)),
        first_look=chain.first_look(context),
        envelopes=chain.peers[0].source.for_proposal(context),
        enough=lambda: False,
    )
    # Nothing of those operators is left: without the renewal the revocation's sequence is wrong.
    assert proposal.txs == (send,)
    assert len(runs) <= PATIENT_ATTEMPTS + 2
