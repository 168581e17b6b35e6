"""What an enclave is shown of the epochs: those that have begun, and the one after them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from chain_module.registration import keeper, keys
from chain_module.registration.proofs import chain_proof, prove_registration
from enclave.proven.chain import MAX_EPOCHS
from enclave.registration.records import NetworkKeys, decode_network_keys, network_keys_to_proto
from enclave.wire import encode
from seedpact.enclave.v1 import chain_pb2 as pb
from tests.support.registration_chain import RegistrationChain


@pytest.fixture(scope="module")
def first() -> NetworkKeys:
    """The keys of epoch 0."""
    found = keeper.network_keys_of(RegistrationChain().block, 0)
    assert found is not None
    return found


@pytest.mark.parametrize(("ahead", "shown"), [(0, [0, 1]), (1, [0])])
def test_an_epoch_is_shown_from_its_height_on(
    first: NetworkKeys, ahead: int, shown: list[int]
) -> None:
    """One that is decided and has not begun is shown as the next, so that none is hidden."""
    chain = RegistrationChain()
    begins = chain.height + 2 + ahead
    second = dataclasses.replace(first, epoch=1, from_height=begins, prev_seed=bytes(48))
    keeper.set_network_keys(chain.block, second)
    chain.commit()
    proof = prove_registration(chain.state.newest, node_id=bytes(32))
    assert [decode_network_keys(entry.value).epoch for entry in proof.network_keys] == shown
    assert (proof.next_epoch.value == b"") == (ahead == 0)


@pytest.mark.parametrize(
    ("decided", "shown"),
    [(MAX_EPOCHS - 1, MAX_EPOCHS - 1), (MAX_EPOCHS, MAX_EPOCHS), (MAX_EPOCHS + 1, MAX_EPOCHS)],
)
def test_so_many_epochs_are_shown_and_no_more(first: NetworkKeys, decided: int, shown: int) -> None:
    """As many as an enclave takes; of what comes after them one, which it refuses."""
    proof = chain_proof(epochs_that_began(first, decided), height=9, node_id=bytes(32))
    assert len(proof.network_keys) == shown
    assert bool(proof.next_epoch.value) == (decided > MAX_EPOCHS)


def epochs_that_began(first: NetworkKeys, count: int) -> Callable[[bytes], pb.ProvenEntry]:
    """A store that has so many epochs, and nothing else."""
    entry = pb.ProvenEntry(value=encode(network_keys_to_proto(first)))
    held = {keys.network(epoch): entry for epoch in range(count)}
    return lambda key: held.get(key, pb.ProvenEntry())
