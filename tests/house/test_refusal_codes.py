"""Every refusal has its own stable code, is raised somewhere, and is shown by a test."""

from __future__ import annotations

import ast
import re
import tracemalloc
from pathlib import Path
from typing import Final

import pytest

from enclave.errors import MAX_TEXT, Code, Refusal

REPOSITORY = Path(__file__).parents[2]


def named_in(folder: str) -> set[str]:
    """Members of `Code` that code in this folder names."""
    return {
        node.attr
        for path in (REPOSITORY / folder).rglob("*.py")
        if "node_modules" not in path.parts and path.name != "errors.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "Code"
    }


LIGHT_CLIENT: Final = ("node/light_client", "node/light_blocks")
"""Outside of the enclave they go by the same rules, and refuse by the same codes."""


@pytest.mark.parametrize("folders", [("enclave", *LIGHT_CLIENT), ("tests",)])
def test_every_code_is_named(folders: tuple[str, ...]) -> None:
    assert {code.name for code in Code} - set().union(*map(named_in, folders)) == set()


def test_codes_are_stable_names() -> None:
    for code in Code:
        assert code.value == code.name.lower()
        assert re.fullmatch(r"[a-z][a-z0-9_]*", code)


def test_a_refusal_is_one_short_line_whatever_it_is_told() -> None:
    hostile = "a\nb\x1b[31m\r\0" + "x" * 10_000
    refusal = Refusal(Code.BAD_VALUE, expected=hostile, found="")
    assert str(refusal).isprintable()
    assert len(refusal.expected) == MAX_TEXT
    assert refusal.found == "nothing"


def test_a_refusal_of_megabytes_is_not_read_through() -> None:
    """Or one request with a key of 16 MiB holds up the enclave for seconds."""
    hostile = "x" * 2**21
    tracemalloc.start()
    try:
        Refusal(Code.BAD_TLS_KEY, expected="32 bytes", found=hostile)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2**16
