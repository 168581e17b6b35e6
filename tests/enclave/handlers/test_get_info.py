"""GetInfo with a challenge: a proof of 32 bytes, or none where no endpoint is known."""

from __future__ import annotations

import pytest

from enclave.crypto.endpoint import CHALLENGE_BYTES, Endpoint
from enclave.errors import Code
from seedpact.enclave.v1 import service_pb2 as pb
from tests.support.enclaves import Node
from tests.support.refusals import refused

CHALLENGE = bytes(range(CHALLENGE_BYTES))
ENDPOINT = Endpoint(bytes(32), 26_670)


def proof(node: Node, challenge: bytes) -> bytes:
    request = pb.GetInfoRequest(challenge=challenge)
    return node.call("GetInfo", request, pb.GetInfoResponse).endpoint_proof


def test_who_asks_for_a_proof_gets_it() -> None:
    node = Node("proven")
    assert proof(node, CHALLENGE) == b""
    node.enclave.endpoint = ENDPOINT
    assert proof(node, CHALLENGE) == ENDPOINT.proof(node.enclave.mode, CHALLENGE)
    assert proof(node, b"") == b""


@pytest.mark.parametrize("size", [1, CHALLENGE_BYTES - 1, CHALLENGE_BYTES + 1])
def test_a_challenge_of_another_size_is_refused(size: int) -> None:
    with refused(Code.BAD_LENGTH):
        proof(Node("proven"), bytes(size))
