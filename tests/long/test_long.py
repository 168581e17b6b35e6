"""The long jobs are what the Makefile and tests/LONG.md say; a short kill loop runs here."""

from __future__ import annotations

import itertools
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.test_faults import LONG_MOMENTS, ORDERS, VALIDATORS, random_orders
from tests.fuzz.targets import TARGETS
from tests.long.jobs import SLICE_MINUTES, SOAK_MINUTES, all_jobs, files_with_laws
from tests.long.killing import kill_loop

REPOSITORY = Path(__file__).parents[2]
KILLS = 10


def test_every_fuzz_target_is_a_job_of_a_million_executions() -> None:
    jobs = all_jobs()
    assert {f"fuzz-{name}" for name in TARGETS} < set(jobs)
    assert {jobs[f"fuzz-{name}"].goal for name in TARGETS} == {1_000_000}


def test_each_file_with_laws_is_a_job() -> None:
    jobs = all_jobs()
    assert "laws-enclave-framework-lifecycle" in jobs
    assert len([name for name in jobs if name.startswith("laws-")]) == len(files_with_laws())


def test_a_soak_is_as_long_as_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEEDPACT_SOAK_MINUTES", raising=False)
    assert all_jobs()["soak"].goal == SOAK_MINUTES
    monkeypatch.setenv("SEEDPACT_SOAK_MINUTES", str(2 * SLICE_MINUTES))
    assert all_jobs()["soak"].goal == 2 * SLICE_MINUTES


def test_random_kills_hit_each_validator_in_each_order() -> None:
    moments = random_orders(random.Random(1))  # noqa: S311 (repeatable)
    assert len(moments) == LONG_MOMENTS
    assert set(moments) == set(itertools.product(VALIDATORS, ORDERS))


def test_killed_at_random_it_restarts_as_it_said_it_was() -> None:
    assert kill_loop(KILLS, seed=1) == KILLS


def test_an_unknown_job_is_wrong_usage() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.long", "status", "fuzz-nothing"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2
    assert "no such job: fuzz-nothing" in run.stderr
