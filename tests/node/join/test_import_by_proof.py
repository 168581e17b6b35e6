"""The import rests on proofs: whatever a peer tells, the enclave opens its envelope by the chain's.

A real chain, a real newcomer that waits for its import, and a peer that lies in some answers.
"""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

from chain_module.registration import keys
from enclave.crypto.labels import Mode
from enclave.errors import Code
from enclave.light_client.codec import decode_header
from enclave.proven.chain import prove
from node.chain_client import ChainClient, ChainCode, ChainFailure
from node.chain_proof import ChainProofCode, ChainProofFailure, Leading, RemoteProofs
from node.cli.remedies import remedies
from node.config import Home, NodeConfig
from node.enclave_client import EnclaveClient
from node.failure import NodeFailure
from node.join import Step, join
from node.join.enclave_process import enclave_of
from node.join.seed import header_from, holder_proof, import_seed
from node.light_blocks import LightBlocks
from seedpact.enclave.v1 import chain_pb2
from seedpact.enclave.v1 import service_pb2 as pb
from seedpact.registration.v1 import types_pb2
from tests.support.joins import funded_join
from tests.support.lying_rpc import Lie, lying_rpc
from tests.support.one_validator import OneValidator

NOBODYS: Final = b"\xaa" * 32


@dataclass
class Newcomer:
    """It is recorded, and has not imported."""

    chain: OneValidator
    enclave: EnclaveClient
    record: types_pb2.NodeRecord

    def imports_from(self, rpc: str) -> None:
        """From a peer whose RPC is there."""
        with ChainClient(grpc=self.chain.grpc, rpc=rpc) as peer:
            import_seed(peer, self.enclave, self.record)

    @property
    def state(self) -> pb.EnclaveState:
        return self.enclave.get_info().state


@pytest.fixture(scope="module")
def newcomer(chain: OneValidator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newcomer]:
    wish = funded_join(chain, tmp_path_factory.mktemp("newcomer") / "home")

    def stop(recorded: str) -> None:
        if recorded == Step.CONFIRM:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        join(wish, hook=stop)
    with (
        enclave_of(
            Home(wish.home).enclave, mode=Mode.SOFTWARE, address=None, configured=""
        ) as enclave,
        chain.client() as client,
    ):
        record = client.node(enclave.get_info().node_id)
        assert record is not None
        yield Newcomer(chain, enclave, record)


def asked(truth: str, method: str, params: dict[str, Any]) -> dict[str, Any]:
    """One call of the engine's RPC."""
    connection = http.client.HTTPConnection(urlsplit(truth).netloc, timeout=20)
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    connection.request("POST", "/", body, {"Content-Type": "application/json"})
    answer: dict[str, Any] = json.load(connection.getresponse())
    connection.close()
    return answer


def of_query(
    change: Callable[[str, dict[str, Any], dict[str, Any]], None],
) -> Callable[[OneValidator], Lie]:
    """A lie in answers of proven queries: (truth, parameters, response)."""

    def of(chain: OneValidator) -> Lie:
        def lie(method: str, params: dict[str, Any], answer: dict[str, Any]) -> None:
            # An anchor's height is asked for without one; all else names the state that it is of.
            if method == "abci_query" and int(params.get("height", 0)):
                change(chain.rpc, params, answer["result"]["response"])

        return lie

    return of


def _value(_: str, params: dict[str, Any], response: dict[str, Any]) -> None:
    if bytes.fromhex(params["data"]).startswith(keys.node(b"")):
        record = types_pb2.NodeRecord.FromString(base64.b64decode(response["value"]))
        record.envelope = bytes(48)
        response["value"] = base64.b64encode(record.SerializeToString()).decode()


def _nothing(_: str, params: dict[str, Any], response: dict[str, Any]) -> None:
    if bytes.fromhex(params["data"]).startswith(keys.node(b"")):
        response["value"] = None


def _no_ops(_: str, _params: dict[str, Any], response: dict[str, Any]) -> None:
    response["proofOps"] = {"ops": []}


def _one_op(_: str, _params: dict[str, Any], response: dict[str, Any]) -> None:
    del response["proofOps"]["ops"][1]


def _older_state(truth: str, params: dict[str, Any], response: dict[str, Any]) -> None:
    """True proofs, of the state before."""
    older = asked(truth, "abci_query", {**params, "height": str(int(params["height"]) - 1)})
    response.update(older["result"]["response"], height=response["height"])


def _another_key(truth: str, params: dict[str, Any], response: dict[str, Any]) -> None:
    other = asked(truth, "abci_query", {**params, "data": keys.POLICY.hex()})
    if bytes.fromhex(params["data"]).startswith(keys.node(b"")):
        response.update(other["result"]["response"])


def _another_height(_: str, _params: dict[str, Any], response: dict[str, Any]) -> None:
    response["height"] = str(int(response["height"]) + 1)


def _no_keys(_: str, params: dict[str, Any], response: dict[str, Any]) -> None:
    if bytes.fromhex(params["data"]) == keys.network(0):
        response["value"] = base64.b64encode(b"\xff").decode()


def _headers(field: str, value: str) -> Callable[[OneValidator], Lie]:
    def of(_: OneValidator) -> Lie:
        def lie(method: str, _params: dict[str, Any], answer: dict[str, Any]) -> None:
            if method == "commit":
                answer["result"]["signed_header"]["header"][field] = value

        return lie

    return of


