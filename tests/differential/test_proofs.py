"""Our proofs against Go's, byte for byte, and judged by Go's and npm's verifiers of ICS-23.

Trees are random, with many versions and removals; the last test takes the stores of a real chain.
`--hypothesis-seed`, printed at the head of each run, chooses the histories.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from hypothesis import settings

from chain_module.store.proofs import prove
from chain_module.store.tree_proof import tree_proof
from chain_module.store.version import Version
from tests.chain_module.store.operations import Draw, Kept, history, lines_of, replay
from tests.chain_module.store.questions import (
    QUESTIONS,
    Question,
    blocks_of,
    keys_of,
    keys_to_ask,
    lines_of_blocks,
    questions,
    run,
)
from tests.differential import go_oracle
from tests.differential.proof_verifiers import Claim, Verifier
from tests.support.chain import Chain

VERSIONS: Final = 30
STORES: Final = ("auth", "bank", "consensus", "registration", "z")
INITIAL: Final = (1, 2, 70, 1_000_000)
"""Versions of the first save; their varints have one to four bytes."""


@pytest.fixture
def seeds(pytestconfig: pytest.Config) -> list[int]:
    """10 histories in the dev profile, 50 in ci, 2,000 in long."""
    first = int(pytestconfig.getoption("hypothesis_seed"))
    return [first + number for number in range(settings().max_examples // 10)]


@pytest.fixture(scope="module", params=["go", "javascript"])
def verifier(request: pytest.FixtureRequest) -> Iterator[Verifier]:
    found = Verifier.go() if request.param == "go" else Verifier.javascript()
    yield found
    found.close()


@pytest.mark.parametrize("initial", INITIAL)
def test_a_trees_proofs_are_gos(initial: int, seeds: list[int]) -> None:
    files, ours = [], []
    for number, seed in enumerate(seeds):
        blocks = list(history(seed, versions=VERSIONS))
        lines: list[go_oracle.Operation] = list(lines_of(blocks))
        for kept, key in tree_questions(seed, list(replay(blocks, initial=initial))):
            assert kept.tree is not None
            data = tree_proof(kept.tree, key).SerializeToString()
            ours.append(go_oracle.Proof(number, kept.version, data))
            lines.append(go_oracle.prove_line(key, version=kept.version))
        files.append(lines)
    assert ours
    assert go_oracle.tree_proofs(files, initial=initial) == ours


@pytest.mark.parametrize("initial", [1, 70])
def test_both_levels_are_those_of_the_sdks_query(initial: int, seeds: list[int]) -> None:
    files, ours = [], []
    for number, seed in enumerate(seeds):
        blocks = blocks_of(seed, STORES, versions=VERSIONS)
        lines: list[go_oracle.Operation] = list(lines_of_blocks(blocks))
        for version, store, key in questions(seed, run(blocks, STORES, initial=initial)):
            data = prove(version, store, key).ops.SerializeToString()
            ours.append(go_oracle.Proof(number, version.number, data))
            lines.append(go_oracle.prove_line(key, version=version.number, store=store))
        files.append(lines)
    assert go_oracle.store_proofs(files, stores=STORES, initial=initial) == ours
    assert len(ours) == QUESTIONS * len(seeds)


def test_others_take_our_proofs_and_no_others(verifier: Verifier, seeds: list[int]) -> None:
    """Presence and absence; then another root, store, key, value, and the proof of another key."""
    seen = {True: 0, False: 0}
    for seed in seeds:
        versions = run(blocks_of(seed, STORES, versions=VERSIONS), STORES)
        last = claim_of((versions[0], STORES[0], b"\0"))
        for question in questions(seed, versions):
            claim = claim_of(question)
            assert verifier.accepts(claim), claim
            seen[claim.value is not None] += 1
            for lie in lies_of(claim, last, question[0], versions):
                assert not verifier.accepts(lie), lie
            last = claim
    assert min(seen.values()) > len(seeds)


def test_others_take_every_key_of_a_real_chain(verifier: Verifier, tmp_path: Path) -> None:
    chain = Chain(tmp_path, nodes=2)
    chain.blocks(2)
    chain.join(1)
    state = chain.peers[0].storage.state
    asked = 0
    for height in (1, state.newest.number - 1, state.newest.number):
        version = state.at(height)
        for store in version.names:
            for key, value in list(version.store(store).iterate()):
                claim = claim_of((version, store, key))
                assert claim.value == value
                assert verifier.accepts(claim)
                assert verifier.accepts(claim_of((version, store, key + b"\0")))
                asked += 1
    chain.close()
    assert asked > 3 * len(state.names)


def claim_of(question: Question) -> Claim:
    """What we say at a key, and our proof."""
    version, store, key = question
    proven = prove(version, store, key)
    return Claim.of(proven.ops, app_hash=version.app_hash, store=store, key=key, value=proven.value)


def lies_of(
    claim: Claim, other: Claim, version: Version, versions: list[Version]
) -> Iterator[Claim]:
    """The claim with one part that is not true, or that its proofs do not show."""
    yield replace(claim, app_hash=bytes(32))
    yield from (
        replace(claim, app_hash=each.app_hash)
        for each in versions
        if each.app_hash != version.app_hash
    )
    yield from (replace(claim, store=name) for name in STORES if name != claim.store)
    # An absence proof shows a whole gap, so that another absent key may be shown by it, too.
    present = [key for key in keys_of(version.trees[claim.store]) if key != claim.key]
    yield from (replace(claim, key=key) for key in present[:3])
    yield replace(claim, value=b"another")
    yield replace(claim, value=None if claim.value is not None else b"\1")
    if other.key != claim.key and (claim.value, other.value) != (None, None):
        yield replace(claim, proofs=(other.proofs[0], claim.proofs[1]))
    yield replace(claim, proofs=(claim.proofs[1], claim.proofs[0]))


def tree_questions(seed: int, kept: list[Kept]) -> Iterator[tuple[Kept, bytes]]:
    """Keys at random versions of one tree that have any."""
    draw = Draw(seed)
    full = [one for one in kept if one.tree is not None]
    for _ in range(QUESTIONS if full else 0):
        one = full[draw.below(len(full))]
        yield from ((one, key) for key in keys_to_ask(draw, keys_of(one.tree), count=1))
