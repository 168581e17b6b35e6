"""What a confirmer remembers, and whether it believes that its enclave is there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.confirmer import Refused
from node.confirmer.memory import (
    QUARANTINE_BLOCKS,
    REMEMBERED,
    Outcomes,
    Quarantine,
    outcome_key,
)
from node.confirmer.presence import Presence
from node.metrics import Metrics
from seedpact.enclave.v1 import service_pb2 as pb
from tests.support.registrations import REGISTRATION

OUTCOME = Refused("code", "expected", "found")
OTHERS: Final[dict[str, Any]] = {
    "operator": b"x" * 20,
    "exchange_key": b"x" * 32,
    "kem_ciphertext": b"x" * 1088,
    "epoch": 1,
    "anchor_height": 8,
    "anchor_hash": b"x" * 32,
    "tls_key": b"x" * 32,
    "quote": b"another",
    "collateral": b"[]",
}
HERE = pb.GetInfoResponse(state=pb.ENCLAVE_STATE_HOLDER, node_id=bytes(32))


@pytest.mark.parametrize("field", OTHERS)
def test_every_field_of_a_registration_is_part_of_the_question(field: str) -> None:
    other = replace(REGISTRATION, **{field: OTHERS[field]})
    assert outcome_key(other) != outcome_key(REGISTRATION)
    assert outcome_key(REGISTRATION) == outcome_key(replace(REGISTRATION))


@given(st.lists(st.tuples(st.integers(1, 5), st.binary(max_size=1)), max_size=30))
def test_only_outcomes_of_the_newest_height_are_remembered(puts: list[tuple[int, bytes]]) -> None:
    outcomes, newest, known = Outcomes(), 0, set[bytes]()
    for height, key in puts:
        outcomes.put(height, key, OUTCOME)
        if height > newest:
            newest, known = height, set()
        if height == newest:
            known.add(key)
        for asked in {key for _, key in puts}:
            assert (outcomes.get(asked) is not None) == (asked in known)
    outcomes.begin(newest + 1)
    assert all(outcomes.get(key) is None for _, key in puts)


def test_outcomes_are_bounded() -> None:
    outcomes = Outcomes()
    keys = [number.to_bytes(2, "big") for number in range(REMEMBERED + 10)]
    for key in keys:
        outcomes.put(1, key, OUTCOME)
    assert sum(outcomes.get(key) is not None for key in keys) == REMEMBERED


@given(st.integers(1, 10**6), st.integers(0, 300))
def test_quarantine_ends_after_its_blocks(height: int, later: int) -> None:
    quarantine = Quarantine()
    quarantine.add(REGISTRATION, height=height)
    quarantine.add(replace(REGISTRATION, quote=b"another"), height=height + later)
    until = quarantine.until(REGISTRATION, height=height + later)
    assert (until is None) == (later > QUARANTINE_BLOCKS)
    assert until in (None, height + QUARANTINE_BLOCKS + 1)


def test_the_same_quote_and_keys_are_the_same_whoever_sends_them() -> None:
    quarantine = Quarantine()
    quarantine.add(REGISTRATION, height=1)
    same = replace(REGISTRATION, operator=b"x" * 20, collateral=b"[]", anchor_height=8)
    assert quarantine.until(same, height=2) is not None
    for field in ("quote", "exchange_key", "kem_ciphertext", "tls_key"):
        other = replace(REGISTRATION, **{field: OTHERS[field]})
        assert quarantine.until(other, height=2) is None


def test_an_answer_to_an_older_ping_does_not_bring_it_back() -> None:
    """The ping was sent, then a block waited in vain: that answer says nothing of after it."""
    presence = Presence(Metrics())
    assert presence.away is not None
    assert presence.answered(HERE, losses=presence.losses)
    before = presence.losses
    assert presence.lost("late")
    assert not presence.lost("late")
    assert not presence.answered(HERE, losses=before)
    assert presence.away == "late"
    assert presence.answered(HERE, losses=presence.losses)
    assert presence.away is None
    assert not presence.answered(HERE, losses=presence.losses)


def test_only_a_holder_has_a_node_id() -> None:
    presence = Presence(Metrics())
    presence.answered(HERE, losses=0)
    assert presence.holder == bytes(32)
    pending = pb.GetInfoResponse(state=pb.ENCLAVE_STATE_PENDING, node_id=bytes(32))
    presence.answered(pending, losses=0)
    assert presence.holder is None
