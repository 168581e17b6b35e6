"""CometBFT's general verifier (light/verifier.go): trusting period, clock, any trust level.

What clients outside of an enclave go by; the enclave's own rule is `enclave_rule`. Published cases
are judged with it, over the enclave's own predicates. In the order of `Verify`: the trusted
header's age, the new one by itself, forward, not from the future, its set, then the announced set
(adjacent) or enough of the trusted set (skipping), and +2/3 of its own.

NOT_ENOUGH_TRUST means "not yet": a block between the two may help (`bisection`). Every other
refusal says that the block is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

from enclave.errors import Code, Refusal
from enclave.light_client import predicates
from enclave.light_client.tally import (
    ONE_THIRD,
    TrustLevel,
    Votes,
    own_set_signed,
    trusted_set_signed,
)
from enclave.light_client.types import Header, LightBlock, ValidatorSet
from enclave.time import NANOSECONDS, Time


@dataclass(frozen=True, slots=True)
class Options:
    """What a client decides by itself."""

    trusting_period: int
    """Nanoseconds: how long after its time a header's validators can still be punished."""
    clock_drift: int
    """Nanoseconds that a header may be ahead of `now`."""
    trust_level: TrustLevel = ONE_THIRD
    """From 1/3 to 1."""
    block_protocol: int = predicates.BLOCK_PROTOCOL


def verify(
    trusted: Header,
    block: LightBlock,
    *,
    trusted_next: ValidatorSet | None,
    options: Options,
    now: Time,
) -> Header:
    """The header of `block`, which follows from `trusted`.

    Args:
        trusted: a header that is believed.
        block: a light block of any later height.
        trusted_next: the set whose hash is `trusted.next_validators_hash`; None where the block's
            own set is that set. One that is given and not needed has to be right all the same.
        options: the client's choices.
        now: the time by which age and future are judged.

    Raises:
        Refusal: NOT_ENOUGH_TRUST; BAD_TRUST_LEVEL, TRUSTED_HEADER_EXPIRED, WRONG_CHAIN,
            WRONG_BLOCK_PROTOCOL, COMMIT_MISMATCH, HEIGHT_NOT_FORWARD, TIME_NOT_FORWARD,
            HEADER_FROM_FUTURE, VALIDATORS_MISMATCH, UNTRUSTED_VALIDATORS, DOUBLE_VOTE,
            NOT_ENOUGH_POWER.
    """
    check_trust_level(options.trust_level)
    header = block.header
    _is_within_trusting_period(trusted, period=options.trusting_period, now=now)
    predicates.is_of_chain(header, trusted.chain_id)
    predicates.has_block_protocol(header, options.block_protocol)
    predicates.commit_has_height(block)
    predicates.commit_has_hash(block)
    predicates.height_moves_forward(trusted, header)
    predicates.time_moves_forward(trusted, header)
    _is_not_from_future(header, drift=options.clock_drift, now=now)
    predicates.set_is_of_header(block.validators, header)
    votes = Votes(block.commit, chain_id=trusted.chain_id)
    announced = predicates.announced_set(trusted, block, trusted_next)
    if header.height == trusted.height + 1:
        predicates.set_is_next(trusted, header)
    else:
        trusted_set_signed(announced, votes, options.trust_level)
    own_set_signed(block, votes)
    return header


def check_trust_level(level: TrustLevel) -> None:
    """From 1/3, below which no honest validator need have signed, to 1.

    Raises:
        Refusal: BAD_TRUST_LEVEL.
    """
    if not 0 < level.denominator <= 3 * level.numerator <= 3 * level.denominator:
        raise Refusal(Code.BAD_TRUST_LEVEL, expected="a part from 1/3 to 1", found=str(level))


def _is_within_trusting_period(trusted: Header, *, period: int, now: Time) -> None:
    """TRUSTED_HEADER_EXPIRED; `period` in nanoseconds. At its end exactly it is over."""
    if _nanos(trusted.time) + period <= _nanos(now):
        raise Refusal(
            Code.TRUSTED_HEADER_EXPIRED,
            expected=f"a trusted header younger than {period} ns at {predicates.shown_time(now)}",
            found=f"one of {predicates.shown_time(trusted.time)}",
        )


def _is_not_from_future(header: Header, *, drift: int, now: Time) -> None:
    """HEADER_FROM_FUTURE; `drift` in nanoseconds is how far clocks may differ."""
    if _nanos(header.time) >= _nanos(now) + drift:
        raise Refusal(
            Code.HEADER_FROM_FUTURE,
            expected=f"a time before {predicates.shown_time(now)} and {drift} ns",
            found=predicates.shown_time(header.time),
        )


def _nanos(time: Time) -> int:
    return time.seconds * NANOSECONDS + time.nanos
