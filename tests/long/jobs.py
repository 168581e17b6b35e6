"""The long jobs: what one step of each does, and when it is done."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.e2e.test_faults import LONG_MOMENTS
from tests.fuzz.run import CACHE, Broken, fuzz
from tests.fuzz.targets import TARGETS
from tests.long.killing import Wrong, kill_loop

REPOSITORY: Final = Path(__file__).parents[2]
EXECUTIONS: Final = 1_000_000
EXECUTIONS_A_STEP: Final = 20_000
LAW: Final = "file of tests, 20,000 examples a law"
MOMENT: Final = "random moments, a validator's three processes at each"
MINUTE: Final = "minutes of load, in slices"
SOAK: Final = REPOSITORY / ".cache" / "soak"
SOAK_MINUTES: Final = 120
SLICE_MINUTES: Final = 12
KILLS: Final = 1_000
KILLS_A_STEP: Final = 25

_RAISED: Final = re.compile(r"Uncaught Python exception: ===\n(.*)")
_COUNTS: Final = re.compile(r"\d+ passed.*")
_FAULTS: Final = re.compile(r"(\d+ random kills: .*)")


class Failed(Exception):
    """A step found something; the text says what and how to see it again."""


@dataclass(frozen=True)
class Step:
    """What one step did."""

    amount: int
    detail: str


@dataclass(frozen=True)
class Job:
    """A goal in units, reached in steps that can each be the last of a session."""

    name: str
    unit: str
    goal: int
    step: Callable[[int], Step]
    """Takes how many units are done. Raises Failed."""


def all_jobs() -> Mapping[str, Job]:
    """By name; the quick ones first."""
    jobs = [Job("kill", "kills", KILLS, _kill)]
    jobs.append(Job("second-engine", "localnet", 1, _second_engine))
    jobs.append(Job("state-sync-liars", "localnet", 1, _state_sync_liars))
    jobs.append(Job("full-disks", "localnet", 1, _full_disks))
    jobs.append(Job("localnet-kills", MOMENT, LONG_MOMENTS, _localnet_kills))
    jobs.append(Job("soak", MINUTE, soak_minutes(), _soak))
    jobs += [Job(f"fuzz-{name}", "executions", EXECUTIONS, _fuzz(name)) for name in TARGETS]
    jobs += [Job(_name_of(path), LAW, 1, _laws(path)) for path in files_with_laws()]
    return {job.name: job for job in jobs}


def files_with_laws() -> list[Path]:
    """Test files that use hypothesis, in one order."""
    found = sorted((REPOSITORY / "tests").rglob("test_*.py"))
    return [path for path in found if "hypothesis" in path.read_text(encoding="utf-8")]


def _kill(done: int) -> Step:
    try:
        kills = kill_loop(KILLS_A_STEP, seed=done)
    except Wrong as wrong:
        raise Failed(f"{wrong}; kill_loop({KILLS_A_STEP}, seed={done})") from None
    return Step(kills, "every restart as acknowledged or as in flight")


def _second_engine(_done: int) -> Step:
    run = subprocess.run(
        [sys.executable, "-m", "tests.long.second_engine"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise Failed(f"a localnet on the second engine\n{run.stderr[-4_000:]}")
    return Step(1, run.stdout.strip())


def _localnet_kills(_done: int) -> Step:
    run = _pytest("tests/e2e/test_faults.py", profile="ci")
    counts = _FAULTS.findall(run.stdout)
    return Step(LONG_MOMENTS, counts[-1] if counts else "no counts")


def _state_sync_liars(_done: int) -> Step:
    run = _pytest("tests/e2e/test_state_sync_liars.py", profile="ci")
    counts = _COUNTS.findall(run.stdout)
    return Step(1, counts[-1] if counts else "no counts")


def _full_disks(_done: int) -> Step:
    run = _pytest("tests/e2e/test_faults_full_disk.py", profile="ci")
    counts = _COUNTS.findall(run.stdout)
    return Step(1, counts[-1] if counts else "no counts")


def soak_minutes() -> int:
    """How long all slices of a soak are together, as the environment says."""
    return int(os.environ.get("SEEDPACT_SOAK_MINUTES", SOAK_MINUTES))


def _soak(_done: int) -> Step:
    run = subprocess.run(
        [sys.executable, "-m", "tests.long.soak", SOAK, str(SLICE_MINUTES)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise Failed(f"a network under load; its folder is {SOAK}\n{run.stderr[-4_000:]}")
    return Step(SLICE_MINUTES, run.stdout.strip())


def _fuzz(target: str) -> Callable[[int], Step]:
    def step(done: int) -> Step:
        # Each step its own seed, or a resumed run would repeat itself.
        seed = 1 + done // EXECUTIONS_A_STEP
        try:
            result = fuzz(target, runs=EXECUTIONS_A_STEP, seed=seed, folder=CACHE / target)
        except Broken as broken:
            found = _RAISED.search(str(broken))
            what = found[1] if found else "the engine stopped"
            folder = CACHE.relative_to(REPOSITORY) / target
            raise Failed(f"{what}; input in {folder}\n{broken}") from None
        return Step(
            result.executions,
            f"corpus {result.corpus_files} files, {result.corpus_bytes} bytes; "
            f"coverage {result.coverage}",
        )

    return step


def _name_of(path: Path) -> str:
    """`tests/enclave/crypto/test_sealing.py` is the job `laws-enclave-crypto-sealing`."""
    parts = path.relative_to(REPOSITORY / "tests").with_suffix("").parts
    return "-".join(("laws", *parts[:-1], parts[-1].removeprefix("test_"))).replace("_", "-")


def _laws(path: Path) -> Callable[[int], Step]:
    def step(_done: int) -> Step:
        run = _pytest(str(path.relative_to(REPOSITORY)), profile="long", select="long or not long")
        counts = _COUNTS.findall(run.stdout)
        return Step(1, counts[-1] if counts else "no counts")

    return step


def _pytest(file: str, *, profile: str, select: str = "long") -> subprocess.CompletedProcess[str]:
    """Runs tests of one file. Raises Failed."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-m", select]
    run = subprocess.run(
        [*command, file],
        cwd=REPOSITORY,
        env={**os.environ, "SEEDPACT_PROFILE": profile},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if run.returncode:
        raise Failed(f"{file} fails\n{run.stdout[-4_000:]}")
    return run
