"""What CometBFT asks of a genesis before its first block, so that ours passes nothing it refuses.

The rules are those of `ConsensusParams.ValidateBasic` (types/params.go), of `NewValidatorSet`
(types/validator_set.go) and of `MaxDataBytes` (types/block.go). The engine's own words for the last
two are a panic. tests/differential/test_genesis.py compares both verdicts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from chain_module.abci.common import (
    BlockParams,
    ConsensusParams,
    EvidenceParams,
    KeyType,
    ValidatorUpdate,
)
from chain_module.genesis_form import BadGenesis, BadGenesisCode
from enclave.light_client.codec import MAX_TOTAL_POWER

MAX_BLOCK_BYTES: Final = 104_857_600
"""MaxBlockSizeBytes."""
NO_LIMIT: Final = -1
KEY_BYTES: Final = 32

_FRAME_BYTES: Final = 11 + 626 + 94
"""MaxOverheadForBlock, MaxHeaderBytes and MaxCommitOverheadBytes."""
_VOTE_BYTES: Final = 3_358
"""One vote of a commit (MaxCommitBytes): the engine reckons with its longest signature."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition on one field under `consensus_params`."""

    field: str
    holds: bool
    expected: str
    found: object


def check_validators(validators: Sequence[ValidatorUpdate]) -> None:
    """The rules on the first validators, in the order of the file.

    Raises:
        BadGenesis: NO_VALIDATORS, VALIDATOR_KEY, VALIDATOR_POWER or VALIDATOR_TWICE.
    """
    if not validators:
        raise BadGenesis(
            "validators",
            expected="at least one validator",
            found="none",
            code=BadGenesisCode.NO_VALIDATORS,
        )
    seen: dict[bytes, int] = {}
    total = 0
    for at, one in enumerate(validators):
        where = f"validators[{at}]"
        _check_key(one, f"{where}.pub_key")
        before = seen.setdefault(one.public_key, at)
        if before != at:
            raise BadGenesis(
                f"{where}.pub_key",
                expected="each validator once",
                found=f"the key of validators[{before}] again",
                code=BadGenesisCode.VALIDATOR_TWICE,
            )
        total += one.power
        check_power(one.power, total - one.power, f"{where}.power")


def check_power(power: int, before: int, where: str) -> None:
    """That a validator has votes, and no more than fit beside those of the others.

    Raises:
        BadGenesis: VALIDATOR_POWER.
    """
    if power <= 0:
        raise BadGenesis(
            where,
            expected="a power above 0: a validator without votes is none",
            found=str(power),
            code=BadGenesisCode.VALIDATOR_POWER,
        )
    if before + power > MAX_TOTAL_POWER:
        raise BadGenesis(
            where,
            expected=f"a power with which the sum of all is at most {MAX_TOTAL_POWER}",
            found=f"{power}, beside {before}",
            code=BadGenesisCode.VALIDATOR_POWER,
        )


def check_params(params: ConsensusParams, own: Sequence[Rule], *, validators: int) -> None:
    """The engine's rules on the parameters, and this chain's `own`.

    Raises:
        BadGenesis: CONSENSUS_PARAMS, with the field.
    """
    for rule in (*_engine_rules(params, validators), *own):
        if not rule.holds:
            raise BadGenesis(
                f"consensus_params.{rule.field}",
                expected=rule.expected,
                found=rule.found,
                code=BadGenesisCode.CONSENSUS_PARAMS,
            )


def block_of(params: ConsensusParams) -> BlockParams:
    """The limits of a block; a part that is missing has no room."""
    return params.block or BlockParams(max_bytes=0, max_gas=0)


def _check_key(one: ValidatorUpdate, where: str) -> None:
    if one.key_type is not KeyType.ED25519 or len(one.public_key) != KEY_BYTES:
        raise BadGenesis(
            where,
            expected=f"an Ed25519 key of {KEY_BYTES} bytes",
            found=f"{len(one.public_key)} bytes, {one.key_type.value}",
            code=BadGenesisCode.VALIDATOR_KEY,
        )


def _engine_rules(params: ConsensusParams, validators: int) -> Iterator[Rule]:
    block = block_of(params)
    evidence = params.evidence or EvidenceParams(0, 0, 0)
    most = MAX_BLOCK_BYTES if block.max_bytes == NO_LIMIT else block.max_bytes
    room = most - _FRAME_BYTES - _VOTE_BYTES * validators
    yield Rule(
        "block.max_bytes",
        0 < most <= MAX_BLOCK_BYTES,
        f"1 to {MAX_BLOCK_BYTES}, or {NO_LIMIT} for the engine's limit",
        block.max_bytes,
    )
    yield Rule(
        "block.max_bytes",
        room >= 0,
        f"room for a header and the votes of {validators} validators: at least {most - room}",
        block.max_bytes,
    )
    yield Rule("block.max_gas", block.max_gas >= NO_LIMIT, f"{NO_LIMIT} or more", block.max_gas)
    for name, value in (
        ("max_age_num_blocks", evidence.max_age_num_blocks),
        ("max_age_duration", evidence.max_age_duration_ns),
    ):
        yield Rule(f"evidence.{name}", value > 0, "a number above 0", value)
    yield Rule(
        "evidence.max_bytes",
        0 <= evidence.max_bytes <= room,
        f"0 to {room}: a block's room besides its header and the votes of {validators} validators",
        evidence.max_bytes,
    )
