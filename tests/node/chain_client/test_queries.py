"""Headers, accounts and records as a client gets them, and heights that do not exist."""

from __future__ import annotations

from typing import Final

import pytest

from node.chain_client import ChainClient, ChainCode, ChainFailure
from node.localnet.homes import ensure_key
from node.localnet.plan import OPERATOR
from seedpact.registration.v1 import query_pb2, types_pb2
from tests.support.lying_grpc import lying_grpc
from tests.support.one_validator import CHAIN_ID, FUNDS, OneValidator

NONCES: Final = 100_000
"""What its node may have paid for its enclave's freshness by then."""


def test_a_header_has_the_hash_that_the_next_one_names(chain: OneValidator) -> None:
    with chain.client() as client:
        while client.height() < 3:
            pass
        first, second = client.header(1), client.block(2)
    assert (first.chain_id, first.height) == (CHAIN_ID, 1)
    assert second.header.last_block_id.hash == first.hash
    assert second.header.time_ns >= first.time.seconds * 10**9 + first.time.nanos


@pytest.mark.parametrize("height", [0, -1])
def test_a_height_that_no_block_has_is_not_the_newest(chain: OneValidator, height: int) -> None:
    with chain.client() as client:
        for ask in (client.block, client.header):
            with pytest.raises(ChainFailure) as caught:
                ask(height)
            assert caught.value.code == ChainCode.NOT_ON_CHAIN


def test_the_founder_s_record_and_account(chain: OneValidator) -> None:
    operator = ensure_key(chain.home, OPERATOR).info.raw_address
    with chain.client() as client:
        (record,) = client.nodes(operator=operator)
        assert client.node(record.node_id) == record
        assert list(client.nodes(operator=bytes(20))) == []
        assert list(client.nodes(operator=operator, limit=0)) == []
        assert list(client.nodes(status=types_pb2.NODE_STATUS_REVOKED)) == []
        assert client.node(bytes(32)) is None
        held = client.balance(operator)
        assert held == client.balances(operator)["useed"]
        assert FUNDS - NONCES <= held <= FUNDS
        assert client.balance(operator, "uother") == 0
        assert client.params().network_id == chain.network_id


@pytest.mark.parametrize("bare", [True, False], ids=["empty pages", "one page again and again"])
def test_a_listing_without_end_is_given_up(chain: OneValidator, *, bare: bool) -> None:
    asked = 0

    def lie(path: str, answer: bytes) -> bytes:
        nonlocal asked
        asked += 1
        page = query_pb2.QueryNodesResponse.FromString(answer)
        page.next_page_key = bytes(32)
        if bare:
            del page.nodes[:]
        return page.SerializeToString() if path.endswith("/Nodes") else answer

    with (
        lying_grpc(chain.grpc, lie) as peer,
        ChainClient(grpc=peer, rpc=chain.rpc) as client,
        pytest.raises(ChainFailure, match="does not go on") as caught,
    ):
        list(client.nodes())
    assert caught.value.code == ChainCode.CHAIN_FAILED
    assert asked <= 2


def test_another_chain_is_found_out_before_anything_is_signed(chain: OneValidator) -> None:
    with chain.client(chain_id="another-1") as client:
        with pytest.raises(ChainFailure) as caught:
            client.sign([], chain.faucet)
        assert caught.value.code == ChainCode.ANOTHER_CHAIN
        client.expect_chain(CHAIN_ID)
        assert client.chain_id() == CHAIN_ID
