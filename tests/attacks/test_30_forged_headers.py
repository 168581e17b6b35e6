"""Attack 30: headers forged with 1/3 or 2/3 of old validators; time and height going back.

[light client refuses]. The power counts, not the number of signers, and of the set that the trusted
header announced. What more than 2/3 of a set that an enclave still trusts can do is out of reach
(docs/spec/protocol.md section 11), until it has gone on to the next set.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from enclave.errors import Code
from enclave.light_client.codec import encode_validator_set
from enclave.light_client.types import Header
from enclave.time import Time
from seedpact.enclave.v1 import chain_pb2 as pb
from tests.support.enclaves import Node
from tests.support.headers import HeaderChain, Signers
from tests.support.refusals import refused_unchanged
from tests.support.world import Ledger, network

OLD = Signers.of("first", "second", "third", "fourth")
NEW = Signers.of("fifth", "sixth", "seventh", "eighth")
LAST_OF_OLD = 14
FORGED = b"\x66" * 32


@pytest.fixture
def scene() -> tuple[Ledger, Node]:
    """A holder at header 9 of a chain whose old validators are all replaced from header 15 on."""
    ledger, (founder,) = network("founder")
    ledger.height = 14
    ledger.catch_up()
    ledger.successors = NEW
    ledger.height = 20
    ledger.catch_up()
    founder.follow(pb.FollowChainRequest(steps=ledger.headers.steps(None, [9])))
    return ledger, founder


def forge(
    ledger: Ledger, *, above: int, signed_by: Signers, absent: frozenset[str] = frozenset()
) -> HeaderChain:
    """The chain up to a height, then headers with a state of the attacker's."""
    other = ledger.headers.fork(above)
    other.signers[above + 1] = signed_by
    while other.top < above + 4:
        other.add(app_hash=FORGED, time=ledger.time(other.top + 1), absent=absent)
    return other


def lead(founder: Node, chain: HeaderChain, *heights: int) -> pb.FollowChainResponse:
    """A liar shows the true set that the trusted header announced: any other has another hash."""
    trusted = founder.info().trusted_height
    steps = chain.steps(trusted, heights)
    announced = OLD if trusted < LAST_OF_OLD else NEW
    steps[0].trusted_next.CopyFrom(encode_validator_set(announced.validators))
    return founder.follow(pb.FollowChainRequest(steps=steps))


@pytest.mark.parametrize("count", [1, 2])
def test_30_a_part_of_the_old_validators_leads_nowhere(
    scene: tuple[Ledger, Node], count: int
) -> None:
    """1/3 is not enough to skip, nor is exactly 2/3; in sequence it is not even their turn."""
    ledger, founder = scene
    forged = forge(ledger, above=9, signed_by=Signers.made(OLD.members[:count]))
    with refused_unchanged(founder, Code.NOT_ENOUGH_TRUST):
        lead(founder, forged, 12)
    with refused_unchanged(founder, Code.VALIDATORS_MISMATCH):
        lead(founder, forged, 10)


@pytest.mark.parametrize("away", [{"first"}, {"first", "second"}, {"first", "second", "third"}])
def test_30_more_than_two_thirds_have_to_sign(scene: tuple[Ledger, Node], away: set[str]) -> None:
    ledger, founder = scene
    forged = forge(ledger, above=9, signed_by=OLD, absent=frozenset(away))
    if len(away) == 1:
        assert lead(founder, forged, 12).height == 12
        return
    with refused_unchanged(founder, Code.NOT_ENOUGH_TRUST):
        lead(founder, forged, 12)
    with refused_unchanged(founder, Code.NOT_ENOUGH_POWER):
        lead(founder, forged, 10)


def test_30_the_whole_old_set_forges_nothing_for_who_went_on(scene: tuple[Ledger, Node]) -> None:
    ledger, founder = scene
    lead(founder, ledger.headers, 14, 17)
    forged = forge(ledger, above=17, signed_by=OLD)
    with refused_unchanged(founder, Code.NOT_ENOUGH_TRUST):
        lead(founder, forged, 19)
    with refused_unchanged(founder, Code.VALIDATORS_MISMATCH):
        lead(founder, forged, 18)


def test_30_no_step_jumps_over_a_change_of_all_validators(scene: tuple[Ledger, Node]) -> None:
    """True headers: those who sign them are nobody yet."""
    ledger, founder = scene
    with refused_unchanged(founder, Code.NOT_ENOUGH_TRUST):
        lead(founder, ledger.headers, 17)
    assert lead(founder, ledger.headers, 14, 15, 19).height == 19


def test_30_height_and_time_do_not_go_back(scene: tuple[Ledger, Node]) -> None:
    ledger, founder = scene
    lead(founder, ledger.headers, 14)
    with refused_unchanged(founder, Code.ROLLED_BACK):
        founder.follow(pb.FollowChainRequest(steps=ledger.headers.steps(9, [12])))
    other = ledger.headers.fork(14)
    other.add(app_hash=FORGED, time=Time(ledger.time(14).seconds - 1))
    with refused_unchanged(founder, Code.TIME_NOT_FORWARD):
        lead(founder, other, 15)


def test_30_a_header_of_another_chain_with_the_same_validators(
    scene: tuple[Ledger, Node],
) -> None:
    ledger, founder = scene
    other = HeaderChain(chain_id="another-1", signers=OLD)
    for height in range(1, 13):
        other.add(app_hash=FORGED, time=ledger.time(height))
    with refused_unchanged(founder, Code.WRONG_CHAIN):
        lead(founder, other, 12)


CHANGES = {
    "the state": {"app_hash": FORGED},
    "the time": {"time": Time(2_000_000_000)},
    "the next validators": {"next_validators_hash": FORGED},
    "the transactions": {"data_hash": FORGED},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_30_a_signed_header_is_not_changed_afterwards(
    scene: tuple[Ledger, Node], change: dict[str, Any]
) -> None:
    ledger, founder = scene
    other = ledger.headers.fork(12)
    block = other.blocks[12]
    header: Header = replace(block.header, **change)
    other.blocks[12] = replace(block, header=header)
    with refused_unchanged(founder, Code.COMMIT_MISMATCH):
        lead(founder, other, 12)


def test_30_a_newcomer_starts_at_no_other_header_than_its_quotes() -> None:
    """A host that shows a forged header of the anchor's height."""
    ledger, (founder,) = network("founder")
    newcomer = Node("newcomer")
    ledger.prepare(newcomer)
    assert ledger.register(newcomer, founder).envelope
    anchor = ledger.bound[newcomer.info().node_id]
    forged = forge(ledger, above=anchor - 1, signed_by=ledger.headers.signers[anchor])
    chain = ledger.proof(newcomer)
    chain.root.CopyFrom(forged.root(anchor))
    del chain.steps[:]
    chain.steps.extend(forged.steps(anchor, [forged.top]))
    with refused_unchanged(newcomer, Code.UNVERIFIED_ANCHOR):
        newcomer.import_seed(chain)
