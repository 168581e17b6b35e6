"""How much of a set's power signed a block (CometBFT types/validation.go).

A signature counts where its flag names the block and it verifies under the key of the validator
whose address it bears. One that does not verify is not counted, and fails nothing: CometBFT fails
the whole commit, but by ZIP-215, which takes more signatures than libsodium does. In all else
the walk is CometBFT's own: in the commit's order, and it ends where enough is counted; what lies
behind that is not looked at.

Powers are claimed first: where even good signatures would not be enough, none is verified.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from enclave.errors import Code, Refusal
from enclave.light_client.keys import verifies
from enclave.light_client.predicates import commit_has_places
from enclave.light_client.sign_bytes import SignBytes
from enclave.light_client.types import (
    BlockIdFlag,
    Commit,
    LightBlock,
    PublicKey,
    Validator,
    ValidatorSet,
)


@dataclass(frozen=True, slots=True)
class TrustLevel:
    """A part of a set's power that has to be exceeded."""

    numerator: int
    denominator: int

    def is_exceeded(self, power: int, *, total: int) -> bool:
        """Whether `power` is more than this part of `total`."""
        return power * self.denominator > total * self.numerator

    def __str__(self) -> str:
        return f"{self.numerator}/{self.denominator}"


ONE_THIRD: Final = TrustLevel(1, 3)
"""CometBFT's default: at least one who signed is honest."""
TWO_THIRDS: Final = TrustLevel(2, 3)
"""Of a block's own set, always; in the enclave of the trusted set too."""


class Votes:
    """The signatures of one commit, each verified at most once under one key."""

    __slots__ = ("_sign_bytes", "_verified", "commit")

    def __init__(self, commit: Commit, *, chain_id: str) -> None:
        self.commit = commit
        self._sign_bytes = SignBytes(commit, chain_id=chain_id)
        self._verified: dict[int, tuple[PublicKey, bool]] = {}

    def verified(self, place: int, key: PublicKey) -> bool:
        """Whether the signature at `place` is `key`'s."""
        known = self._verified.get(place)
        if known is None or known[0] != key:
            signature = self.commit.signatures[place]
            message = self._sign_bytes.of(signature)
            known = key, verifies(key, signature.signature, message)
            self._verified[place] = known
        return known[1]


def own_set_signed(block: LightBlock, votes: Votes) -> None:
    """More than 2/3 of the block's own set signed it, each at its own place.

    Raises:
        Refusal: COMMIT_MISMATCH for another number of places, or an address at another's place;
            NOT_ENOUGH_POWER.
    """
    commit_has_places(block)
    _require(
        lambda: _own_places(block),
        votes,
        TWO_THIRDS,
        total=block.validators.total_power,
        code=Code.NOT_ENOUGH_POWER,
    )


def trusted_set_signed(trusted: ValidatorSet, votes: Votes, level: TrustLevel) -> None:
    """More than `level` of a set that is trusted already signed the block, whatever its own set.

    Raises:
        Refusal: DOUBLE_VOTE for a validator that signed at two places; NOT_ENOUGH_TRUST.
    """
    _require(
        lambda: _trusted_places(trusted, votes.commit),
        votes,
        level,
        total=trusted.total_power,
        code=Code.NOT_ENOUGH_TRUST,
    )


def _own_places(block: LightBlock) -> Iterator[tuple[int, Validator]]:
    """Places that name the block, and whose they are. Raises Refusal, COMMIT_MISMATCH."""
    pairs = zip(block.validators.validators, block.commit.signatures, strict=True)
    for place, (validator, signature) in enumerate(pairs):
        if signature.flag is not BlockIdFlag.COMMIT:
            continue
        if signature.validator_address != validator.address:
            raise Refusal(
                Code.COMMIT_MISMATCH,
                expected=f"the address {validator.address.hex()} at place {place}",
                found=signature.validator_address.hex(),
            )
        yield place, validator


def _trusted_places(trusted: ValidatorSet, commit: Commit) -> Iterator[tuple[int, Validator]]:
    """Places of trusted validators that name the block. Raises Refusal, DOUBLE_VOTE."""
    by_address = {validator.address: validator for validator in trusted.validators}
    seen: dict[bytes, int] = {}
    for place, signature in enumerate(commit.signatures):
        validator = by_address.get(signature.validator_address)
        if signature.flag is not BlockIdFlag.COMMIT or validator is None:
            continue
        first = seen.setdefault(validator.address, place)
        if first != place:
            raise Refusal(
                Code.DOUBLE_VOTE,
                expected=f"one vote of {validator.address.hex()}",
                found=f"places {first} and {place}",
            )
        yield place, validator


def _require(
    places: Callable[[], Iterator[tuple[int, Validator]]],
    votes: Votes,
    level: TrustLevel,
    *,
    total: int,
    code: Code,
) -> None:
    """More than `level` of `total` is claimed, and then verified."""

    def power_of(signed: Iterator[tuple[int, Validator]]) -> int:
        """Counted until it is enough."""
        power = 0
        for _, validator in signed:
            power += validator.voting_power
            if level.is_exceeded(power, total=total):
                break
        return power

    power = power_of(places())
    if level.is_exceeded(power, total=total):
        power = power_of(place for place in places() if votes.verified(place[0], place[1].key))
    if not level.is_exceeded(power, total=total):
        raise Refusal(code, expected=f"more than {level} of the power {total}", found=str(power))
