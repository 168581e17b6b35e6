"""Laws of counting, over random sets, absences and forgeries; and of every byte of a block."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enclave.errors import Code, Refusal
from enclave.light_client.enclave_rule import verify_step
from enclave.light_client.tally import TrustLevel
from enclave.light_client.types import Header, KeyKind, LightBlock
from enclave.time import Time
from node.light_client.verifier import Options, verify
from tests.enclave.light_client.maker import (
    CHAIN_ID,
    START,
    Signer,
    make_header,
    signed_block,
    signer,
    validator_set,
)
from tests.enclave.light_client.refused_steps import OURS, good_step
from tests.support.refusals import refused

NOW: Final = Time(START + 10_000)
TWO_THIRDS: Final = Fraction(2, 3)

members_of_any_kind = st.builds(
    lambda number, power, kind: signer(number, power=power, kind=kind),
    st.integers(0, 9),
    st.integers(0, 40),
    st.sampled_from([KeyKind.ED25519, KeyKind.ED25519, KeyKind.SECP256K1]),
)
sets = st.lists(
    members_of_any_kind, min_size=1, max_size=7, unique_by=lambda member: member.validator.address
)


@dataclass(frozen=True, slots=True)
class Scene:
    """Who is in the two sets, and what each signer did."""

    trusted: tuple[Signer, ...]
    own: tuple[Signer, ...]
    did: tuple[str, ...]
    """For each of `own`: voted, absent, nil or forged."""

    def who(self, deed: str) -> list[Signer]:
        """The signers who did it."""
        return [member for member, did in zip(self.own, self.did, strict=True) if did == deed]

    def proposed(self) -> LightBlock:
        """The block that they made."""
        return signed_block(
            make_header(20, self.own),
            self.own,
            absent=self.who("absent"),
            nil=self.who("nil"),
            forged=self.who("forged"),
        )


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """Sets that have some members in common, and mostly enough votes."""
    own = draw(sets)
    stay = draw(st.lists(st.sampled_from(own), unique_by=id))
    leave = draw(st.lists(members_of_any_kind, max_size=3))
    trusted = {member.validator.address: member for member in (*leave, *stay)}
    deeds = st.sampled_from(["voted"] * 7 + ["absent", "nil", "forged"])
    did = draw(st.lists(deeds, min_size=len(own), max_size=len(own)))
    return Scene(tuple(trusted.values()) or tuple(own), tuple(own), tuple(did))


def signed_part(scene: Scene, members: Collection[Signer]) -> Fraction:
    """The part of `members`'s power, each by its own weight there, that voted for the block."""
    total = sum(member.power for member in members)
    voted = {member.validator.address for member in scene.who("voted")}
    power = sum(member.power for member in members if member.validator.address in voted)
    return Fraction(power, total) if total else Fraction(0)


@given(scenes(), st.sampled_from([(1, 3), (1, 2), (2, 3), (1, 1)]))
def test_a_skip_is_taken_exactly_where_enough_of_both_sets_signed(
    scene: Scene, level: tuple[int, int]
) -> None:
    trusted = make_header(7, OURS, following=scene.trusted)
    made = scene.proposed()
    options = Options(trusting_period=2**62, clock_drift=0, trust_level=TrustLevel(*level))
    trusted_next = validator_set(scene.trusted)

    def by_client() -> Header:
        return verify(trusted, made, trusted_next=trusted_next, options=options, now=NOW)

    def by_enclave() -> Header:
        return verify_step(trusted, made, chain_id=CHAIN_ID, trusted_next=trusted_next)

    for rule, part in ((by_client, Fraction(*level)), (by_enclave, TWO_THIRDS)):
        if signed_part(scene, scene.trusted) <= part:
            expected: Code | None = Code.NOT_ENOUGH_TRUST
        elif signed_part(scene, scene.own) <= TWO_THIRDS:
            expected = Code.NOT_ENOUGH_POWER
        else:
            expected = None
        if expected is None:
            assert rule() == made.header
        else:
            with refused(expected):
                rule()


@given(scenes())
def test_the_next_block_is_taken_exactly_where_enough_of_its_set_signed(scene: Scene) -> None:
    trusted = make_header(19, OURS, following=scene.own)
    made = scene.proposed()
    enough = signed_part(scene, scene.own) > TWO_THIRDS
    try:
        header = verify_step(trusted, made, chain_id=CHAIN_ID, trusted_next=None)
    except Refusal as refusal:
        outcome: object = refusal.code
    else:
        outcome = header
    assert outcome == (made.header if enough else Code.NOT_ENOUGH_POWER)


@given(st.sampled_from([field.name for field in fields(Header)]), st.data())
def test_no_field_of_a_signed_header_can_be_changed(name: str, data: st.DataObject) -> None:
    proposed = good_step()
    header = proposed.block.header
    other = replace(header, **{name: another(getattr(header, name), data)})
    changed = replace(proposed.block, header=other)
    with pytest.raises(Refusal):
        verify_step(proposed.trusted, changed, chain_id=CHAIN_ID, trusted_next=None)


def another(value: Any, data: st.DataObject) -> Any:
    """A value of the same type."""
    if isinstance(value, bytes):
        other: Any = data.draw(st.binary(min_size=len(value), max_size=len(value)))
    elif isinstance(value, int):
        other = data.draw(st.integers(1, 100))
    elif isinstance(value, str):
        other = data.draw(st.text(max_size=20))
    elif isinstance(value, Time):
        other = Time(data.draw(st.integers(START, START + 99)), data.draw(st.integers(0, 9)))
    else:
        other = replace(value, hash=data.draw(st.binary(min_size=32, max_size=32)))
    return other if other != value else replace_zero(value)


def replace_zero(value: Any) -> Any:
    """Some other value, where the draw gave the same."""
    if isinstance(value, bytes):
        return bytes(len(value)) if any(value) else b"\1" * len(value)
    if isinstance(value, int):
        return value + 1
    if isinstance(value, str):
        return value + "!"
    if isinstance(value, Time):
        return Time(value.seconds + 1, value.nanos)
    return replace(value, parts_total=value.parts_total + 1)
