"""Who may put a nonce under a node's name, how often, and what a replay of one does.

The chain's half of attack case 32: the enclave compares the proven nonce with its own, and here
nobody but its operator decides which one is there to be proven. Every block is run by real
applications whose answers are equal.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from chain_module.abci.responses import TxResult
from chain_module.app.check import simulate
from chain_module.app.view import block_context
from chain_module.bank.balances import balance
from chain_module.errors import TxRefusal
from chain_module.registration import freshness
from chain_module.registration.messages import FRESHNESS, REVOKE_NODE
from chain_module.store.branch import Branch
from enclave.registration.freshness import MAX_RECENT, RECENT_BLOCKS, Freshness
from seedpact.registration.v1 import tx_pb2
from tests.support.chain import Chain
from tests.support.enclaves import Node
from tests.support.wallets import DENOM, Account

NONCE: Final = b"\x11" * 32
NEXT: Final = b"\x22" * 32
FEE: Final = 10_000
"""Of each transaction of `Account.sign`."""


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Chain]:
    """Two validators: there are hundreds of blocks. The founder's own nonce is in none of them."""
    chain = Chain(tmp_path, nodes=2)
    chain.mempool.clear()
    chain.operators[0].sequence = 0
    chain.blocks(3)
    yield chain
    chain.close()


def founder(chain: Chain) -> bytes:
    """The node of the first operator."""
    return chain.peers[0].enclave.info().node_id


def nonce_message(
    signer: Account, node_id: bytes, nonce: bytes = NONCE
) -> tuple[str, tx_pb2.MsgFreshness]:
    """The message, with its type URL."""
    return FRESHNESS, tx_pb2.MsgFreshness(operator=signer.text, node_id=node_id, nonce=nonce)


def commit(chain: Chain, *raw: bytes) -> list[str]:
    """What became of transactions in one block that every node votes for; "" where it is done."""
    results = chain.block(txs=raw).tx_results
    return [name_of(result) for result in results]


def name_of(result: TxResult) -> str:
    """The rule that refused."""
    return result.log.partition(":")[0] if result.code else ""


def test_a_nonce_goes_through_every_door_and_is_there_for_all(chain: Chain) -> None:
    operator, node_id = chain.operators[0], founder(chain)
    raw = chain.sign(operator, nonce_message(operator, node_id))
    assert chain.send(raw).code == 0
    (result,) = chain.block().tx_results
    assert (result.code, chain.last_txs) == (0, (raw,))
    for peer in chain.peers:
        found = freshness.newest(peer.storage.state.newest, node_id)
        assert found == Freshness(NONCE, chain.height, (chain.height,))
    kinds = [event.type for event in result.events]
    assert kinds.count("freshness") == 1
    action = {"action": FRESHNESS, "sender": operator.text, "module": "registration"}
    told = [{one.key: one.value for one in e.attributes} for e in result.events]
    assert any(action.items() <= facts.items() for facts in told)


def test_another_operator_puts_no_nonce_in_its_place(chain: Chain) -> None:
    """Signed by itself, and under the operator's name without its key."""
    operator, mallory, node_id = chain.operators[0], chain.people["bob"], founder(chain)
    assert commit(chain, chain.sign(operator, nonce_message(operator, node_id))) == [""]
    own = chain.sign(mallory, nonce_message(mallory, node_id, NEXT))
    assert commit(chain, own) == ["operator_mismatch"]
    mallory.number, number = operator.number, mallory.number
    mallory.sequence, sequence = operator.sequence, mallory.sequence
    stolen = chain.sign(mallory, nonce_message(operator, node_id, NEXT))
    mallory.number, mallory.sequence = number, sequence
    assert name_of(chain.send(stolen)) == "invalid_pubkey"
    assert not any(chain.votes((stolen,)))
    assert name_of(chain.decide((stolen,)).tx_results[0]) == "invalid_pubkey"
    found = freshness.newest(chain.state, node_id)
    assert found is not None
    assert found.nonce == NONCE


def test_an_old_transaction_brings_no_old_nonce_back(chain: Chain) -> None:
    operator, node_id = chain.operators[0], founder(chain)
    old = chain.sign(operator, nonce_message(operator, node_id, NONCE))
    assert commit(chain, old) == [""]
    assert commit(chain, chain.sign(operator, nonce_message(operator, node_id, NEXT))) == [""]
    assert name_of(chain.send(old)) == "wrong_sequence"
    assert not any(chain.votes((old,)))
    assert name_of(chain.decide((old,)).tx_results[0]) == "wrong_sequence"
    found = freshness.newest(chain.state, node_id)
    assert found is not None
    assert found.nonce == NEXT


