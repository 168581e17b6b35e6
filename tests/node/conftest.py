"""A chain of one validator, for tests of whatever asks a chain."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.one_validator import OneValidator, one_validator


@pytest.fixture(scope="session")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneValidator]:
    """It runs until the tests end."""
    with one_validator(tmp_path_factory.mktemp("chain") / "net") as running:
        yield running
