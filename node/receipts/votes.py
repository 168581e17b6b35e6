"""The votes of a commit in a receipt: those that are needed, each of them good.

A light client counts votes until there are enough, and a chain's commit has more. What nobody
looks at could be changed and not be seen, so a receipt leaves it out: no vote can be changed, and
none be taken away, without the header losing its 2/3. A vote that is left out stands there as an
absent one.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Final

from enclave.errors import Code, Refusal
from enclave.light_client.enclave_rule import Step
from enclave.light_client.form import ZERO_TIME
from enclave.light_client.predicates import commit_has_places
from enclave.light_client.tally import TWO_THIRDS
from enclave.light_client.tally import Votes as Verified
from enclave.light_client.types import BlockIdFlag, CommitSig, LightBlock, ValidatorSet

ABSENT: Final = CommitSig(BlockIdFlag.ABSENT, b"", ZERO_TIME, b"")


def check_votes(block: LightBlock, *, chain_id: str) -> None:
    """Every vote names the block and verifies, as a receipt has them.

    Raises:
        Refusal: COMMIT_MISMATCH.
    """
    commit_has_places(block)
    good = _good_places(block, chain_id)
    for place, vote in enumerate(block.commit.signatures):
        if vote.flag is not BlockIdFlag.ABSENT and place not in good:
            raise Refusal(
                Code.COMMIT_MISMATCH,
                expected=f"at place {place} of height {block.header.height} a good vote, or none",
                found=f"one that is for no block, or does not verify: {vote.signature.hex()}",
            )


def needed_votes(step: Step, *, chain_id: str, skips: bool) -> Step:
    """The step with as few votes as it can do with, the heaviest of them.

    Args:
        step: one that the enclave's rule lets pass.
        chain_id: of its header.
        skips: whether the set that was announced must have signed it too.
    """
    block = step.block
    votes = block.commit.signatures
    kept = _good_places(block, chain_id)
    signed = {votes[place].validator_address for place in kept}
    sets = [_Power.of(block.validators, signed)]
    if skips and step.trusted_next is not None:
        sets.append(_Power.of(step.trusted_next, signed))
    # Sets are sorted by power: the last are the lightest.
    for place in sorted(kept, reverse=True):
        if all(power.can_do_without(votes[place].validator_address) for power in sets):
            kept -= {place}
            for power in sets:
                power.leave_out(votes[place].validator_address)
    few = tuple(vote if place in kept else ABSENT for place, vote in enumerate(votes))
    return replace(step, block=replace(block, commit=replace(block.commit, signatures=few)))


@dataclass(slots=True)
class _Power:
    """How much of one set's power signed."""

    by_address: Mapping[bytes, int]
    total: int
    signed: int

    @staticmethod
    def of(validators: ValidatorSet, signed: AbstractSet[bytes]) -> _Power:
        by_address = {one.address: one.voting_power for one in validators.validators}
        power = sum(own for address, own in by_address.items() if address in signed)
        return _Power(by_address, validators.total_power, power)

    def can_do_without(self, address: bytes) -> bool:
        left = self.signed - self.by_address.get(address, 0)
        return TWO_THIRDS.is_exceeded(left, total=self.total)

    def leave_out(self, address: bytes) -> None:
        self.signed -= self.by_address.get(address, 0)


def _good_places(block: LightBlock, chain_id: str) -> frozenset[int]:
    verified = Verified(block.commit, chain_id=chain_id)
    pairs = zip(block.validators.validators, block.commit.signatures, strict=True)
    return frozenset(
        place
        for place, (validator, vote) in enumerate(pairs)
        if vote.flag is BlockIdFlag.COMMIT
        and vote.validator_address == validator.address
        and verified.verified(place, validator.key)
    )
