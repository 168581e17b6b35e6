"""Documents as far as a machine can check them: attacks, links, and the places they name."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Final

from enclave.errors import Code

REPOSITORY: Final = Path(__file__).parents[2]
DOCUMENTS: Final = sorted({*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md")})

LINK: Final = re.compile(r"\]\(([^)#\s]+)(#[^)]*)?\)")
CASE: Final = re.compile(r"^\| (\d\d) \|.*\| ([a-z ]+) \|$", re.MULTILINE)
MACHINE: Final = re.compile(r"(?<![\w.])/(work|home|root)/[a-z]")


def test_the_threat_model_says_which_attacks_are_held() -> None:
    rows = CASE.findall((REPOSITORY / "docs" / "threat-model.md").read_text())
    assert [number for number, _ in rows] == [f"{number:02}" for number in range(1, 49)]
    held = {number for number, status in rows if status == "held"}
    tested = {path.name.split("_")[1] for path in REPOSITORY.glob("tests/attacks/test_*.py")}
    assert held == tested


def test_operators_are_told_of_codes_that_exist() -> None:
    text = (REPOSITORY / "docs" / "operators.md").read_text()
    table = text[text.index("| code | what to do |") :]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    named = [code for row in rows for code in re.findall(r"`([a-z_]+)`", row)]
    assert len(named) > 10
    assert set(named) <= {code.value for code in Code}


def test_links_between_documents_lead_somewhere() -> None:
    assert DOCUMENTS
    for document in DOCUMENTS:
        for target, _ in LINK.findall(document.read_text()):
            if not target.startswith(("https://", "http://")):
                assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_every_decision_is_in_the_index() -> None:
    folder = REPOSITORY / "docs" / "adr"
    decisions = {path.name for path in folder.glob("0*.md")}
    index = {target for target, _ in LINK.findall((folder / "README.md").read_text())}
    assert decisions == index


def test_no_file_names_a_place_of_one_machine() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=REPOSITORY, check=True, capture_output=True, text=True
    )
    for name in listed.stdout.rstrip("\0").split("\0"):
        path = REPOSITORY / name
        if path.suffix in {".py", ".md", ".toml", ".json", ".js", ".template", ""}:
            text = path.read_text(errors="replace") if path.is_file() else ""
            assert not MACHINE.search(text), name
