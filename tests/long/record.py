"""How far each job is (.cache/long/NAME.json), and its last result (tests/LONG.md).

The table is written by this file alone, one row a job; several jobs may write at once.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import subprocess
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).parents[2]
FOLDER: Final = REPOSITORY / ".cache" / "long"
TABLE: Final = REPOSITORY / "tests" / "LONG.md"

_HEAD: Final = """\
# Long runs

Written by `python -m tests.long` (`make test-long`, `make test-long-NAME`), not by hand. One row a
job: its last result, complete or not; a job that is not complete goes on where it stopped.
Executions include those of the corpus, which each step of a fuzz job reads again first.

| job | result | done | of | what came of it | seconds | commit | ended (UTC) | command |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
"""
_MEASURED: Final = ("chain_module", "enclave", "node", "proto", "tests")
"""Where a change that is not committed makes the commit's name a half-truth."""


@dataclass(frozen=True)
class Progress:
    """How far a job is in its present round."""

    done: int = 0
    seconds: float = 0.0
    detail: str = ""
    result: str = "not run"
    commit: str = ""
    ended: str = ""
    """UTC, of the last step."""


def load(name: str) -> Progress:
    """What is kept of the job."""
    path = FOLDER / f"{name}.json"
    return Progress(**json.loads(path.read_text())) if path.exists() else Progress()


def now() -> str:
    """UTC, for `Progress.ended`."""
    return time.strftime("%Y-%m-%d %H:%M", time.gmtime())


def commit() -> str:
    """For `Progress.commit`."""
    head = _git("rev-parse", "--short", "HEAD")
    changed = _git("status", "--porcelain", "--", *_MEASURED, ":!tests/LONG.md")
    return f"{head} and changes" if changed else head


def save(name: str, progress: Progress) -> None:
    """Keeps it; a kill leaves the old or the new."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    temporary = FOLDER / f"{name}.json.new"
    temporary.write_text(json.dumps(asdict(progress)))
    temporary.replace(FOLDER / f"{name}.json")


@contextlib.contextmanager
def locked(name: str, *, wait: bool) -> Iterator[None]:
    """Holds the lock of that name. Raises BlockingIOError where another has it and `wait` is no."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield


def write_row(name: str, progress: Progress, *, goal: int, unit: str) -> None:
    """Replaces the job's row in tests/LONG.md."""
    row = [
        name,
        progress.result,
        f"{progress.done:,}",
        f"{goal:,} {unit}",
        progress.detail.partition("\n")[0].replace("|", "/"),
        f"{progress.seconds:,.0f}",
        progress.commit,
        progress.ended,
        f"`make test-long-{name}`",
    ]
    with locked("table", wait=True):
        rows = {**_rows(), name: "| " + " | ".join(row) + " |"}
        TABLE.write_text(_HEAD + "".join(f"{rows[key]}\n" for key in sorted(rows)))


def _rows() -> dict[str, str]:
    if not TABLE.exists():
        return {}
    lines = [line for line in TABLE.read_text().splitlines() if line.startswith("| ")]
    rows = {line.split("|")[1].strip(): line for line in lines}
    return {name: row for name, row in rows.items() if name not in ("job", "---")}


def _git(*arguments: str) -> str:
    run = subprocess.run(
        ["git", *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    return run.stdout.strip()
