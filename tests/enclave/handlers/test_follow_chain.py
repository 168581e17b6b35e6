"""follow_chain: how far an enclave is led, from which root, and never back (protocol.md 7, 8)."""

from __future__ import annotations

from typing import Any

import pytest

from enclave.errors import Code
from enclave.framework.states import State
from seedpact.enclave.v1 import chain_pb2 as pb
from tests.support.enclaves import Node
from tests.support.refusals import refused_unchanged
from tests.support.world import Ledger, confirmed_newcomer, network


@pytest.fixture
def pending() -> tuple[Ledger, Node]:
    """A newcomer whose registration the chain confirmed, long ago."""
    ledger, _, node = confirmed_newcomer()
    return ledger, node


def from_root(ledger: Ledger, node: Node, *heights: int, **changes: Any) -> pb.FollowChainRequest:
    """From the anchor of the node's recorded quote over these headers."""
    anchor = ledger.bound[node.info().node_id]
    request = pb.FollowChainRequest(
        anchor_height=anchor,
        anchor_hash=ledger.headers.hash(anchor),
        root=ledger.headers.root(anchor),
        steps=ledger.headers.steps(anchor, heights),
    )
    for name, value in changes.items():
        if value is None:
            request.ClearField(name)
        else:
            setattr(request, name, value)
    return request


class TestHolder:
    def test_a_holder_follows_from_the_genesis_in_as_many_requests_as_it_takes(self) -> None:
        ledger, (founder,) = network("founder")
        ledger.height = 30
        ledger.catch_up()
        assert founder.info().trusted_height == 0
        answer = founder.follow(pb.FollowChainRequest(steps=ledger.headers.steps(None, [])))
        assert (answer.height, answer.hash) == (1, ledger.headers.hash(1))
        for height in (2, 9, 29):
            trusted = founder.info().trusted_height
            steps = ledger.headers.steps(trusted, [height])
            assert founder.follow(pb.FollowChainRequest(steps=steps)).height == height
            founder.start()
            assert founder.info().trusted_height == height

    def test_asked_again_it_says_the_same(self) -> None:
        ledger, (founder,) = network("founder")
        ledger.catch_up()
        request = pb.FollowChainRequest(steps=ledger.headers.steps(None, [4, 9]))
        first = founder.follow(request)
        before = founder.info()
        assert founder.follow(request) == first
        assert founder.info() == before

    def test_nothing_leads_it_back(self) -> None:
        ledger, (founder,) = network("founder")
        ledger.catch_up()
        founder.follow(pb.FollowChainRequest(steps=ledger.headers.steps(None, [9])))
        for steps in (ledger.headers.steps(None, [8]), ledger.headers.steps(5, [7])):
            with refused_unchanged(founder, Code.ROLLED_BACK):
                founder.follow(pb.FollowChainRequest(steps=steps))

    def test_a_holder_has_one_root_and_takes_no_other(self) -> None:
        ledger, (founder, member) = network("founder", "member")
        ledger.height += 3
        ledger.catch_up()
        for node in (founder, member):
            trusted = node.info().trusted_height
            steps = ledger.headers.steps(trusted, [ledger.height - 1])
            root = ledger.headers.root(trusted)
            for request in (
                pb.FollowChainRequest(steps=steps, root=root),
                pb.FollowChainRequest(steps=steps, anchor_height=7),
                pb.FollowChainRequest(steps=steps, anchor_hash=bytes(32)),
                pb.FollowChainRequest(),
            ):
                with refused_unchanged(node, Code.BAD_VALUE):
                    node.follow(request)

    def test_a_member_goes_on_from_the_header_that_proved_its_record(self) -> None:
        ledger, (_, member) = network("founder", "member")
        info = member.info()
        assert info.root_height < info.trusted_height == ledger.height - 1


