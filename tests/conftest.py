"""Hypothesis profiles, in one place.

`SEEDPACT_PROFILE` chooses: dev (100 examples; the default), ci (500; where CI=true), long (20,000).
Each run's seed is printed; `pytest --hypothesis-seed=N` repeats it. No test asserts a time, so no
example has a deadline.
"""

from __future__ import annotations

import os
import random
from typing import Final

import pytest
from hypothesis import HealthCheck, Phase, settings

EXAMPLES: Final = {"dev": 100, "ci": 500, "long": 20_000}
STATE_MACHINE_STEPS: Final = 50


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
    """Fixes the seed before hypothesis and the workers of xdist read it."""
    if config.getoption("hypothesis_seed", None) is None:
        config.option.hypothesis_seed = random.SystemRandom().randrange(2**32)


def pytest_report_header(config: pytest.Config) -> str:
    """Says how to repeat this run."""
    profile = chosen_profile()
    return (
        f"hypothesis: profile {profile}, {EXAMPLES[profile]} examples, "
        f"repeat with --hypothesis-seed={config.getoption('hypothesis_seed')}"
    )
