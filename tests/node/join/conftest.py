"""What the tests of a join share."""

from __future__ import annotations

from pathlib import Path

import pytest

from node.join import Join
from tests.support.joins import funded_join
from tests.support.one_validator import OneValidator


@pytest.fixture
def newcomer(chain: OneValidator, tmp_path: Path) -> Join:
    """An empty home and a funded operator."""
    return funded_join(chain, tmp_path / "home")
