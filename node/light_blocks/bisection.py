"""The way to a height in as few steps as the rule allows (CometBFT light/client.go, skipping).

The target is tried first. Where too little of the trusted power signed it, the block in the middle
is tried, and so on; a block that is verified is the next one's trusted header. Blocks come from a
function that the caller gives: where they are fetched from is its matter.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from enclave.errors import Code, Refusal
from enclave.light_client.enclave_rule import Step, verify_step
from enclave.light_client.types import Header, LightBlock

Fetch: TypeAlias = Callable[[int], LightBlock]
"""The light block of a height, from whom one asks."""
Verify: TypeAlias = Callable[[Header, LightBlock], Header]
"""A rule: the block's header, or a refusal; NOT_ENOUGH_TRUST alone asks for a block between."""


def bisect(trusted: Header, target: int, *, fetch: Fetch, verify: Verify) -> tuple[LightBlock, ...]:
    """Blocks that lead from `trusted` to height `target`, each verified by the one before.

    Raises:
        Refusal: WRONG_HEIGHT for another block than was asked for; else as `verify`.
    """
    path: list[LightBlock] = []
    waiting = [_fetched(target, fetch)]
    while waiting:
        block = waiting[-1]
        try:
            trusted = verify(trusted, block)
        except Refusal as refusal:
            middle = (trusted.height + block.header.height) // 2
            if refusal.code is not Code.NOT_ENOUGH_TRUST or middle <= trusted.height:
                raise
            waiting.append(_fetched(middle, fetch))
        else:
            path.append(waiting.pop())
    return tuple(path)


def enclave_steps(trusted: Header, target: int, *, chain_id: str, fetch: Fetch) -> tuple[Step, ...]:
    """Steps that the enclave's rule takes from `trusted` to height `target`.

    Raises:
        Refusal: as `bisect`, with the enclave's rule.
    """
    steps: list[Step] = []

    def verify(believed: Header, block: LightBlock) -> Header:
        announced = None
        if block.header.validators_hash != believed.next_validators_hash:
            announced = _fetched(believed.height + 1, fetch).validators
        header = verify_step(believed, block, chain_id=chain_id, trusted_next=announced)
        steps.append(Step(block, announced))
        return header

    bisect(trusted, target, fetch=fetch, verify=verify)
    return tuple(steps)


def _fetched(height: int, fetch: Fetch) -> LightBlock:
    block = fetch(height)
    if block.header.height != height:
        raise Refusal(
            Code.WRONG_HEIGHT,
            expected=f"the light block of height {height}",
            found=f"one of height {block.header.height}",
        )
    return block
