"""Queries with proofs: absence is an answer only to whoever asks for a proof, and no fault is."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import pytest

from chain_module.registration import keys, proven
from chain_module.store.version import Version
from enclave.registration.records import NODE_ID_BYTES
from seedpact.registration.v1 import query_pb2 as pb
from tests.support.registration_chain import RegistrationChain, reason_of

Answer = Callable[..., Any]
NOBODY: Final = bytes(NODE_ID_BYTES)


@pytest.fixture(scope="module")
def version() -> Version:
    chain = RegistrationChain()
    chain.commit()
    return chain.state.newest


ABSENT: Final[dict[str, tuple[Answer, Callable[..., Any], dict[str, Any], bytes]]] = {
    "no_such_node": (
        proven.node,
        pb.QueryNodeRequest,
        {"node_id": NOBODY},
        keys.node(NOBODY),
    ),
    "no_such_epoch": (
        proven.network_keys,
        pb.QueryNetworkKeysRequest,
        {"epoch": 7},
        keys.network(7),
    ),
}


@pytest.mark.parametrize("name", ABSENT)
def test_that_there_is_none_is_refused_or_proven(version: Version, name: str) -> None:
    answer, request, asked, key = ABSENT[name]
    assert reason_of(lambda: answer(version, request(**asked))) == name
    proof = answer(version, request(**asked, prove=True)).proof
    assert (proof.store_key, proof.store_value) == (key, b"")
    assert len(proof.proof_ops.ops) == 2


@pytest.mark.parametrize(
    ("answer", "request_"),
    [(proven.node, pb.QueryNodeRequest), (proven.freshness, pb.QueryFreshnessRequest)],
)
@pytest.mark.parametrize("prove", [False, True])
def test_no_proof_makes_up_for_a_fault_of_the_request(
    version: Version, answer: Answer, request_: Callable[..., Any], *, prove: bool
) -> None:
    asked = request_(node_id=bytes(NODE_ID_BYTES - 1), prove=prove)
    assert reason_of(partial(answer, version, asked)) == "bad_length"


def test_a_proof_shows_the_bytes_of_the_store(version: Version) -> None:
    store = version.store(keys.STORE)
    for key in (keys.POLICY, keys.network(0)):
        assert proven.proof_of(version, key).store_value == store.get(key) != b""
