"""A chain of one validator, for tests of whatever asks a chain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from tests.support.one_validator import OneValidator, one_validator


@pytest.fixture(scope="session")
def chain(engine: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneValidator]:
    """It runs until the tests end. The engine is built by then: that takes longer than to start."""
    assert engine.is_file()
    with one_validator(tmp_path_factory.mktemp("chain") / "net") as running:
        yield running


@pytest.fixture(scope="session")
def silent(engine: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneValidator]:
    """Another one, whose node has no operator's key: it publishes and renews nothing."""
    assert engine.is_file()
    nobody = partial(replace, operator_key="")
    with one_validator(tmp_path_factory.mktemp("silent") / "net", configure=nobody) as running:
        yield running
