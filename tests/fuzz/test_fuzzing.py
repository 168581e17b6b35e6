"""Every target's invariant holds for thousands of inputs, and no method is without a target."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from enclave.errors import Refusal
from enclave.framework.states import TRANSITIONS, State
from enclave.service.dispatch import METHODS, SERVICE
from tests.fuzz.run import Broken, fuzz
from tests.fuzz.situations import scene
from tests.fuzz.target import Violation
from tests.fuzz.targets import TARGETS, name_of

EXECUTIONS: Final = 2_000
SEED: Final = 1


@pytest.mark.parametrize("target", TARGETS)
def test_the_invariant_holds(
    target: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    result = fuzz(target, runs=EXECUTIONS, seed=SEED, folder=tmp_path)
    record_property("count", str(result))
    assert result.executions >= EXECUTIONS
    assert result.corpus_files


def test_every_method_of_the_service_has_a_target() -> None:
    methods = set(SERVICE.methods_by_name)
    assert set(METHODS) == methods
    assert {name_of(method) for method in methods} == {
        name for name in TARGETS if name.startswith("request-")
    }


def test_every_legal_step_is_in_the_start_corpus() -> None:
    """A harness whose every request is refused would hold any invariant."""
    reached = set()
    for method, call in METHODS.items():
        for seed in TARGETS[name_of(method)]().seeds():
            situation = scene().situations[seed[0]]
            before = situation.node.enclave.state
            try:
                call(situation.node.enclave, seed[1:])
            except Refusal:
                continue
            reached.add((before, method, situation.node.enclave.state))
            situation.reset()
    legal = {
        (before, "".join(word.title() for word in operation.split("_")), after)
        for before, operations in TRANSITIONS.items()
        for operation, states in operations.items()
        for after in states
    }
    assert reached == legal


def test_seeds_of_parsers_and_verifier_are_judged_and_taken() -> None:
    parsers = ("quote", "collateral", "evidence", "sealed-blob", "sealed-entries", "transaction")
    for name in (*parsers, "proof", "light-block"):
        target = TARGETS[name]()
        seeds = list(target.seeds())
        assert seeds
        assert max(map(len, seeds)) < target.max_bytes
        for seed in seeds:
            target.check(seed)


def test_a_state_that_a_refused_request_changed_is_noticed() -> None:
    empty, keyed, *_ = scene().situations
    assert empty.node.enclave.state is State.EMPTY
    empty.storage.blobs = dict(keyed.blobs)
    with pytest.raises(Violation, match="changes nothing"):
        TARGETS["request-backup"]().check(bytes([0]))
    empty.reset()


def test_a_target_that_breaks_is_reported(tmp_path: Path) -> None:
    with pytest.raises(Broken):
        fuzz("no such target", runs=1, seed=SEED, folder=tmp_path)
