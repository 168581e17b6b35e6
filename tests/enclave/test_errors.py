"""A refusal is one line of bounded length, whatever was found."""

from __future__ import annotations

import errno

import pytest

from enclave.errors import MAX_TEXT, Code, Refusal, one_line, words_of


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", ""),
        ("two\nlines\x1b[2J", "two lines [2J"),
        ("x" * MAX_TEXT, "x" * MAX_TEXT),
        ("x" * (MAX_TEXT + 1), "x" * (MAX_TEXT - 1) + "…"),
        ("x" * 10**6, "x" * (MAX_TEXT - 1) + "…"),
    ],
)
def test_a_line_is_printable_and_has_an_end(text: str, line: str) -> None:
    assert one_line(text) == line


def test_a_refusal_says_both_sides() -> None:
    said = Refusal(Code.BAD_VALUE, expected="one", found="two")
    assert str(said) == "bad_value: expected one, found two"
    silent = Refusal(Code.BAD_VALUE, expected="", found="")
    assert (silent.expected, silent.found) == ("something", "nothing")


def test_an_error_of_the_system_has_words_even_where_the_system_has_none() -> None:
    assert words_of(OSError(errno.ENOSPC, "No space left on device")) == "No space left on device"
    assert words_of(OSError("cut")) == words_of(OSError()) == "OSError"
