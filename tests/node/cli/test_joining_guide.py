"""docs/joining.md says what the code does: its steps, its checks, its codes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from node.cli.doctor import CHECKS
from node.cli.main import cli as root
from node.cli.remedies import remedies
from node.join import Step

GUIDE: Final = (Path(__file__).parents[3] / "docs" / "joining.md").read_text(encoding="utf-8")


def first_cells(title: str) -> list[str]:
    """The names in the first column of the table below a heading cell."""
    rows = GUIDE.partition(f"| {title} |")[2].partition("\n\n")[0]
    return re.findall(r"^\| `([^`]+)` \|", rows, re.MULTILINE)


def test_every_step_and_check_is_there_in_its_order() -> None:
    assert first_cells("step") == [str(step) for step in Step]
    assert first_cells("check") == list(CHECKS)


def test_every_code_is_one() -> None:
    codes = re.findall(r"`([a-z]+(?:_[a-z]+)+)`", GUIDE)
    assert codes
    assert set(codes) - remedies().keys() == set()


def test_every_command_and_option_is_one() -> None:
    for name in re.findall(r"seedpactd ([a-z]+)", GUIDE):
        assert name in root.all_commands(), name
    options = {
        opt for command in root.all_commands().values() for p in command.params for opt in p.opts
    }
    assert set(re.findall(r"--[a-z][a-z-]+", GUIDE)) - options == set()
