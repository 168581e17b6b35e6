"""The runner of mutants tells a killed one from a survivor, and each patch can run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

REPOSITORY: Final = Path(__file__).parents[2]
RUNNER: Final = REPOSITORY / "tests" / "mutants" / "run.py"
PATCHES: Final = {path.stem: path for path in sorted(RUNNER.parent.glob("*.patch"))}
ROOMS: Final = {
    "merkle": "tests/enclave/merkle/",
    "tree": "tests/chain_module/store/",
    "proof": "tests/(chain_module/store|node/(services|chain_client|cli))/",
    "light": "tests/enclave/(light_client|crypto)/",
    "proven": "tests/enclave/(proven|handlers)/",
    "backup": "tests/enclave/(framework|handlers)/",
    "private": "tests/enclave/service/",
    "address": "tests/chain_module/test_contract",
    "port": "tests/(enclave/service|node/(enclave_client|confirmer|cli))/",
    "auth": "tests/chain_module/auth/",
    "bank": "tests/chain_module/bank/",
    "tx": "tests/chain_module/tx/",
    "app": "tests/(chain_module/app|node/application)/",
    "services": "tests/node/",
    "storage": "tests/node/storage/",
    "sync": "tests/(chain_module/store|node/(application|join|storage))/",
    "confirmer": "tests/node/(confirmer|application)/",
    "run": "tests/node/(cli|localnet|supervisor)/",
    "home": "tests/node/(config|cli)/",
    "keyring": "tests/node/keyring/",
    "genesis": "tests/(node/(genesis|cli)/|differential/test_genesis)",
    "join": "tests/node/join/",
    "client": "tests/node/(chain_client|cli)/",
    "blocks": "tests/node/light_blocks/",
    "host": "tests/node/host/",
    "way": "tests/node/(light_blocks|chain_proof|join|host|application)/",
    "fresh": "tests/(enclave/registration|chain_module/(registration|app)|node/(host|cli))/",
    "doctor": "tests/node/cli/",
    "receipt": "tests/node/receipts/",
    "replay": "tests/chain_module/app/",
    "collateral": "tests/node/(collateral|cli|host)/",
    "consensus": "tests/chain_module/consensus/",
    "reg": "tests/chain_module/(registration/|test_genesis_document)",
}
"""Mutants of rules that are no attack case's: where their tests are."""
CASES: Final = {path.name.split("_")[1] for path in REPOSITORY.glob("tests/attacks/test_*.py")}
PRODUCT: Final = {"enclave", "chain_module", "node"}

DEFENCE: Final = "def allowed(n: int) -> bool:\n    return n < 3\n"
TEST: Final = "from guard import allowed\n\ndef test_limit() -> None:\n    assert not allowed(3)\n"
PATCH: Final = """Kills: {test}
--- a/guard.py
+++ b/guard.py
@@ -1,2 +1,2 @@
 def allowed(n: int) -> bool:
-    return {before}
+    return {after}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with one defence and one test."""
    (tmp_path / "guard.py").write_text(DEFENCE)
    (tmp_path / "tests" / "mutants").mkdir(parents=True)
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


def add_patch(
    project: Path,
    name: str,
    *,
    test: str = "tests/test_guard.py::test_limit",
    before: str = "n < 3",
    after: str = "n < 4",
) -> None:
    text = PATCH.format(test=test, before=before, after=after)
    (project / "tests" / "mutants" / f"{name}.patch").write_text(text)


def case_of(name: str) -> str:
    """The number of the attack case: `22` for `22-b`."""
    return name.split("-", maxsplit=1)[0]


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command: list[str | Path] = [sys.executable, RUNNER, "--repository", project, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_noticed_mutant_is_killed_and_the_tree_stays(project: Path) -> None:
    add_patch(project, "01")
    result = run(project)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "mutants: 1 of 1 killed" in result.stdout
    assert (project / "guard.py").read_text() == DEFENCE


def test_a_survivor_fails_the_run(project: Path) -> None:
    add_patch(project, "01")
    add_patch(project, "02", after="n < 2")
    result = run(project)
    assert result.returncode == 1
    assert re.search(r"^02 .* SURVIVED", result.stdout, re.MULTILINE)
    assert "mutants: 1 of 2 killed" in result.stdout


def test_a_patch_that_does_not_apply_fails_the_run(project: Path) -> None:
    add_patch(project, "01", before="n < 7")
    result = run(project)
    assert result.returncode == 1
    assert "does not apply" in result.stdout


def test_a_mutant_that_breaks_the_import_is_no_kill(project: Path) -> None:
    add_patch(project, "01", after="(")
    result = run(project)
    assert result.returncode == 1
    assert "BROKEN" in result.stdout


def test_a_test_that_is_red_or_missing_without_the_patch_fails_the_run(project: Path) -> None:
    add_patch(project, "01", test="tests/test_guard.py::test_other")
    result = run(project)
    assert result.returncode == 1
    assert "does not exist" in result.stderr


def test_only_the_named_run(project: Path) -> None:
    add_patch(project, "01")
    add_patch(project, "02", after="n < 2")
    assert run(project, "01").returncode == 0
    assert run(project, "03").returncode == 2


def test_changed_runs_what_changed_since_the_last_commit(project: Path) -> None:
    add_patch(project, "01")
    commit(project)
    assert "mutants: 1 of 1 killed" in run(project, "--changed").stdout
    (project / "README").write_text("a step elsewhere")
    commit(project)
    assert "mutants: none to run" in run(project, "--changed").stdout
    (project / "tests" / "test_guard.py").write_text(TEST + "\n")
    assert "mutants: 1 of 1 killed" in run(project, "--changed").stdout


def test_a_history_of_one_commit_runs_all(project: Path) -> None:
    add_patch(project, "01")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--amend", "--no-edit")
    assert "mutants: 1 of 1 killed" in run(project, "--changed").stdout


def test_every_attack_case_has_a_mutant() -> None:
    assert CASES - {case_of(name) for name in PATCHES} == set()


def test_every_patch_takes_out_product_code_and_names_tests_of_its_case() -> None:
    for name, path in PATCHES.items():
        text = path.read_text()
        kills = re.findall(r"^#?\s*Kills: (\S+)", text, re.MULTILINE)
        case = case_of(name)
        attack = rf"tests/attacks/test_{case}_\w+\.py::test_{case}_"
        wanted = re.compile(ROOMS.get(case, attack))
        assert kills, name
        assert [test for test in kills if not wanted.match(test)] == []
        patched = re.findall(r"^\+\+\+ b/([^/\s]+)/", text, re.MULTILINE)
        assert patched, name
        assert set(patched) <= PRODUCT, name


def test_every_patch_applies() -> None:
    for path in PATCHES.values():
        command: list[str | Path] = ["git", "apply", "--check", path]
        result = subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=False)
        assert result.returncode == 0, (path.name, result.stderr)
