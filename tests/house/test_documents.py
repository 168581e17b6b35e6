"""Documents as far as a machine can check them.

Attacks, codes, commands with their options, links with their headings, and the places they name.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from node.cli.remedies import remedies
from tests.support.commands import unknown_words

REPOSITORY: Final = Path(__file__).parents[2]
DOCUMENTS: Final = sorted({*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md")})

LINK: Final = re.compile(r"\]\(([^)#\s]*)(#[^)]*)?\)")
CASE: Final = re.compile(r"^\| (\d\d+) \|.*\| ([a-z ]+) \|$", re.MULTILINE)
MACHINE: Final = re.compile(r"(?<![\w.])/(work|home|root)/[a-z]")


def test_the_threat_model_says_which_attacks_are_held() -> None:
    rows = CASE.findall((REPOSITORY / "docs" / "threat-model.md").read_text())
    assert [number for number, _ in rows] == [*(f"{number:02}" for number in range(1, 49)), "113"]
    held = {number for number, status in rows if status == "held"}
    tested = {path.name.split("_")[1] for path in REPOSITORY.glob("tests/attacks/test_*.py")}
    assert held == tested


def test_operators_are_told_of_codes_that_exist() -> None:
    text = (REPOSITORY / "docs" / "operators.md").read_text()
    table = text[text.index("| code | what to do |") :]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    named = [code for row in rows for code in re.findall(r"`([a-z_]+)`", row)]
    assert len(named) > 10
    assert set(named) <= remedies().keys()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_of_a_document_is_one(document: Path) -> None:
    """Each `seedpactd ..` of its code names a command, and options which that command has."""
    for words in commands_of(document.read_text()):
        assert not unknown_words(words), (document.name, words)


def test_the_rule_for_commands_sees_all_of_them() -> None:
    block = (
        "```sh\nid=$(seedpactd keys show a -a)\nseedpactd tx bank send $(x) \\\n  --from a | y\n```"
    )
    assert list(commands_of(f"Use `.venv/bin/seedpactd status --home DIR`.\n{block}\n")) == [
        ["keys", "show", "a", "-a"],
        ["tx", "bank", "send", "VALUE", "--from", "a"],
        ["status", "--home", "DIR"],
    ]


def commands_of(text: str) -> Iterator[list[str]]:
    """The words of each command in blocks and spans of code, up to the shell's next sign."""
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    for code in (*blocks, *spans):
        joined = re.sub(r"\\\n\s*", "", code)
        inner = re.findall(r"\$\(([^()]*)\)", joined)
        for line in (*inner, re.sub(r"\$\([^()]*\)", "VALUE", joined)):
            for words in re.findall(r"(?:^|[\s/])seedpactd ([^\n|;&><#]*)", line):
                yield words.split()


def test_links_between_documents_lead_somewhere() -> None:
    assert DOCUMENTS
    for document in DOCUMENTS:
        for target, heading in LINK.findall(document.read_text()):
            if target.startswith(("https://", "http://")):
                continue
            path = document.parent / target if target else document
            assert path.exists(), f"{document.name}: {target}"
            if heading:
                assert heading[1:] in headings_of(path), f"{document.name}: {target}{heading}"


def headings_of(path: Path) -> set[str]:
    """The anchors that a page of Markdown gets from its headings."""
    titles = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-") for title in titles}


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
