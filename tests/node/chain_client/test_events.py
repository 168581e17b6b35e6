"""subscribe: every event of a type, once, in order, also across blocks that are there already."""

from __future__ import annotations

import hashlib
from itertools import pairwise

import pytest

from node.chain_client import ChainClient, ChainCode, ChainEvent, ChainFailure
from tests.support.one_validator import OneValidator


def test_transfers_are_seen_in_order(chain: OneValidator) -> None:
    with chain.client() as client:
        start = client.height()
        receivers = [hashlib.sha256(b"%d" % number).digest()[:20] for number in range(3)]
        for number, receiver in enumerate(receivers):
            chain.fund_raw(receiver, 1000 + number)
        seen = events(client, "transfer", from_height=start + 1)
    amounts = [event.attributes["amount"] for event in seen]
    wanted = [f"{1000 + number}useed" for number in range(3)]
    assert [amount for amount in amounts if amount in wanted] == wanted
    assert all(before.height <= after.height for before, after in pairwise(seen))
    for event in seen:
        assert event.tx_index >= 0
        with chain.client() as client:
            found = client.tx(event.tx_hash)
        assert found is not None
        assert found.height == event.height


def test_an_event_that_nobody_has_ends_with_the_time(chain: OneValidator) -> None:
    with chain.client() as client:
        assert list(client.subscribe("never", timeout=0.5)) == []


def test_nobody_there() -> None:
    nobody = ChainClient(grpc="127.0.0.1:1", rpc="http://127.0.0.1:1", timeout=2)
    with nobody, pytest.raises(ChainFailure) as caught:
        next(nobody.subscribe("transfer"))
    assert caught.value.code == ChainCode.CHAIN_UNREACHABLE


def events(client: ChainClient, kind: str, *, from_height: int) -> list[ChainEvent]:
    return list(client.subscribe(kind, from_height=from_height, timeout=0.1))
