"""Blocks of several real applications: register and confirm in one block, equal states."""

from __future__ import annotations

from chain_module.bank.balances import balance, check_supply
from seedpact.enclave.v1 import service_pb2
from tests.support.chain import Chain
from tests.support.enclaves import CHAIN_ID, Node
from tests.support.wallets import DENOM, FUNDS


def test_sends_are_committed_on_all_nodes(chain: Chain) -> None:
    alice, bob = chain.people["alice"], chain.people["bob"]
    assert chain.send(alice.send(bob.address, 5, chain_id=CHAIN_ID)).code == 0
    result = chain.block()
    assert [one.code for one in result.tx_results] == [0]
    assert balance(chain.state, bob.address, DENOM) == FUNDS + 5
    check_supply(chain.state)


def test_a_newcomer_is_registered_and_confirmed_in_one_block(chain: Chain) -> None:
    newcomer = Node("newcomer")
    sent = chain.send(chain.register_tx(newcomer, chain.people["alice"]))
    assert sent.code == 0, sent.log
    result = chain.block()
    assert [one.code for one in result.tx_results] == [0, 0], result.tx_results
    chain.import_seed(newcomer)
    assert newcomer.info().state == service_pb2.ENCLAVE_STATE_HOLDER
