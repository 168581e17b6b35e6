"""Paths of headers: what is passed over, what falls back, and where a path may start."""

from __future__ import annotations

import pytest

from enclave.errors import Code
from enclave.proven.headers import MAX_STEPS, check_steps, follow, follow_on, root_header
from enclave.time import Time
from seedpact.enclave.v1 import chain_pb2
from tests.support.enclaves import GENESIS_TIME, inputs
from tests.support.headers import HeaderChain
from tests.support.refusals import refused
from tests.support.world import BLOCK_SECONDS

NETWORK = inputs()


@pytest.fixture
def chain() -> HeaderChain:
    """Twelve headers of the network."""
    made = HeaderChain(chain_id=NETWORK.chain_id)
    for number in range(12):
        made.add(app_hash=bytes(32), time=Time(GENESIS_TIME + BLOCK_SECONDS * number))
    return made


def test_a_path_leads_from_the_genesis_to_its_end(chain: HeaderChain) -> None:
    for heights in ([12], [2, 3, 9], [5, 12], []):
        steps = chain.steps(None, heights)
        assert follow(None, steps, network=NETWORK) == chain.header(heights[-1] if heights else 1)


def test_without_a_header_there_is_nothing_to_believe() -> None:
    with refused(Code.UNPROVEN_CONTEXT):
        follow(None, [], network=NETWORK)


def test_a_path_that_leaves_the_genesis_out_is_refused(chain: HeaderChain) -> None:
    with refused(Code.GENESIS_MISMATCH):
        follow(None, chain.steps(4, [9]), network=NETWORK)


def test_headers_out_of_order_are_refused(chain: HeaderChain) -> None:
    first, second = chain.steps(4, [6, 9])
    with refused(Code.HEIGHT_NOT_FORWARD):
        follow(chain.header(4), [second, first], network=NETWORK)


def test_the_way_up_to_the_trusted_header_is_passed_over(chain: HeaderChain) -> None:
    """A request whose answer was lost may be asked again."""
    steps = chain.steps(4, [6, 9])
    for trusted in (4, 6, 9):
        assert follow_on(chain.header(trusted), steps, network=NETWORK) == chain.header(9)
    assert follow_on(chain.header(9), [], network=NETWORK) == chain.header(9)


def test_who_trusts_no_header_is_led_from_the_genesis(chain: HeaderChain) -> None:
    assert follow_on(None, chain.steps(None, [6, 9]), network=NETWORK) == chain.header(9)


def test_what_is_passed_over_is_not_believed(chain: HeaderChain) -> None:
    junk = chain.steps(4, [6, 9])
    junk[0].block.signed_header.commit.signatures[0].signature = bytes(64)
    assert follow_on(chain.header(9), junk, network=NETWORK) == chain.header(9)


@pytest.mark.parametrize("heights", [[5], [8], [9], [5, 6, 7]])
def test_a_path_that_ends_below_the_trusted_header_is_a_roll_back(
    chain: HeaderChain, heights: list[int]
) -> None:
    with refused(Code.ROLLED_BACK):
        follow_on(chain.header(10), chain.steps(4, heights), network=NETWORK)


def test_another_header_of_the_trusted_height_is_a_roll_back(chain: HeaderChain) -> None:
    other = chain.fork(8)
    other.add(app_hash=b"\x01" * 32, time=chain.header(9).time)
    with refused(Code.ROLLED_BACK):
        follow_on(chain.header(9), other.steps(8, [9]), network=NETWORK)


def test_the_number_of_steps_is_bounded_before_any_is_looked_at() -> None:
    full = [chain_pb2.HeaderStep()] * MAX_STEPS
    check_steps(full, full)
    with refused(Code.TOO_LARGE):
        check_steps(full, [*full, chain_pb2.HeaderStep()])


class TestRoot:
    def test_the_header_of_the_bound_hash_is_the_root(self, chain: HeaderChain) -> None:
        root = root_header(chain.root(5), network=NETWORK, height=5, root_hash=chain.hash(5))
        assert root == chain.header(5)

    @pytest.mark.parametrize(("shown", "height", "bound"), [(6, 5, 5), (5, 6, 5), (5, 5, 6)])
    def test_another_header_is_no_root(
        self, chain: HeaderChain, shown: int, height: int, bound: int
    ) -> None:
        with refused(Code.UNVERIFIED_ANCHOR):
            root_header(
                chain.root(shown), network=NETWORK, height=height, root_hash=chain.hash(bound)
            )

    def test_a_header_of_another_network_is_no_root(self) -> None:
        """The quote bound it all the same: its enclave never looks at another chain."""
        other = HeaderChain(chain_id="another-1")
        other.add(app_hash=bytes(32), time=Time(GENESIS_TIME))
        with refused(Code.WRONG_NETWORK):
            root_header(other.root(1), network=NETWORK, height=1, root_hash=other.hash(1))
