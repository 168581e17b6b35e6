"""Records with their proofs as a client gets them, and what it does not take from a node."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from chain_module.registration import keys
from node.chain_client import ChainClient, ChainCode, ChainFailure
from seedpact.registration.v1.query_pb2 import Proof
from tests.support.one_validator import OneValidator

NOBODYS = b"\xaa" * 32


def test_both_ways_give_the_same_proof(chain: OneValidator) -> None:
    """Over gRPC and CometBFT's RPC, at a height that both name."""
    with chain.client() as client:
        node_id = next(client.nodes()).node_id
        height = client.height()
        for key, proof in (
            (keys.node(node_id), client.proven_node(node_id, height=height).proof),
            (keys.node(NOBODYS), client.proven_node(NOBODYS, height=height).proof),
            (keys.POLICY, client.proven_policy(height=height).proof),
            (keys.PARAMS, client.proven_params(height=height).proof),
            (keys.IDENTITY, client.proven_params(height=height).identity_proof),
            (keys.network(0), client.proven_network_keys(0, height=height).proof),
            (keys.network(1), client.proven_network_keys(height=height).next_epoch),
            (keys.freshness(node_id), client.proven_freshness(node_id, height=height).proof),
        ):
            assert client.proven_entry(keys.STORE, key, height=height) == proof
            header = client.check_proof(proof, key=key)
            assert header.height == proof.height == height + 1


def test_an_older_height(chain: OneValidator) -> None:
    with chain.client() as client:
        while (newest := client.height()) < 4:
            time.sleep(0.1)
        for height in (newest - 2, newest - 1):
            answer = client.proven_policy(height=height)
            assert answer.height == height
            assert client.check_proof(answer.proof, key=keys.POLICY).height == height + 1
            assert client.proven_entry(keys.STORE, keys.POLICY, height=height) == answer.proof


def test_entries_of_other_stores(chain: OneValidator) -> None:
    with chain.client() as client:
        for store, key in (("bank", b"\0useed"), ("auth", b"\xff"), ("consensus", b"x")):
            proof = client.proven_entry(store, key)
            client.check_proof(proof, key=key, store=store)


def _store(proof: Proof) -> None:
    proof.store = "bank"


def _key(proof: Proof) -> None:
    proof.store_key = keys.node(NOBODYS)


def _value(proof: Proof) -> None:
    proof.store_value += b"\0"


def _absence(proof: Proof) -> None:
    proof.store_value = b""


def _height(proof: Proof) -> None:
    proof.height = 2


def _lower_proof(proof: Proof) -> None:
    proof.proof_ops.ops[0].data += b"\0"


def _order(proof: Proof) -> None:
    first, second = proof.proof_ops.ops
    del proof.proof_ops.ops[:]
    proof.proof_ops.ops.extend([second, first])


def _none(proof: Proof) -> None:
    proof.ClearField("proof_ops")


@pytest.mark.parametrize(
    "change", [_store, _key, _value, _absence, _height, _lower_proof, _order, _none]
)
def test_a_proof_that_shows_something_else_is_refused(
    chain: OneValidator, change: Callable[[Proof], None]
) -> None:
    with chain.client() as client:
        node_id = next(client.nodes()).node_id
        proof = client.proven_node(node_id).proof
        client.check_proof(proof, key=keys.node(node_id))
        change(proof)
        refused(client, proof, keys.node(node_id), ChainCode.CHAIN_FAILED)


def test_a_proof_of_another_height_than_asked_for_is_refused(chain: OneValidator) -> None:
    with chain.client() as client:
        height = client.height()
        proof = client.proven_policy(height=height).proof
        assert client.check_proof(proof, key=keys.POLICY, height=height).height == height + 1
        with pytest.raises(ChainFailure) as caught:
            client.check_proof(proof, key=keys.POLICY, height=height + 1)
    assert caught.value.code == ChainCode.CHAIN_FAILED
    assert caught.value.found == f"a proof by header {height + 1}"


def test_a_header_that_does_not_come(chain: OneValidator) -> None:
    with chain.client() as client:
        proof = client.proven_policy().proof
        proof.height = 1_000_000
        refused(client, proof, keys.POLICY, ChainCode.NOT_ON_CHAIN, timeout=0.3)


def test_what_a_node_cannot_prove(chain: OneValidator) -> None:
    with chain.client() as client:
        for ask, code in (
            (lambda: client.proven_entry("bank", b"k", height=10**9), ChainCode.NO_SUCH_STATE),
            (lambda: client.proven_policy(height=10**9), ChainCode.NO_SUCH_STATE),
            (lambda: client.proven_entry("nothing", b"k"), ChainCode.CHAIN_FAILED),
            (lambda: client.proven_entry("bank", b""), ChainCode.CHAIN_FAILED),
        ):
            with pytest.raises(ChainFailure) as caught:
                ask()
            assert caught.value.code == code


def refused(
    client: ChainClient, proof: Proof, key: bytes, code: ChainCode, *, timeout: float = 60
) -> None:
    with pytest.raises(ChainFailure) as caught:
        client.check_proof(proof, key=key, timeout=timeout)
    assert caught.value.code == code
    assert caught.value.expected
    assert caught.value.found
