"""A peer that lies about the network's keys or the chain's headers costs no fee."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import pytest

from chain_module.registration import keys
from enclave.crypto.labels import Mode
from node.config import Home
from node.join import Join, JoinCode, JoinFailure, join
from node.join.enclave_process import enclave_of
from seedpact.enclave.v1 import service_pb2 as pb
from seedpact.registration.v1 import query_pb2, types_pb2
from tests.support.joins import FUNDS
from tests.support.lying_grpc import lying_grpc
from tests.support.lying_rpc import lying_rpc
from tests.support.one_validator import OneValidator


def paid_nothing(chain: OneValidator, wish: Join) -> None:
    operator = wish.operator.info.raw_address
    with chain.client() as client:
        assert (client.account(operator).sequence, client.balance(operator)) == (0, FUNDS)
    folder = Home.of(str(wish.home)).enclave
    with enclave_of(folder, mode=Mode.SOFTWARE, address=None, configured="") as enclave:
        state = enclave.get_info().state
    assert state in {pb.ENCLAVE_STATE_EMPTY, pb.ENCLAVE_STATE_KEYED}, "nothing was quoted"


def other_keys(path: str, answer: bytes) -> bytes:
    """The peer's word for the network's keys: of nobody."""
    if not path.endswith("/NetworkKeys"):
        return answer
    said = query_pb2.QueryNetworkKeysResponse.FromString(answer)
    said.keys.kem_io, said.keys.pk_io = bytes(1184), bytes(32)
    return said.SerializeToString()


def test_what_a_peer_says_of_the_keys_is_not_asked(chain: OneValidator, newcomer: Join) -> None:
    with lying_grpc(chain.grpc, other_keys) as peer:
        joined = join(replace(newcomer, peer_grpc=peer))
    assert joined.paid == 1


Answer = dict[str, Any]


def another_value(method: str, params: Answer, answer: Answer) -> None:
    """Other keys under the true proof."""
    if method == "abci_query" and bytes.fromhex(params["data"]) == keys.network(0):
        response = answer["result"]["response"]
        entry = types_pb2.NetworkKeys.FromString(base64.b64decode(response["value"]))
        entry.kem_io = bytes(len(entry.kem_io))
        response["value"] = base64.b64encode(entry.SerializeToString()).decode()


def another_app_hash(method: str, params: Answer, answer: Answer) -> None:
    """A header that nobody signed; a false proof could be made for it."""
    if method == "commit" and params["height"] != "1":
        answer["result"]["signed_header"]["header"]["app_hash"] = "AB" * 32


def another_first_header(method: str, params: Answer, answer: Answer) -> None:
    if method == "commit" and params["height"] == "1":
        answer["result"]["signed_header"]["header"]["app_hash"] = "AB" * 32


def no_first_block(method: str, params: Answer, answer: Answer) -> None:
    """As of a node that began with a snapshot."""
    if method == "commit" and params["height"] == "1":
        del answer["result"]
        answer["error"] = {"code": -32603, "message": "", "data": "height 1 is not available"}


def another_anchor(method: str, params: Answer, answer: Answer) -> None:
    """The hash that the quote would bind."""
    if method == "block" and params.get("height"):
        answer["result"]["block_id"]["hash"] = "AB" * 32


LIES: Final[list[Callable[[str, Answer, Answer], None]]] = [
    another_value,
    another_app_hash,
    another_first_header,
    no_first_block,
    another_anchor,
]


@pytest.mark.parametrize("lie", LIES)
def test_a_peer_that_proves_nothing_is_paid_nothing(
    chain: OneValidator,
    newcomer: Join,
    lie: Callable[[str, Answer, Answer], None],
) -> None:
    with lying_rpc(chain.rpc, lie) as peer, pytest.raises(JoinFailure) as caught:
        join(replace(newcomer, peer_rpc=peer))
    assert caught.value.code == JoinCode.NETWORK_UNPROVEN
    paid_nothing(chain, newcomer)
