"""The first header is believed against the inputs of the network's identity alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import pytest

from enclave.errors import Code
from enclave.light_client.enclave_rule import verify_genesis
from enclave.light_client.hashes import validators_hash
from enclave.light_client.types import Header, LightBlock
from enclave.time import NANOSECONDS, Time
from tests.enclave.light_client.maker import (
    CHAIN_ID,
    START,
    block,
    make_header,
    signed_block,
    validator_set,
    with_signatures,
)
from tests.enclave.light_client.refused_steps import OURS, THEIRS
from tests.support.refusals import refused

INITIAL: Final = 5
FIRST: Final = block(INITIAL, OURS)


@dataclass(frozen=True, slots=True)
class Inputs:
    """Of the network's identity."""

    chain_id: str = CHAIN_ID
    height: int = INITIAL
    time_ns: int = (START + INITIAL) * NANOSECONDS + 5
    validators_hash: bytes = validators_hash(validator_set(OURS))


def believed(first: LightBlock, inputs: Inputs) -> Header:
    return verify_genesis(
        first,
        chain_id=inputs.chain_id,
        height=inputs.height,
        time_ns=inputs.time_ns,
        validators_hash=inputs.validators_hash,
    )


def test_the_first_block_is_believed() -> None:
    assert believed(FIRST, Inputs()) == FIRST.header


FOREIGN: Final[Mapping[str, tuple[Inputs, Code]]] = {
    "chain": (Inputs(chain_id="another-chain"), Code.WRONG_CHAIN),
    "height": (Inputs(height=INITIAL + 1), Code.GENESIS_MISMATCH),
    "time": (Inputs(time_ns=Inputs().time_ns + 1), Code.GENESIS_MISMATCH),
    "validators": (
        Inputs(validators_hash=validators_hash(validator_set(THEIRS))),
        Code.GENESIS_MISMATCH,
    ),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_block_of_another_genesis_is_refused(name: str) -> None:
    inputs, code = FOREIGN[name]
    with refused(code):
        believed(FIRST, inputs)


WRONG: Final[Mapping[Callable[[], LightBlock], Code]] = {
    lambda: signed_block(make_header(INITIAL, OURS, block_protocol=10), OURS): (
        Code.WRONG_BLOCK_PROTOCOL
    ),
    lambda: replace(FIRST, header=replace(FIRST.header, app_hash=b"")): Code.COMMIT_MISMATCH,
    lambda: replace(FIRST, commit=replace(FIRST.commit, height=6)): Code.COMMIT_MISMATCH,
    lambda: with_signatures(FIRST, FIRST.commit.signatures[1:]): Code.COMMIT_MISMATCH,
    lambda: signed_block(FIRST.header, THEIRS): Code.VALIDATORS_MISMATCH,
    lambda: block(INITIAL, OURS, absent=OURS[:2]): Code.NOT_ENOUGH_POWER,
    lambda: block(INITIAL, OURS, forged=OURS[:2]): Code.NOT_ENOUGH_POWER,
}


@pytest.mark.parametrize("make", WRONG)
def test_a_first_block_that_its_set_did_not_sign_is_refused(
    make: Callable[[], LightBlock],
) -> None:
    with refused(WRONG[make]):
        believed(make(), Inputs())


def test_a_time_before_1970_is_a_time() -> None:
    """Nanoseconds round down, whatever their sign."""
    header = make_header(INITIAL, OURS, time=Time(-1, 999_999_999))
    first = signed_block(header, OURS)
    assert believed(first, Inputs(time_ns=-1)) == header
