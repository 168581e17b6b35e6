"""36: a host sets its clock back or forward: nothing of the chain depends on it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
DECADE = 10 * 365 * 86_400

SHIFT = """
import datetime, sys, time
shift = int(sys.argv[1])
for name in ("time", "time_ns"):
    real = getattr(time, name)
    scale = 10**9 if name == "time_ns" else 1
    setattr(time, name, lambda real=real, scale=scale: real() + shift * scale)

class Shifted(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return super().now(tz) + datetime.timedelta(seconds=shift)

datetime.datetime = Shifted
"""

STORY = """
import tempfile
from pathlib import Path
from tests.support.chain import Chain
from tests.support.enclaves import (Node)

with tempfile.TemporaryDirectory() as folder:
    chain = Chain(Path(folder), nodes=2)
    chain.blocks(3)
    newcomer = Node("newcomer")
    assert chain.send(chain.register_tx(newcomer, chain.people["alice"])).code == 0
    results = chain.block().tx_results
    assert [one.code for one in results] == [0, 0], results
    chain.import_seed(newcomer)
    record = chain.record(newcomer)
    # Quotes are signed at random, so hashes differ between runs; times and verdicts must not.
    print(record.time, record.expires_at, record.verdict, newcomer.info().state)
    chain.time_ns = record.expires_at.seconds * 10**9
    chain.blocks(2)
    print(chain.record(newcomer).status)
    stale = chain.register_tx(Node("late"), chain.people["bob"])
    print(chain.check_only(stale).log)
    chain.time_ns += 10 * 366 * 86_400 * 10**9
    chain.block()
    print(chain.check_only(stale).log)
    chain.close()
"""


def story(shift: int) -> str:
    """What a chain with a newcomer comes to, on a host whose clock is `shift` seconds off."""
    ran = subprocess.run(
        [sys.executable, "-c", SHIFT + STORY, str(shift)],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'proto'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    return ran.stdout


@pytest.fixture(scope="module")
def right_time() -> str:
    return story(0)


@pytest.mark.parametrize("shift", [-DECADE, -1, 3600, DECADE])
def test_36_the_hosts_clock_changes_nothing(right_time: str, shift: int) -> None:
    assert story(shift) == right_time
