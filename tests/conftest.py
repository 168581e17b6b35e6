"""What all tests share: hypothesis profiles, and the environment of the enclave's own extra.

`SEEDPACT_PROFILE` chooses: dev (100 examples; the default), ci (200; where CI=true), long (20,000).
Each run's seed is printed; `pytest --hypothesis-seed=N` repeats it. No test asserts a time, so no
example has a deadline.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, Phase, settings

from node.engine import build_engine

EXAMPLES: Final = {"check": 10, "mutants": 20, "dev": 100, "ci": 200, "long": 20_000}
STATE_MACHINE_STEPS: Final = 50

REPOSITORY: Final = Path(__file__).parents[1]
ENCLAVE_LOCK: Final = REPOSITORY / "requirements" / "enclave.lock"


def chosen_profile() -> str:
    """The profile that the environment asks for."""
    default = "ci" if os.environ.get("CI") == "true" else "dev"
    return os.environ.get("SEEDPACT_PROFILE", default)


for name, examples in EXAMPLES.items():
    settings.register_profile(
        name,
        max_examples=examples,
        stateful_step_count=STATE_MACHINE_STEPS,
        deadline=None,
        print_blob=True,
        # A slow machine is no reason to fail.
        suppress_health_check=[HealthCheck.too_slow],
        # Explaining a failure costs far more than finding it.
        phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.target, Phase.shrink],
    )
settings.load_profile(chosen_profile())


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Fixes the seed before hypothesis and the workers of xdist read it.

    In the background, and under nohup, signals come ignored; what tests start would ignore them
    too, as it should.
    """
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, None)):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, handler or signal.SIG_DFL)
    if config.getoption("hypothesis_seed", None) is None:
        config.option.hypothesis_seed = random.SystemRandom().randrange(2**32)


def pytest_report_header(config: pytest.Config) -> str:
    """Says how to repeat this run."""
    profile = chosen_profile()
    return (
        f"hypothesis: profile {profile}, {EXAMPLES[profile]} examples, "
        f"repeat with --hypothesis-seed={config.getoption('hypothesis_seed')}"
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints what tests counted and said by `record_property("count", ..)`."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "count":
                terminalreporter.write_line(str(value))


@pytest.fixture(scope="session")
def enclave_python() -> Path:
    """The interpreter of an environment that holds requirements/enclave.lock and nothing else.

    Kept under .cache/ for the next run, by the hash of what it is made from.
    """
    key = hashlib.sha256(ENCLAVE_LOCK.read_bytes() + sys.version.encode()).hexdigest()[:16]
    folder = REPOSITORY / ".cache" / f"enclave-environment-{key}"
    folder.mkdir(parents=True, exist_ok=True)
    interpreter, ready = folder / "bin" / "python", folder / "ready"
    # Workers of one run share the folder.
    with (folder.parent / "enclave-environment.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
            pip: list[str | Path] = [interpreter, "-m", "pip", "--disable-pip-version-check"]
            options = ["--quiet", "--no-deps", "--require-hashes"]
            subprocess.run([*pip, "install", *options, "-r", ENCLAVE_LOCK], check=True)
            ready.touch()
    return interpreter


@pytest.fixture(scope="session")
def engine() -> Path:
    """CometBFT; the first test that wants it builds it, once for all runs of this user."""
    return build_engine()
