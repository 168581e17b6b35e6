"""Runs one fuzz target and prints the counts: `python -m tests.fuzz.run TARGET --runs N --seed S`.

The corpus stays under .cache/fuzz/TARGET for the next run. Exit codes: 0 the invariant held, 1 it
did not (the input is named, and `--reproduce FILE` runs it alone), 2 wrong usage.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.fuzz.targets import TARGETS

REPOSITORY: Final = Path(__file__).parents[2]
CACHE: Final = REPOSITORY / ".cache" / "fuzz"
DEFAULT_RUNS: Final = 5_000
SLOWEST_INPUT_SECONDS: Final = 60
MEMORY_LIMIT_MB: Final = 4_096

_DONE: Final = re.compile(r"^Done (\d+) runs in", re.MULTILINE)
_COVERAGE: Final = re.compile(r"\bcov: (\d+) ft: (\d+)")


@dataclass(frozen=True)
class Result:
    """What one run did."""

    target: str
    seed: int
    executions: int
    corpus_files: int
    corpus_bytes: int
    coverage: int
    """Edges of the enclave's code that were reached."""
    seconds: float

    def __str__(self) -> str:
        return (
            f"fuzz {self.target}: {self.executions} executions in {self.seconds:.0f} s, "
            f"corpus {self.corpus_files} files of {self.corpus_bytes} bytes, "
            f"coverage {self.coverage}, seed {self.seed}"
        )


class Broken(Exception):
    """The engine stopped before its last execution."""


def fuzz(target: str, *, runs: int, seed: int, folder: Path) -> Result:
    """Runs `target`; `folder` holds its corpus, and the input that broke it.

    Raises:
        Broken: with the end of the engine's output.
    """
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    options = (
        f"-runs={runs}",
        f"-seed={seed}",
        f"-artifact_prefix={folder}/",
        f"-timeout={SLOWEST_INPUT_SECONDS}",
        f"-rss_limit_mb={MEMORY_LIMIT_MB}",
    )
    started = time.monotonic()
    output = _engine(target, corpus, options)
    done = _DONE.search(output)
    if done is None:
        raise Broken(output[-4_000:])
    files = [path.stat().st_size for path in corpus.iterdir()]
    return Result(
        target=target,
        seed=seed,
        executions=int(done[1]),
        corpus_files=len(files),
        corpus_bytes=sum(files),
        coverage=max(int(edges) for edges, _ in _COVERAGE.findall(output)),
        seconds=time.monotonic() - started,
    )


def _engine(target: str, corpus: Path, options: Sequence[str | Path]) -> str:
    search = os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "proto")])
    run = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.engine", target, corpus, *options],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": search, "PYTHONHASHSEED": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    return run.stdout


def main(arguments: Sequence[str]) -> int:
    """See the module."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.run", description=__doc__)
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("--runs", type=int, default=DEFAULT_RUNS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--reproduce", type=Path, metavar="FILE")
    chosen = parser.parse_args(arguments)
    if chosen.reproduce:
        TARGETS[chosen.target]().check(chosen.reproduce.read_bytes())
        print("the invariant holds for this input")
        return 0
    try:
        folder = CACHE / chosen.target
        print(fuzz(chosen.target, runs=chosen.runs, seed=chosen.seed, folder=folder))
    except Broken as broken:
        print(broken, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
