"""Takes each defence out of the product, one at a time, and wants its test to go red.

The mutants are the rows of `tests/mutants/<top>/<room>.toml`; `tables.py` says what a row holds.

    python -m tests.mutants.run                     all of them
    python -m tests.mutants.run enclave/merkle 22   a room's, and those of attack case 22
    python -m tests.mutants.run "confirmed twice"   those with these words in their title
    python -m tests.mutants.run --changed           those whose row, file or test differs from the
                                                    merge base with the main branch, or from the
                                                    last commit

Without a mutant its tests must pass. With it pytest must report a failed test: an error of
collection or usage is not a kill. Works on copies of the tree; the tree itself stays as it is.
"""

from __future__ import annotations

import argparse
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.mutants.tables import FOLDER, TABLES, Mutant, WrongRow, mutated, read_mutants, rows

REPOSITORY: Final = Path(__file__).parents[2]
WORKERS: Final = 2
BATCH: Final = 40
"""Tests in one run before any mutant: some of them start networks, and all together take long."""
SECONDS: Final = 300
"""For one mutant. One that runs longer counts as not noticed."""

TESTS_PASSED: Final = 0
TESTS_FAILED: Final = 1


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


def changed(repository: Path, mutants: Sequence[Mutant]) -> list[Mutant]:
    """Those whose row, product file or test differs from the base; all where there is no base."""
    base = _git(repository, "merge-base", "HEAD", "origin/HEAD")
    if not base or base == _git(repository, "rev-parse", "HEAD"):
        base = _git(repository, "rev-parse", "--verify", "--quiet", "HEAD~1")
    if not base:
        return list(mutants)
    untracked = _git(repository, "ls-files", "--others", "--exclude-standard")
    differs = _git(repository, "diff", "--name-only", base)
    paths = {*differs.splitlines(), *untracked.splitlines()}
    before = set(_rows_at(repository, base))
    return [one for one in mutants if one not in before or not paths.isdisjoint(one.touches)]


def run_mutants(repository: Path, mutants: Sequence[Mutant]) -> list[Outcome]:
    """Runs `mutants` on copies of the tree, after the tests that they name have passed there.

    A row is printed as soon as a mutant is done.

    Raises SystemExit if one of the named tests fails without its mutant.
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
            place = f"{mutant.table}: {mutant.title}"
            print(f"{outcome.verdict:<8} {outcome.seconds:6.1f} s  {place}", flush=True)
            return outcome

        with ThreadPoolExecutor(WORKERS) as pool:
            return list(pool.map(run, mutants))


def report(outcomes: Sequence[Outcome]) -> bool:
    """Prints the log of each mutant that was not killed, and how many were. True if all were."""
    for outcome in outcomes:
        if not outcome.killed:
            where = f"{outcome.mutant.table}: {outcome.mutant.title}"
            print(f"\n--- {where}: {outcome.verdict}\n{outcome.log}")
    killed = sum(outcome.killed for outcome in outcomes)
    print(f"mutants: {killed} of {len(outcomes)} killed")
    return killed == len(outcomes)


def main(arguments: Sequence[str]) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        "python -m tests.mutants.run", description="Takes each defence out, one at a time."
    )
    parser.add_argument(
        "names", nargs="*", help="enclave/merkle, 22 or words of a title; none means all"
    )
    parser.add_argument("--changed", action="store_true", help="only what differs from the base")
    parser.add_argument("--repository", type=Path, default=REPOSITORY)
    options = parser.parse_args(arguments)

    try:
        mutants = read_mutants(options.repository)
    except WrongRow as wrong:
        sys.exit(f"mutants: {wrong}")
    for name in options.names:
        if not any(mutant.is_named(name) for mutant in mutants):
            parser.error(f"no mutant of a table, a case or with words such as {name!r}")
    if options.names:
        mutants = [one for one in mutants if any(map(one.is_named, options.names))]
    if options.changed:
        mutants = changed(options.repository, mutants)
    if not mutants:
        print("mutants: none to run")
        return 0
    return 0 if report(run_mutants(options.repository, mutants)) else 1


def _git(repository: Path, *arguments: str) -> str:
    """Output of git; empty where it refuses."""
    command = ["git", "-C", str(repository), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def _rows_at(repository: Path, commit: str) -> Iterator[Mutant]:
    """What the tables of a commit hold."""
    listed = _git(repository, "ls-tree", "-r", "--name-only", commit, str(FOLDER)).splitlines()
    for name in listed:
        path = Path(name).relative_to(FOLDER)
        if path.match(TABLES):
            yield from rows(
                _git(repository, "show", f"{commit}:{name}"), path.with_suffix("").as_posix()
            )


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
                sys.exit(
                    f"{log}\nmutants: a named test fails without its mutant, or does not exist"
                )
    print(f"mutants: {len(tests)} tests pass without them", flush=True)


def _run_one(mutant: Mutant, copy: Path) -> Outcome:
    start = time.monotonic()
    try:
        texts = mutated(mutant, lambda name: (copy / name).read_text())
    except (WrongRow, OSError) as wrong:
        return Outcome(mutant, "does not apply", 0.0, str(wrong))
    whole = {name: (copy / name).read_bytes() for name in texts}
    for name, text in texts.items():
        (copy / name).write_text(text)
    try:
        code, log = _pytest(copy, mutant.kills)
    except subprocess.TimeoutExpired:
        code, log = None, f"no answer in {SECONDS} seconds"
    finally:
        for name, content in whole.items():
            (copy / name).write_bytes(content)
    verdicts = {TESTS_FAILED: "killed", TESTS_PASSED: "SURVIVED", None: "TIMED OUT"}
    verdict = verdicts.get(code, f"BROKEN (pytest exit code {code})")
    return Outcome(mutant, verdict, time.monotonic() - start, log)


def _pytest(copy: Path, tests: Sequence[str]) -> tuple[int, str]:
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(copy), str(copy / "proto")]),
        # A mutant and its end may fall into one second: compiled files could be stale.
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
