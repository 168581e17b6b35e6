"""A real enclave is led along real headers: however long the way, whoever dies in between."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from chain_module.registration.proofs import prove_registration
from enclave.errors import Code
from enclave.proven.headers import MAX_STEPS
from enclave.registration.measurement_codec import measurement_from_proto
from node.chain_proof import ChainProofCode, ChainProofFailure, Leading
from node.enclave_client import EnclaveClient, EnclaveFailure, EnclaveRefused
from seedpact.enclave.v1 import chain_pb2
from seedpact.enclave.v1 import service_pb2 as pb
from tests.support.changing_headers import ChangingChain, ServedBlocks, all_new
from tests.support.enclaves import CHAIN_ID, Node, policy
from tests.support.process import EnclaveProcess, enclave_process
from tests.support.world import Ledger

LONG: Final = MAX_STEPS + 20
"""Headers, none of which can be skipped: more than one request takes."""
NOBODY: Final = "127.0.0.1:1"


@pytest.fixture
def process(tmp_path: Path) -> Iterator[EnclaveProcess]:
    with enclave_process(tmp_path / "enclave") as running:
        yield running


def changing() -> Ledger:
    """A chain of which every header has other validators."""
    ledger = Ledger()
    ledger.headers = ChangingChain(all_new, chain_id=CHAIN_ID)
    return ledger


def grow(ledger: Ledger, top: int) -> ServedBlocks:
    """Until `top` is the newest header."""
    ledger.height = top + 1
    ledger.catch_up()
    return ServedBlocks(ledger.headers)


class Dying(EnclaveClient):
    """The machine fails after one request of the way, whose answer still comes."""

    def __init__(self, process: EnclaveProcess) -> None:
        super().__init__(process.address)
        self._process = process

    def follow_chain(
        self, request: chain_pb2.FollowChainRequest, *, timeout: float | None = None
    ) -> chain_pb2.FollowChainResponse:
        """As the client's, then kill -9."""
        answer = super().follow_chain(request, timeout=timeout)
        self._process.kill()
        return answer


def test_one_step_is_left_to_the_request_that_needs_it(process: EnclaveProcess) -> None:
    ledger = Ledger()
    process.bootstrap(ledger.network)
    blocks = grow(ledger, 50)
    with EnclaveClient(process.address) as client:
        leading = Leading(blocks, client)
        # From the genesis it is two steps: gone at once.
        assert leading.holder_steps(client.get_info(), 30) == []
        assert client.get_info().trusted_height == 30
        (step,) = leading.holder_steps(client.get_info(), 50)
        assert client.get_info().trusted_height == 30
        client.follow_chain(chain_pb2.FollowChainRequest(steps=[step]))
        assert client.get_info().trusted_height == 50
        assert leading.holder_steps(client.get_info(), 50) == []
        assert leading.holder_steps(client.get_info(), 40) == []


def test_a_holders_long_way_survives_a_kill(process: EnclaveProcess, tmp_path: Path) -> None:
    ledger = changing()
    process.bootstrap(ledger.network)
    blocks = grow(ledger, LONG)
    with Dying(process) as client, pytest.raises(EnclaveFailure):
        Leading(blocks, client).holder_steps(client.get_info(), LONG)
    with (
        enclave_process(tmp_path / "enclave") as again,
        EnclaveClient(again.address) as client,
    ):
        # What the first request led to was sealed before it was answered.
        assert client.get_info().trusted_height == MAX_STEPS
        blocks.asked.clear()
        assert Leading(blocks, client).holder_steps(client.get_info(), LONG) == []
        assert client.get_info().trusted_height == LONG
        assert min(blocks.asked) == MAX_STEPS


def pending(process: EnclaveProcess, ledger: Ledger) -> tuple[bytes, int, bytes]:
    """A newcomer with a record: its node id, and the header that its quote bound."""
    code = measurement_from_proto(process.info().measurement)
    ledger.policy = policy(measurements=(code,))
    founder = Node("founder", code=code)
    ledger.bootstrap(founder)
    ledger.prepare(process)
    confirmation = ledger.register(process, founder)
    assert not confirmation.HasField("refusal")
    height = ledger.bound[confirmation.node_id]
    return confirmation.node_id, height, ledger.headers.hash(height)


