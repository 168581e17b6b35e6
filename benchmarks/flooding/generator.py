"""The generator's process (tests/flood): built where it is missing, at nice 19, and its counts."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from benchmarks.flooding.plan import Lane, encoded
from benchmarks.flooding.watching import cpu_secs
from tests.differential.go_oracle import built

MODULE: Final = Path(__file__).parents[2] / "tests" / "flood"
NICE: Final = ("nice", "-n", "19")
"""Validators come first: a stranger's machine would be another one."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """What the lanes of one name did."""

    sent: int
    """Transactions or questions."""
    bytes: int
    answers: Mapping[str, int]
    """By code, or by the first words of a failure."""


class Generator:
    """Strangers that have not begun yet. Leaving the block ends them."""

    def __init__(self, chain_id: str, lanes: Sequence[Lane]) -> None:
        self._process = subprocess.Popen(
            [*NICE, built(MODULE, "flood")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._write(encoded(chain_id, lanes))

    def counts(self) -> dict[str, Delivered]:
        """So far, by name; the first call starts them. Raises RuntimeError where it has ended."""
        self._write("")
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the generator ended: {self._process.wait()}")
        return {name: Delivered(**count) for name, count in json.loads(line).items()}

    def cpu_secs(self) -> float:
        """Of a core, so far."""
        return cpu_secs(self._process.pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def _write(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()


def shown(chain_id: str, lanes: Sequence[Lane]) -> list[bytes]:
    """A transaction of each source of a plan."""
    result = subprocess.run(
        [built(MODULE, "flood"), "show"],
        input=encoded(chain_id, lanes) + "\n",
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return [bytes.fromhex(line) for line in result.stdout.splitlines()]


def since(before: Mapping[str, Delivered], after: Mapping[str, Delivered]) -> dict[str, Delivered]:
    """What was done between two counts."""
    found: dict[str, Delivered] = {}
    for name, late in after.items():
        early = before.get(name, Delivered(0, 0, {}))
        answers = {what: count - early.answers.get(what, 0) for what, count in late.answers.items()}
        found[name] = Delivered(
            late.sent - early.sent,
            late.bytes - early.bytes,
            {what: count for what, count in answers.items() if count},
        )
    return found