class TestNewcomer:
    def test_a_newcomer_is_led_from_its_anchor(self, pending: tuple[Ledger, Node]) -> None:
        ledger, node = pending
        end = ledger.height - 1
        answer = node.follow(from_root(ledger, node, end))
        assert (answer.height, answer.hash) == (end, ledger.headers.hash(end))
        assert node.enclave.state is State.PENDING
        node.start()
        assert node.info().trusted_height == end

    def test_it_goes_on_without_the_root_from_where_it_is(
        self, pending: tuple[Ledger, Node]
    ) -> None:
        ledger, node = pending
        with refused_unchanged(node, Code.UNPROVEN_CONTEXT):
            node.follow(from_root(ledger, node, 20, root=None))
        node.follow(from_root(ledger, node, 20))
        anchor = ledger.bound[node.info().node_id]
        further = pb.FollowChainRequest(
            anchor_height=anchor,
            anchor_hash=ledger.headers.hash(anchor),
            steps=ledger.headers.steps(20, [25]),
        )
        assert node.follow(further).height == 25
        chain = ledger.proof(node)
        chain.ClearField("root")
        del chain.steps[:]
        chain.steps.extend(ledger.headers.steps(25, [ledger.height - 1]))
        assert node.import_seed(chain).epochs == [0]

    def test_it_may_start_at_its_root_again_but_not_end_lower(
        self, pending: tuple[Ledger, Node]
    ) -> None:
        ledger, node = pending
        node.follow(from_root(ledger, node, 20))
        with refused_unchanged(node, Code.ROLLED_BACK):
            node.follow(from_root(ledger, node, 19))
        assert node.follow(from_root(ledger, node, 20)).height == 20
        assert node.follow(from_root(ledger, node, 21)).height == 21

    def test_an_anchor_that_no_quote_bound_is_no_root(self, pending: tuple[Ledger, Node]) -> None:
        ledger, node = pending
        for changes, code in (
            ({"anchor_height": 8}, Code.UNKNOWN_QUOTE),
            ({"anchor_hash": ledger.headers.hash(8)}, Code.UNKNOWN_QUOTE),
            ({"anchor_hash": bytes(31)}, Code.BAD_LENGTH),
        ):
            with refused_unchanged(node, code):
                node.follow(from_root(ledger, node, 20, **changes))
        other = from_root(ledger, node, 20)
        other.root.CopyFrom(ledger.headers.root(other.anchor_height + 1))
        with refused_unchanged(node, Code.UNVERIFIED_ANCHOR):
            node.follow(other)

    def test_quotes_of_one_anchor_are_led_together_and_others_not(
        self, pending: tuple[Ledger, Node]
    ) -> None:
        ledger, node = pending
        anchor = ledger.bound[node.info().node_id]
        node.make_quote(ledger.purpose(anchor_height=anchor))
        node.make_quote(ledger.purpose(anchor_height=anchor + 1))
        node.follow(from_root(ledger, node, 20))
        led = [entry.header and entry.header.height for entry in node.enclave.keys.quotes()]
        assert led == [20, 20, None]

    def test_a_quote_of_another_header_at_that_height_is_not_led_with_it(
        self, pending: tuple[Ledger, Node]
    ) -> None:
        """A private chain's: else its header would prove the record of the true one."""
        ledger, node = pending
        anchor = ledger.bound[node.info().node_id]
        private = ledger.headers.fork(anchor - 1)
        for height in (anchor, anchor + 1):
            private.add(app_hash=b"\x02" * 32, time=ledger.time(height))
        purpose = ledger.purpose(anchor_height=anchor)
        purpose.anchor_hash = private.hash(anchor)
        node.make_quote(purpose)
        node.follow(
            pb.FollowChainRequest(
                anchor_height=anchor,
                anchor_hash=private.hash(anchor),
                root=private.root(anchor),
                steps=private.steps(anchor, [anchor + 1]),
            )
        )
        true, told = node.enclave.keys.quotes()
        assert true.header is None
        assert told.header == private.header(anchor + 1)
        chain = ledger.proof(node)
        chain.ClearField("root")
        with refused_unchanged(node, Code.UNPROVEN_CONTEXT):
            node.import_seed(chain)
        node.follow(from_root(ledger, node, 20))
        true, told = node.enclave.keys.quotes()
        assert (true.header, told.header) == (ledger.headers.header(20), private.header(anchor + 1))