def entries(ledger: Ledger, node_id: bytes, header: int) -> chain_pb2.ChainProof:
    return prove_registration(ledger.state.at(header - 1), node_id=node_id)


def test_a_newcomers_short_way_is_in_its_import(process: EnclaveProcess) -> None:
    ledger = Ledger()
    node_id, height, digest = pending(process, ledger)
    ledger.settle()
    blocks = grow(ledger, ledger.height + 40)
    top = ledger.headers.top
    with EnclaveClient(process.address) as client:
        info = client.get_info()
        assert info.state == pb.ENCLAVE_STATE_PENDING
        proof = Leading(blocks, client).newcomer_steps(
            info, top, anchor_height=height, anchor_hash=digest
        )
        assert proof.root.height == height
        assert len(proof.steps) == 1
        proof.MergeFrom(entries(ledger, node_id, top))
        client.import_seed(pb.ImportSeedRequest(chain=proof))
        assert client.get_info().state == pb.ENCLAVE_STATE_HOLDER


def test_a_newcomers_long_way_survives_a_kill(process: EnclaveProcess, tmp_path: Path) -> None:
    ledger = changing()
    node_id, height, digest = pending(process, ledger)
    ledger.settle()
    top = height + LONG
    blocks = grow(ledger, top)
    with Dying(process) as client, pytest.raises(EnclaveFailure):
        Leading(blocks, client).newcomer_steps(
            client.get_info(), top, anchor_height=height, anchor_hash=digest
        )
    with (
        enclave_process(tmp_path / "enclave") as again,
        EnclaveClient(again.address) as client,
    ):
        proof = Leading(blocks, client).newcomer_steps(
            client.get_info(), top, anchor_height=height, anchor_hash=digest
        )
        # All of the way is gone: the import needs no header any more.
        assert proof == chain_pb2.ChainProof()
        proof.MergeFrom(entries(ledger, node_id, top))
        client.import_seed(pb.ImportSeedRequest(chain=proof))
        assert client.get_info().state == pb.ENCLAVE_STATE_HOLDER


def test_a_way_from_another_header_than_the_quotes_leads_nowhere(process: EnclaveProcess) -> None:
    ledger = changing()
    _, height, _ = pending(process, ledger)
    top = height + LONG
    blocks = grow(ledger, top)
    with EnclaveClient(process.address) as client:
        for anchor, digest in ((height, b"\x07" * 32), (height + 1, ledger.headers.hash(height))):
            with pytest.raises(EnclaveRefused) as caught:
                Leading(blocks, client).newcomer_steps(
                    client.get_info(), top, anchor_height=anchor, anchor_hash=digest
                )
            assert caught.value.code == Code.UNKNOWN_QUOTE
        assert client.get_info().state == pb.ENCLAVE_STATE_PENDING


def test_headers_that_lead_nowhere_are_said_and_nobody_is_asked() -> None:
    ledger = Ledger()
    blocks = grow(ledger, 20)
    blocks.lies[20] = lambda block: block.signed_header.commit.ClearField("signatures")
    leading = Leading(blocks, EnclaveClient(NOBODY))
    holder = pb.GetInfoResponse(chain_id=CHAIN_ID, trusted_height=5)
    with pytest.raises(ChainProofFailure) as caught:
        leading.holder_steps(holder, 20)
    assert caught.value.code is ChainProofCode.BAD_PATH
    assert caught.value.expected == "headers that lead from 5 to 20"
    with pytest.raises(ChainProofFailure) as caught:
        leading.newcomer_steps(holder, 20, anchor_height=7, anchor_hash=ledger.headers.hash(7))
    assert caught.value.code is ChainProofCode.BAD_PATH
