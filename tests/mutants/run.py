"""Takes each defence out of the product, one at a time, and wants its attack test to go red.

`tests/mutants/NN.patch` (or `NN-a.patch`, `NN-b.patch`, .. where a case has several defences) is a
patch over product code. Its first lines name what must notice: `Kills: tests/path.py::test_name`.

    python tests/mutants/run.py             all of them
    python tests/mutants/run.py 07 22-b     these
    python tests/mutants/run.py --changed   those whose patch, patched file or test differs from the
                                            merge base with the main branch, or from the last commit

Without their patch the named tests must pass. With it pytest must report a failed test: an error
of collection or usage is not a kill. Works on copies of the tree; the tree itself stays as it is.
"""

from __future__ import annotations

import argparse
import os
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).parents[2]
FOLDER: Final = Path("tests/mutants")
WORKERS: Final = 2
BATCH: Final = 40
"""Tests in one run before any patch: some of them start networks, and all together take long."""
SECONDS: Final = 300
"""For one mutant. One that runs longer counts as not noticed."""

TESTS_PASSED: Final = 0
TESTS_FAILED: Final = 1

KILLS: Final = re.compile(r"^#?\s*Kills: (\S+::\S+)\s*$", re.MULTILINE)
PATCHED: Final = re.compile(r"^\+\+\+ b/(\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One patch."""

    name: str
    """Such as `07` or `22-b`."""
    path: Path
    kills: tuple[str, ...]
    """Ids of tests."""
    patched: tuple[str, ...]
    """Paths of product files."""

    @property
    def touches(self) -> set[str]:
        """Every path whose change makes this mutant worth another run."""
        tests = {test.split("::")[0] for test in self.kills}
        return {str(FOLDER / self.path.name), *self.patched, *tests}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one mutant."""

    mutant: Mutant
    verdict: str
    seconds: float
    log: str

    @property
    def killed(self) -> bool:
        """Whether the named test noticed."""
        return self.verdict == "killed"


def read_mutants(repository: Path) -> list[Mutant]:
    """Every patch of `repository`, by name. Raises SystemExit for one without test or file."""
    found = []
    for path in sorted((repository / FOLDER).glob("*.patch")):
        text = path.read_text()
        mutant = Mutant(path.stem, path, tuple(KILLS.findall(text)), tuple(PATCHED.findall(text)))
        if not mutant.kills or not mutant.patched:
            sys.exit(f"{path.name}: names no test (`Kills: path::test`) or patches nothing")
        found.append(mutant)
    return found


def changed_paths(repository: Path) -> set[str] | None:
    """Paths that differ from the base; None where the history is too short to know."""
    base = _git(repository, "merge-base", "HEAD", "origin/HEAD")
    if not base or base == _git(repository, "rev-parse", "HEAD"):
        base = _git(repository, "rev-parse", "--verify", "--quiet", "HEAD~1")
    if not base:
        return None
    untracked = _git(repository, "ls-files", "--others", "--exclude-standard")
    return {*_git(repository, "diff", "--name-only", base).splitlines(), *untracked.splitlines()}


def run_mutants(repository: Path, mutants: Sequence[Mutant]) -> list[Outcome]:
    """Runs `mutants` on copies of the tree, after the tests that they name have passed there.

    A row is printed as soon as a mutant is done.

    Raises SystemExit if one of the named tests fails without its patch.
    """
    with tempfile.TemporaryDirectory(prefix="seedpact-mutants-") as scratch:
        Path(scratch).chmod(0o755)  # some tests run as another user
        copies: queue.SimpleQueue[Path] = queue.SimpleQueue()
        for number in range(WORKERS):
            copies.put(_copy_tree(repository, Path(scratch) / str(number)))
        _require_green(copies, mutants)

        def run(mutant: Mutant) -> Outcome:
            copy = copies.get()
            try:
                outcome = _run_one(mutant, copy)
            finally:
                copies.put(copy)
            for test in mutant.kills:
                row = f"{mutant.name:<9} {outcome.verdict:<8} {outcome.seconds:6.1f} s  {test}"
                print(row, flush=True)
            return outcome

        with ThreadPoolExecutor(WORKERS) as pool:
            return list(pool.map(run, mutants))


def report(outcomes: Sequence[Outcome]) -> bool:
    """Prints the log of each mutant that was not killed, and how many were. True if all were."""
    for outcome in outcomes:
        if not outcome.killed:
            print(f"\n--- {outcome.mutant.name}: {outcome.verdict}\n{outcome.log}")
    killed = sum(outcome.killed for outcome in outcomes)
    print(f"mutants: {killed} of {len(outcomes)} killed")
    return killed == len(outcomes)


def main(arguments: Sequence[str]) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(description="Takes each defence out, one at a time.")
    parser.add_argument("names", nargs="*", help="such as 07 or 22-b; none means all")
    parser.add_argument("--changed", action="store_true", help="only what differs from the base")
    parser.add_argument("--repository", type=Path, default=REPOSITORY)
    options = parser.parse_args(arguments)

    mutants = read_mutants(options.repository)
    if options.names:
        unknown = set(options.names) - {mutant.name for mutant in mutants}
        if unknown:
            parser.error(f"no such mutant: {', '.join(sorted(unknown))}")
        mutants = [mutant for mutant in mutants if mutant.name in options.names]
    if options.changed:
        changed = changed_paths(options.repository)
        mutants = [m for m in mutants if changed is None or not changed.isdisjoint(m.touches)]
    if not mutants:
        print("mutants: none to run")
        return 0
    return 0 if report(run_mutants(options.repository, mutants)) else 1


def _git(repository: Path, *arguments: str) -> str:
    """Output of git; empty where it refuses."""
    command = ["git", "-C", str(repository), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def _copy_tree(repository: Path, target: Path) -> Path:
    listed = _git(repository, "ls-files", "--cached", "--others", "--exclude-standard")
    for name in listed.splitlines():
        source, copy = repository / name, target / name
        if source.is_file():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copy)
    return target


def _require_green(copies: queue.SimpleQueue[Path], mutants: Sequence[Mutant]) -> None:
    tests = sorted({test for mutant in mutants for test in mutant.kills})
    batches = [tests[start : start + BATCH] for start in range(0, len(tests), BATCH)]

    def run(batch: Sequence[str]) -> tuple[int | None, str]:
        copy = copies.get()
        try:
            return _pytest(copy, batch)
        except subprocess.TimeoutExpired:
            return None, f"no answer in {SECONDS} seconds: {' '.join(batch)}"
        finally:
            copies.put(copy)

    with ThreadPoolExecutor(WORKERS) as pool:
        for code, log in pool.map(run, batches):
            if code != TESTS_PASSED:
                pool.shutdown(cancel_futures=True)
                sys.exit(f"{log}\nmutants: a named test fails without its patch, or does not exist")
    print(f"mutants: {len(tests)} tests pass without them", flush=True)


def _run_one(mutant: Mutant, copy: Path) -> Outcome:
    start = time.monotonic()
    applied = _apply(mutant, copy)
    if applied.returncode:
        return Outcome(mutant, "does not apply", 0.0, applied.stderr)
    try:
        code, log = _pytest(copy, mutant.kills)
    except subprocess.TimeoutExpired:
        code, log = None, f"no answer in {SECONDS} seconds"
    finally:
        _apply(mutant, copy, "--reverse").check_returncode()
    verdicts = {TESTS_FAILED: "killed", TESTS_PASSED: "SURVIVED", None: "TIMED OUT"}
    verdict = verdicts.get(code, f"BROKEN (pytest exit code {code})")
    return Outcome(mutant, verdict, time.monotonic() - start, log)


def _apply(mutant: Mutant, copy: Path, *options: str) -> subprocess.CompletedProcess[str]:
    # The copy is no repository: git must not look for one above it.
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(copy.parent)}
    command = ["git", "apply", *options, str(mutant.path.resolve())]
    return subprocess.run(
        command, cwd=copy, env=environment, capture_output=True, text=True, check=False
    )


def _pytest(copy: Path, tests: Sequence[str]) -> tuple[int, str]:
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(copy), str(copy / "proto")]),
        # A patch and its reverse may fall into one second: compiled files could be stale.
        "PYTHONDONTWRITEBYTECODE": "1",
        "SEEDPACT_PROFILE": "dev",
    }
    result = subprocess.run(
        command,
        cwd=copy,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    return result.returncode, result.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
