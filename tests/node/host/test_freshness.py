"""The host keeps its enclave fresh: it publishes each start's nonce once, in time, and never more.

On a real chain whose own node publishes nothing; the enclave's freshness is the test's to decide.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enclave.registration.freshness import (
    FRESH_HEADERS,
    MAX_RECENT,
    RECENT_BLOCKS,
    within_recent,
)
from node.chain_client import ChainClient, ChainEvent, ChainFailure, Price
from node.config import NodeConfig
from node.config.parts import Part, pid_file
from node.enclave_client import EnclaveClient
from node.host import NEW_BLOCK, Freshness, Host
from node.host.freshness import (
    FIRST_RETRY_BLOCKS,
    LAST_RETRY_BLOCKS,
    LOOK_BLOCKS,
    MARGIN_HEADERS,
    Step,
    message_of,
    nonce_fee,
    step_at,
)
from node.keyring import SigningKey
from node.localnet.homes import ensure_key
from node.localnet.plan import OPERATOR
from node.metrics import Metrics
from node.supervisor import running as running_process
from seedpact.enclave.v1 import service_pb2 as pb
from seedpact.registration.v1 import types_pb2
from seedpact.registration.v1.tx_pb2 import MsgRevokeNode
from tests.node.host.test_host import Lines, running, until
from tests.support.fresh_enclave import FreshEnclave, fresh_enclave
from tests.support.lying_rpc import lying_rpc, powerless
from tests.support.one_validator import OneValidator, one_validator

NONCE: Final = b"\x11" * 32
NEXT: Final = b"\x22" * 32


def info(nonce: bytes = NONCE, *, fresh_until: int = 0) -> pb.GetInfoResponse:
    return pb.GetInfoResponse(
        state=pb.ENCLAVE_STATE_HOLDER, freshness_nonce=nonce, fresh_until=fresh_until
    )


def on_chain(nonce: bytes = NONCE, *, height: int, recent: list[int]) -> types_pb2.Freshness:
    return types_pb2.Freshness(nonce=nonce, height=height, recent_heights=recent)


@pytest.mark.parametrize(
    ("fresh_until", "published", "step"),
    [
        # The chain has nothing of this node.
        (0, None, Step.PUBLISH),
        (999, None, Step.PUBLISH),
        (1_299, None, Step.PUBLISH),
        (1_300, None, Step.NOTHING),
        (2_000, None, Step.NOTHING),
        # Another start's nonce, old or new.
        (0, on_chain(NEXT, height=999, recent=[999]), Step.PUBLISH),
        (1_299, on_chain(NEXT, height=900, recent=[900]), Step.PUBLISH),
        (1_300, on_chain(NEXT, height=300, recent=[300]), Step.NOTHING),
        # This start's, which the enclave has not seen proven, or not since.
        (0, on_chain(height=1_000, recent=[1_000]), Step.SHOW),
        (1_299, on_chain(height=300, recent=[300]), Step.SHOW),
        (1_299, on_chain(height=299, recent=[299]), Step.PUBLISH),
        # The limit, as it stands for block 1001: its hundred blocks begin with 902.
        (0, on_chain(NEXT, height=901, recent=[901] * MAX_RECENT), Step.PUBLISH),
        (0, on_chain(NEXT, height=902, recent=[902] * (MAX_RECENT - 1)), Step.PUBLISH),
        (0, on_chain(NEXT, height=902, recent=[902] * MAX_RECENT), Step.WAIT),
        (0, on_chain(NEXT, height=990, recent=[901, *[990] * (MAX_RECENT - 1)]), Step.PUBLISH),
        (0, on_chain(NEXT, height=990, recent=[902, *[990] * (MAX_RECENT - 1)]), Step.WAIT),
    ],
)
def test_what_is_to_be_done_at_height_1000(
    fresh_until: int, published: types_pb2.Freshness | None, step: Step
) -> None:
    assert step_at(1_000, info(fresh_until=fresh_until), published) is step


@given(
    height=st.integers(1, 5_000),
    fresh_until=st.integers(0, 6_000),
    at=st.integers(1, 5_000),
    same=st.booleans(),
)
def test_nothing_is_paid_for_twice_and_nothing_runs_out(
    height: int, fresh_until: int, at: int, *, same: bool
) -> None:
    """Whatever the enclave does with its nonce after it was proven."""
    at = min(at, height)
    published = on_chain(NONCE if same else NEXT, height=at, recent=[at])
    step = step_at(height, info(fresh_until=fresh_until), published)
    if fresh_until - height >= MARGIN_HEADERS:
        assert step is Step.NOTHING
    elif same and at + FRESH_HEADERS - height >= MARGIN_HEADERS:
        assert step is Step.SHOW
    else:
        assert step is Step.PUBLISH


def test_a_dozen_tries_fit_into_the_margin() -> None:
    tries, height, wait = 0, 0, FIRST_RETRY_BLOCKS
    while height < MARGIN_HEADERS:
        tries, height, wait = tries + 1, height + wait, min(2 * wait, LAST_RETRY_BLOCKS)
    assert tries >= 10
    in_window, height, wait = 0, 0, FIRST_RETRY_BLOCKS
    while height < RECENT_BLOCKS:
        in_window, height, wait = in_window + 1, height + wait, min(2 * wait, LAST_RETRY_BLOCKS)
    assert in_window < MAX_RECENT


# On a chain.


@dataclass
class Site:
    """One validator that publishes nothing by itself."""

    chain: OneValidator
    client: ChainClient
    key: SigningKey
    node_id: bytes
    enclave: FreshEnclave
    address: EnclaveClient
    metrics: Metrics

    def handler(self, key: SigningKey | None = None) -> Freshness:
        return Freshness(key or self.key, price=Price(), metrics=self.metrics)

    def published(self) -> types_pb2.Freshness | None:
        return self.client.freshness(self.node_id)

    def nonce(self) -> bytes:
        found = self.published()
        return b"" if found is None else found.nonce

    def has_all_its_room(self) -> bool:
        """What other tests published is a hundred blocks old.

        Also to who has not executed the newest block yet: CometBFT names a block as soon as it is
        stored.
        """
        found = self.published()
        recent = () if found is None else tuple(found.recent_heights)
        return not within_recent(recent, self.client.height())

    def host(self, log: Lines) -> Host:
        return Host(chain=self.client, enclave=self.address, handlers=[], log=log)

    def at(self, height: int) -> ChainEvent:
        return ChainEvent(NEW_BLOCK, {}, height)


def is_past(site: Site, height: int) -> bool:
    return site.client.height() > height


@pytest.fixture
def site(silent: OneValidator) -> Iterator[Site]:
    with (
        silent.client() as client,
        fresh_enclave(NodeConfig.load(silent.home).enclave_address) as (enclave, address),
    ):
        node_id = address.get_info().node_id
        key = ensure_key(silent.home, OPERATOR)
        yield Site(silent, client, key, node_id, enclave, address, Metrics())


def test_a_start_s_nonce_is_published_once_and_the_next_start_s_as_well(site: Site) -> None:
    held = site.client.balance(site.key.info.raw_address)
    for nonce in (NONCE, NEXT):
        site.enclave.nonce = nonce
        with running(site.client, site.address, site.handler()) as log:
            until(lambda: bool(log.of("nonce_published")))
            first = log.of("nonce_published")[0]
            assert site.nonce() == nonce
            until(partial(is_past, site, site.client.height() + 2 * LOOK_BLOCKS))
        assert log.of("nonce_published") == [first], "on the chain, and waiting to be shown"
        assert log.of("handler_failed") == []
    assert held - site.client.balance(site.key.info.raw_address) == 2 * nonce_fee(Price())
    assert "seedpact_operator_cannot_pay 0.0" in site.metrics.text()


def test_a_node_that_starts_again_beside_its_enclave_pays_nothing(site: Site) -> None:
    site.enclave.nonce = b"\x99" * 32
    with running(site.client, site.address, site.handler()) as log:
        until(lambda: bool(log.of("nonce_published")))
    held = site.client.balance(site.key.info.raw_address)
    log = Lines()
    site.handler().handle(site.host(log), site.at(site.client.height()))
    assert log.events == []
    assert site.client.balance(site.key.info.raw_address) == held


def test_the_next_nonce_comes_with_less_than_300_headers_left(site: Site) -> None:
    handler, log = site.handler(), Lines()
    site.enclave.nonce = b"\x33" * 32
    site.enclave.fresh_until = site.client.height() + 10 * MARGIN_HEADERS
    handler.handle(site.host(log), site.at(100))
    assert log.events == []
    assert site.nonce() != site.enclave.nonce
    assert f"fresh_until_height {float(site.enclave.fresh_until)}" in site.metrics.text()
    site.enclave.fresh_until = site.client.height() + MARGIN_HEADERS - 1
    handler.handle(site.host(log), site.at(100 + LOOK_BLOCKS - 1))
    assert log.events == [], "it looked a moment ago"
    handler.handle(site.host(log), site.at(100 + LOOK_BLOCKS))
    assert [event for event, _ in log.events] == ["nonce_published"]
    assert site.nonce() == site.enclave.nonce


@pytest.mark.parametrize("state", [pb.ENCLAVE_STATE_PENDING, pb.ENCLAVE_STATE_EMPTY])
def test_who_confirms_nothing_publishes_nothing(site: Site, state: pb.EnclaveState) -> None:
    """No holder; a fork was proven; an enclave without a nonce."""
    handler, log, before = site.handler(), Lines(), site.published()
    own = pb.ENCLAVE_STATE_UNSPECIFIED
    for nonce, forked, where in (
        (NONCE, True, own),
        (b"", False, own),
        (NEXT, False, state),
    ):
        site.enclave.nonce, site.enclave.forked, site.enclave.state = nonce, forked, where
        handler.handle(site.host(log), site.at(site.client.height() + 1_000))
    assert log.events == []
    assert site.published() == before


def test_a_node_without_voting_power_publishes_nothing(site: Site) -> None:
    site.enclave.nonce = b"\xaa" * 32
    chain, log = site.chain, Lines()
    with (
        lying_rpc(chain.rpc, powerless) as rpc,
        ChainClient(grpc=chain.grpc, rpc=rpc) as client,
    ):
        host = Host(chain=client, enclave=site.address, handlers=[], log=log)
        site.handler().handle(host, site.at(100))
    assert log.events == []
    assert site.nonce() != site.enclave.nonce


def test_a_revoked_node_publishes_nothing(tmp_path: Path) -> None:
    """A chain of its own: nothing brings the node back."""
    nobody = partial(replace, operator_key="")
    with (
        one_validator(tmp_path / "net", configure=nobody) as chain,
        chain.client() as client,
        fresh_enclave(NodeConfig.load(chain.home).enclave_address) as (enclave, address),
    ):
        key, node_id = ensure_key(chain.home, OPERATOR), address.get_info().node_id
        enclave.nonce = NONCE
        client.send_tx([MsgRevokeNode(signer=key.info.address, node_id=node_id)], key)
        held, log = client.balance(key.info.raw_address), Lines()
        host = Host(chain=client, enclave=address, handlers=[], log=log)
        Freshness(key, price=Price(), metrics=Metrics()).handle(host, ChainEvent(NEW_BLOCK, {}, 9))
        assert log.events == []
        assert client.freshness(node_id) is None
        assert client.balance(key.info.raw_address) == held


def test_an_operator_that_cannot_pay_is_said_once_and_sends_when_it_can(site: Site) -> None:
    price = Price(amount=10**18)
    handler, log = Freshness(site.key, price=price, metrics=site.metrics), Lines()
    site.enclave.nonce = b"\x44" * 32
    for height in (100, 100 + LOOK_BLOCKS, 100 + 2 * LOOK_BLOCKS):
        handler.handle(site.host(log), site.at(height))
    ((event, fields),) = log.events
    assert event == "operator_cannot_pay"
    assert str(fields["expected"]).startswith(f"{10**18}useed at seed1")
    assert "seedpact_operator_cannot_pay 1.0" in site.metrics.text()
    assert site.nonce() != site.enclave.nonce
    site.handler().handle(site.host(log), site.at(100))
    assert "seedpact_operator_cannot_pay 0.0" in site.metrics.text()
    assert site.nonce() == site.enclave.nonce


def test_a_key_that_is_not_the_record_s_operator_s_is_said(site: Site) -> None:
    stranger = ensure_key(site.chain.folder.faucet_home, "stranger")
    site.enclave.nonce = b"\x55" * 32
    handler, log = site.handler(stranger), Lines()
    for height in (100, 100 + LOOK_BLOCKS):
        handler.handle(site.host(log), site.at(height))
    ((event, fields),) = log.events
    assert (event, fields["found"]) == ("not_the_operator", stranger.info.address)
    assert site.nonce() != site.enclave.nonce


def test_a_try_that_fails_is_tried_again_later_and_a_new_start_at_once(site: Site) -> None:
    """The price is so low that the mempool refuses it."""
    free = Price(amount=0)
    handler, log = Freshness(site.key, price=free, metrics=site.metrics), Lines()
    site.enclave.nonce = b"\x66" * 32
    tries = []
    for height in range(100, 200):
        try:
            handler.handle(site.host(log), site.at(height))
        except ChainFailure as failure:
            tries.append((height, failure.code))
    assert tries == [(height, "insufficient_fee") for height in (100, 105, 115, 135, 175)]
    site.enclave.nonce = b"\x77" * 32
    with pytest.raises(ChainFailure):
        handler.handle(site.host(log), site.at(200))
    with pytest.raises(ChainFailure):
        handler.handle(site.host(log), site.at(200 + FIRST_RETRY_BLOCKS))


def test_the_chain_s_limit_is_looked_at_before_it_is_met(site: Site) -> None:
    """An enclave that starts again and again; refused messages would still be paid for."""
    until(site.has_all_its_room)
    one = message_of(site.key.info.raw_address, site.node_id, NONCE)
    site.client.send_tx([one] * MAX_RECENT, site.key)
    held, log = site.client.balance(site.key.info.raw_address), Lines()
    site.enclave.nonce = b"\x88" * 32
    site.handler().handle(site.host(log), site.at(site.client.height()))
    assert log.events == []
    assert site.client.balance(site.key.info.raw_address) == held


def test_a_node_keeps_its_own_enclave_fresh_through_a_restart(chain: OneValidator) -> None:
    """Its own process does it, with the key that its node.toml names, and its real enclave."""
    enclave = EnclaveClient(NodeConfig.load(chain.home).enclave_address)
    with chain.client() as client, enclave:
        node_id = enclave.get_info().node_id

        def published() -> bytes:
            found = client.freshness(node_id)
            return b"" if found is None else found.nonce

        until(lambda: bool(published()))
        first = published()
        process = running_process(pid_file(chain.home, Part.ENCLAVE))
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        until(lambda: published() != first)
        info = enclave.get_info()
        # Proven already, and then the next one waits; or on the chain, to be proven.
        assert info.fresh_until > 0 or info.freshness_nonce == published()
