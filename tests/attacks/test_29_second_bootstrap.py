"""Attack 29: a second bootstrap on a live chain; a bootstrap with the genesis of another chain.

[reject]: one seal bootstraps once; another enclave's seed is not the chain's, and the chain's
public keys show it.
"""

from __future__ import annotations

import dataclasses

import pytest

from enclave.attestation.development_root import development_root_der
from enclave.errors import Code
from enclave.framework.states import State
from enclave.registration.network import network_id
from tests.support.enclaves import MemoryStorage, Node, inputs
from tests.support.refusals import refused_unchanged
from tests.support.world import Ledger, network

OTHER = "another-chain-1"


def test_29_one_seal_bootstraps_once() -> None:
    _, (founder, member) = network("founder", "member")
    for node in (founder, member):
        for genesis in (inputs(), inputs(OTHER)):
            with refused_unchanged(node, Code.ALREADY_BOOTSTRAPPED):
                node.bootstrap(genesis)


def test_29_a_newcomer_with_keys_does_not_bootstrap() -> None:
    ledger, _ = network("founder")
    node = Node("newcomer")
    ledger.prepare(node)
    with refused_unchanged(node, Code.ALREADY_BOOTSTRAPPED):
        node.bootstrap(ledger.network)


def test_29_a_wiped_founder_makes_another_seed_which_the_chain_exposes() -> None:
    """Its host says it is the old founder, with the old record: it confirms nothing."""
    ledger, (founder,) = network("founder")
    newcomer = Node("newcomer")
    ledger.prepare(newcomer)
    record = ledger.records[founder.info().node_id]
    founder.storage = MemoryStorage()
    founder.start()
    made = founder.bootstrap(ledger.network)
    assert made.pk_io != ledger.keys[0].pk_io
    ledger.records[made.node_id] = dataclasses.replace(record, node_id=made.node_id)
    with refused_unchanged(founder, Code.NETWORK_KEYS_MISMATCH):
        ledger.register(newcomer, founder)


def test_29_the_genesis_of_another_chain_is_another_network() -> None:
    made = Node("founder").bootstrap(inputs(OTHER))
    assert made.network_id == network_id(inputs(OTHER)) != network_id(inputs())


def test_29_a_founder_of_another_chain_confirms_nobody_here() -> None:
    ledger, _ = network("founder")
    other_ledger = Ledger(network=inputs(OTHER))
    other_founder = Node("other founder")
    other_ledger.bootstrap(other_founder)
    newcomer = Node("newcomer")
    ledger.prepare(newcomer)
    with refused_unchanged(other_founder, Code.WRONG_CHAIN):
        ledger.register(newcomer, other_founder)


@pytest.mark.parametrize("root_of", [OTHER, "seedpact-test-2"])
def test_29_a_genesis_with_another_chains_root_is_refused(root_of: str) -> None:
    node = Node("founder")
    with refused_unchanged(node, Code.WRONG_ROOT):
        node.bootstrap(inputs(attestation_root=development_root_der(root_of)))
    assert node.enclave.state is State.EMPTY