def _another_anchor(_: OneValidator) -> Lie:
    """Another header than the quote bound, as the root of the way."""

    def lie(method: str, params: dict[str, Any], answer: dict[str, Any]) -> None:
        if method == "abci_query" and not int(params.get("height", 0)):
            response = answer["result"]["response"]
            height = int.from_bytes(base64.b64decode(response["value"]), "big") + 1
            response["value"] = base64.b64encode(height.to_bytes(8, "big")).decode()

    return lie


LIES: Final[dict[str, tuple[Callable[[OneValidator], Lie], str]]] = {
    "a forged record": (of_query(_value), Code.BAD_PROOF),
    # The record says which quote it is of, so these two are seen before any proof is looked at.
    "no record": (of_query(_nothing), Code.RECORD_MISMATCH),
    "no proofs": (of_query(_no_ops), Code.BAD_PROOF),
    "half a proof": (of_query(_one_op), Code.BAD_PROOF),
    "an older state": (of_query(_older_state), Code.BAD_PROOF),
    "another key": (of_query(_another_key), Code.MALFORMED_REQUEST),
    "another height": (of_query(_another_height), ChainProofCode.NOT_PROVABLE),
    "no keys": (of_query(_no_keys), ChainProofCode.NOT_PROVABLE),
    "a header of its own": (_headers("app_hash", "EE" * 32), ChainProofCode.BAD_PATH),
    "another anchor": (_another_anchor, Code.UNVERIFIED_ANCHOR),
}


@pytest.mark.parametrize("name", LIES, ids=[name.replace(" ", "-") for name in LIES])
def test_a_peer_that_lies_brings_no_seed_and_the_truth_is_waited_for(
    newcomer: Newcomer, name: str
) -> None:
    lie, code = LIES[name]
    told = lie(newcomer.chain)
    with lying_rpc(newcomer.chain.rpc, told) as rpc, pytest.raises(NodeFailure) as caught:
        newcomer.imports_from(rpc)
    assert caught.value.code == code
    assert code in remedies(), "the operator is told what to do"
    assert newcomer.state == pb.ENCLAVE_STATE_PENDING


def test_entries_are_of_one_state_and_fit_under_its_header(newcomer: Newcomer) -> None:
    with newcomer.chain.client() as client:
        header = header_from(client, newcomer.record.height + 1)
        proof = RemoteProofs(client).entries(
            header.height, node_id=newcomer.record.node_id, anchors=[header.height - 2, 1]
        )
        block = LightBlocks(client.engine).light_block(header.height)
        found = prove(
            proof, header=decode_header(block.signed_header.header), node_id=newcomer.record.node_id
        )
        own = found.own_record()
        assert own is not None
        assert own.node_id == newcomer.record.node_id
        assert header.height - 2 in found.anchors
        assert found.policy is not None
        assert [each.epoch for each in found.network_keys] == [0]


def test_a_node_that_does_not_keep_the_state(newcomer: Newcomer) -> None:
    with newcomer.chain.client() as client:
        with pytest.raises(ChainFailure) as caught:
            RemoteProofs(client).entries(10**9, node_id=newcomer.record.node_id)
        assert caught.value.code == ChainCode.NO_SUCH_STATE
        assert RemoteProofs(client).value(keys.anchor_of(NOBODYS)) == b""


def test_a_node_without_the_record_gives_no_root(newcomer: Newcomer) -> None:
    """It is behind, or of another chain: nothing is asked of the enclave."""

    def lie(method: str, _params: dict[str, Any], answer: dict[str, Any]) -> None:
        if method == "abci_query":
            answer["result"]["response"]["value"] = None

    with lying_rpc(newcomer.chain.rpc, lie) as rpc, pytest.raises(ChainProofFailure) as caught:
        newcomer.imports_from(rpc)
    assert caught.value.code is ChainProofCode.NOT_PROVABLE
    assert caught.value.found == "none"


def test_a_holder_that_trusts_a_newer_header_is_shown_the_state_under_that(
    chain: OneValidator,
) -> None:
    with (
        chain.client() as client,
        EnclaveClient(NodeConfig.load(chain.home).enclave_address) as enclave,
    ):
        newest = header_from(client, 5).height
        leading = Leading(LightBlocks(client.engine), enclave)
        steps = leading.holder_steps(enclave.get_info(), newest)
        if steps:
            enclave.follow_chain(chain_pb2.FollowChainRequest(steps=steps))
        info = enclave.get_info()
        assert info.trusted_height >= newest
        proof = holder_proof(client, enclave, height=newest - 3, anchors=(newest - 4,))
        assert not proof.steps
        block = LightBlocks(client.engine).light_block(info.trusted_height)
        found = prove(proof, header=decode_header(block.signed_header.header), node_id=info.node_id)
        assert newest - 4 in found.anchors
        assert found.height == info.trusted_height + 1


def test_after_all_lies_the_truth_makes_a_holder(newcomer: Newcomer) -> None:
    newcomer.imports_from(newcomer.chain.rpc)
    assert newcomer.state == pb.ENCLAVE_STATE_HOLDER
    # Once more changes nothing.
    newcomer.imports_from(newcomer.chain.rpc)
    assert newcomer.state == pb.ENCLAVE_STATE_HOLDER