def test_the_eleventh_of_a_node_in_a_hundred_blocks_is_refused(chain: Chain) -> None:
    """In one transaction, in one block, over blocks: all count."""
    operator, node_id = chain.operators[0], founder(chain)
    one = nonce_message(operator, node_id)
    assert commit(chain, chain.sign(operator, *[one] * 6), chain.sign(operator, one)) == ["", ""]
    first = chain.height
    chain.blocks(5)
    held = balance(chain.state, operator.address, DENOM)
    assert commit(chain, chain.sign(operator, *[one] * 4)) == ["freshness_limited"]
    assert balance(chain.state, operator.address, DENOM) == held - FEE, "what fails is paid for"
    found = freshness.newest(chain.state, node_id)
    assert found is not None
    assert (found.height, len(found.recent_heights)) == (first, 7), "all messages or none"
    assert commit(chain, chain.sign(operator, *[one] * 3)) == [""]
    second = chain.height
    while chain.height < first + RECENT_BLOCKS - 2:
        chain.block()
    assert commit(chain, chain.sign(operator, one)) == ["freshness_limited"]
    assert chain.height == first + RECENT_BLOCKS - 1
    assert commit(chain, chain.sign(operator, *[one] * 7)) == [""]
    assert commit(chain, chain.sign(operator, one)) == ["freshness_limited"]
    found = freshness.newest(chain.state, node_id)
    assert found is not None
    at = first + RECENT_BLOCKS
    assert found.recent_heights == (second,) * 3 + (at,) * 7
    assert len(found.recent_heights) == MAX_RECENT


def test_an_unknown_and_a_revoked_node_have_none(chain: Chain) -> None:
    operator, node_id = chain.operators[0], founder(chain)
    unknown = chain.sign(operator, nonce_message(operator, bytes(32)))
    assert commit(chain, unknown) == ["no_such_node"]
    assert commit(chain, chain.sign(operator, nonce_message(operator, node_id))) == [""]
    revoke = REVOKE_NODE, tx_pb2.MsgRevokeNode(signer=operator.text, node_id=node_id)
    again = nonce_message(operator, node_id, NEXT)
    # In one transaction nothing of it is done; in the same block the removal wins.
    assert commit(chain, chain.sign(operator, revoke, again)) == ["node_revoked"]
    assert freshness.newest(chain.state, node_id) is not None
    assert commit(chain, chain.sign(operator, revoke), chain.sign(operator, again)) == [
        "",
        "node_revoked",
    ]
    assert freshness.newest(chain.state, node_id) is None
    assert commit(chain, chain.sign(operator, again)) == ["node_revoked"]


def test_a_nonce_beside_a_register_is_refused_and_beside_a_send_is_not(chain: Chain) -> None:
    operator, node_id = chain.operators[0], founder(chain)
    register = chain.register_message(Node("newcomer"), operator)
    beside = chain.sign(operator, register, nonce_message(operator, node_id))
    assert name_of(chain.send(beside)) == "not_alone"
    operator.sequence -= 1
    alice = chain.people["alice"]
    send = chain.send_message("alice")
    # Two signers would be needed for this; with one of them the transaction is nobody's.
    half = chain.sign(alice, send, nonce_message(operator, node_id))
    assert name_of(chain.send(half)) == "unauthorized"
    two = nonce_message(operator, node_id), nonce_message(operator, node_id, NEXT)
    assert commit(chain, chain.sign(operator, *two)) == [""]
    found = freshness.newest(chain.state, node_id)
    assert found is not None
    assert found.nonce == NEXT


def test_a_fee_that_is_missing_a_gas_limit_that_is_low(chain: Chain) -> None:
    """Ante comes first: what cannot pay is in no block, whatever it says."""
    operator, node_id = chain.operators[0], founder(chain)
    low = chain.sign(operator, nonce_message(operator, bytes(32)), gas=60_000)
    assert name_of(chain.send(low)) == "out_of_gas"
    operator.sequence -= 1
    poor = Account("nobody", 99)
    nothing = chain.sign(poor, nonce_message(poor, node_id))
    assert name_of(chain.send(nothing)) == "unknown_address"
    assert freshness.newest(chain.state, node_id) is None


def test_a_simulation_says_what_it_costs_and_what_would_become_of_it(chain: Chain) -> None:
    """Without a signature, and with nothing written."""
    operator, node_id = chain.operators[0], founder(chain)
    context = block_context(chain.state, height=chain.height + 1)
    raw = chain.sign(operator, nonce_message(operator, node_id))
    would = simulate(Branch(chain.peers[0].storage.state), raw, context=context)
    assert would.code == 0
    (done,) = chain.block(txs=(raw,)).tx_results
    assert would.gas_used == done.gas_used
    mallory = chain.people["bob"]
    stolen = chain.sign(mallory, nonce_message(mallory, node_id))
    refused = simulate(Branch(chain.peers[0].storage.state), stolen, context=context)
    assert name_of(refused) == "operator_mismatch"
    other = chain.sign(mallory, nonce_message(operator, node_id))
    with pytest.raises(TxRefusal) as caught:
        simulate(Branch(chain.peers[0].storage.state), other[:-1], context=context)
    assert caught.value.reason.name == "tx_parse_error"
