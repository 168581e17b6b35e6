"""Which Go is taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from node.engine import EngineCode, EngineFailure
from node.engine.toolchain import Candidate, candidates, find_toolchain
from tests.node.engine.fake_go import fake_go

WANTED = (1, 22, 11)


def _go(folder: Path, version: str) -> Candidate:
    fake_go(folder, says=f"go version go{version} linux/amd64")
    return folder / "go", None


def test_the_first_that_is_new_enough(tmp_path: Path) -> None:
    offered = [
        _go(tmp_path / "old", "1.22.10"),
        _go(tmp_path / "right", "1.22.11"),
        _go(tmp_path / "newer", "1.30.0"),
    ]
    found = find_toolchain(offered, wanted=WANTED, environment={})
    assert (found.go, found.text) == (tmp_path / "right" / "go", "go1.22.11")


def test_one_that_does_not_run_is_passed_over(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    not_a_program = tmp_path / "text"
    not_a_program.write_text("go version go1.99.0")
    offered: list[Candidate] = [
        (broken, None),
        (not_a_program, None),
        (tmp_path / "missing", None),
        _go(tmp_path / "right", "1.26.8"),
    ]
    assert find_toolchain(offered, wanted=WANTED, environment={}).text == "go1.26.8"


def test_none_at_all() -> None:
    with pytest.raises(EngineFailure) as refused:
        find_toolchain([], wanted=WANTED, environment={})
    assert refused.value.code == EngineCode.NO_GO
    assert refused.value.expected == "go1.22.11 or newer"


def test_only_old_ones_and_the_newest_is_named(tmp_path: Path) -> None:
    offered = [_go(tmp_path / "a", "1.21.9"), _go(tmp_path / "b", "1.22.0")]
    with pytest.raises(EngineFailure) as refused:
        find_toolchain(offered, wanted=WANTED, environment={})
    assert refused.value.code == EngineCode.GO_TOO_OLD
    assert refused.value.found.startswith("go1.22.0 at ")


def test_the_path_is_asked_first(tmp_path: Path) -> None:
    environment = fake_go(tmp_path)
    assert next(iter(candidates(environment))) == (tmp_path / "go", None)


def test_the_wheel_alone_is_enough(tmp_path: Path) -> None:
    environment = {"PATH": "", "HOME": str(tmp_path)}
    offered = [(go, root) for go, root in candidates(environment) if root is not None]
    found = find_toolchain(offered, wanted=WANTED, environment=environment)
    assert found.root is not None
    assert found.go == found.root / "bin" / "go"
