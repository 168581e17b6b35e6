"""The runner of mutants tells a killed one from a survivor."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

REPOSITORY: Final = Path(__file__).parents[2]

DEFENCE: Final = "def allowed(n: int) -> bool:\n    return n < 3\n"
TEST: Final = "from guard import allowed\n\ndef test_limit() -> None:\n    assert not allowed(3)\n"
ROW: Final = """
["{title}"]
file = "guard.py"
replace = "{replace}"
by = "{by}"
kills = ["{test}"]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with one defence and one test."""
    (tmp_path / "guard.py").write_text(DEFENCE)
    (tmp_path / "tests" / "mutants" / "guards").mkdir(parents=True)
    (tmp_path / "tests" / "test_guard.py").write_text(TEST)
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "config", "user.name", "Test")
    git(tmp_path, "config", "user.email", "test@example.org")
    commit(tmp_path)
    return tmp_path


def git(project: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", project, *arguments], check=True, capture_output=True)


def commit(project: Path) -> None:
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "A step")


def add_row(
    project: Path,
    title: str,
    *,
    test: str = "tests/test_guard.py::test_limit",
    replace: str = "n < 3",
    by: str = "n < 4",
) -> None:
    with (project / "tests" / "mutants" / "guards" / "guard.toml").open("a") as table:
        table.write(ROW.format(title=title, test=test, replace=replace, by=by))


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.mutants.run", "--repository", str(project), *arguments]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)


def test_a_noticed_mutant_is_killed_and_the_tree_stays(project: Path) -> None:
    add_row(project, "Three is allowed.")
    result = run(project)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "mutants: 1 of 1 killed" in result.stdout
    assert (project / "guard.py").read_text() == DEFENCE


def test_a_survivor_fails_the_run(project: Path) -> None:
    add_row(project, "Three is allowed.")
    add_row(project, "Two is not.", by="n < 2")
    result = run(project)
    assert result.returncode == 1
    assert re.search(r"^SURVIVED .*: Two is not\.$", result.stdout, re.MULTILINE)
    assert "mutants: 1 of 2 killed" in result.stdout


def test_a_row_that_does_not_apply_fails_the_run(project: Path) -> None:
    add_row(project, "Three is allowed.", replace="n < 7")
    result = run(project)
    assert result.returncode == 1
    assert "does not apply" in result.stdout


def test_a_mutant_that_breaks_the_import_is_no_kill(project: Path) -> None:
    add_row(project, "Three is allowed.", by="(")
    result = run(project)
    assert result.returncode == 1
    assert "BROKEN" in result.stdout


def test_a_test_that_is_red_or_missing_without_its_mutant_fails_the_run(project: Path) -> None:
    add_row(project, "Three is allowed.", test="tests/test_guard.py::test_other")
    result = run(project)
    assert result.returncode == 1
    assert "does not exist" in result.stderr


def test_only_the_named_run(project: Path) -> None:
    add_row(project, "Three is allowed.")
    add_row(project, "Two is not.", by="n < 2")
    assert run(project, "Three is").returncode == 0
    assert run(project, "guards/guard").returncode == 1
    assert run(project, "22").returncode == 2
    assert run(project, "Four is").returncode == 2


def test_changed_runs_what_changed_since_the_last_commit(project: Path) -> None:
    add_row(project, "Three is allowed.")
    commit(project)
    assert "mutants: 1 of 1 killed" in run(project, "--changed").stdout
    (project / "README").write_text("a step elsewhere")
    commit(project)
    assert "mutants: none to run" in run(project, "--changed").stdout
    (project / "tests" / "test_guard.py").write_text(TEST + "\n")
    assert "mutants: 1 of 1 killed" in run(project, "--changed").stdout


def test_a_history_of_one_commit_runs_all(project: Path) -> None:
    add_row(project, "Three is allowed.")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--amend", "--no-edit")
    assert "mutants: 1 of 1 killed" in run(project, "--changed").stdout


def test_changed_runs_the_rows_that_are_new(project: Path) -> None:
    add_row(project, "Three is allowed.")
    commit(project)
    add_row(project, "Four is allowed.", by="n < 5")
    commit(project)
    result = run(project, "--changed")
    assert "mutants: 1 of 1 killed" in result.stdout
    assert "Four is allowed." in result.stdout
