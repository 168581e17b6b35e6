"""Laws over any input: one verdict or one line, codes that exist, and never a bug that shows."""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enclave.errors import Code
from node.cli.exit_codes import ExitCode
from node.cli.failures import CliCode
from node.cli.main import run
from node.cli.remedies import remedies
from tests.support.cli import Answer

FOLDER: Final = Path(__file__).parents[2] / "vectors" / "dcap"
NAME: Final = "tdx4-near-uptodate"
QUOTE: Final = (FOLDER / f"{NAME}.quote").read_bytes()
COLLATERAL: Final = (FOLDER / f"{NAME}.collateral.json").read_bytes()
TIME: Final = "1758093774"


def printed_by(arguments: list[str], stdin: bytes = b"") -> Answer:
    out, err = io.StringIO(), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        patch.setenv("SEEDPACT_ENCLAVE", "127.0.0.1:1")
        exit_code = run(arguments)
    return Answer(exit_code, out.getvalue(), err.getvalue())


@st.composite
def damaged(draw: st.DrawFn, original: bytes) -> bytes:
    """`original` with some bytes changed, cut out or put in."""
    data = bytearray(original)
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(data)))
        length = draw(st.sampled_from([0, 1, 2, 4, 64, 1000]))
        data[start : start + length] = draw(st.binary(max_size=8))
    return bytes(data)


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        yield Path(name)


def judged(quote: bytes, collateral: bytes) -> Answer:
    with folder() as here:
        (here / "collateral").write_bytes(collateral)
        options = ["--collateral", "collateral", "--time", TIME, "--output", "json"]
        answer = printed_by(["attest", "verify", "-", *options], quote)
    assert answer.stderr == ""
    assert answer.json["accepted"] is (answer.exit_code == 0)
    return answer


@given(damaged(QUOTE))
def test_any_quote_gets_a_verdict(quote: bytes) -> None:
    """Exit 0 with ok, or 1 with a code of the core."""
    answer = judged(quote, COLLATERAL)
    assert answer.exit_code in {0, 1}
    assert answer.json["code"] in {"ok", *Code}


@given(damaged(COLLATERAL))
def test_any_collateral_gets_a_verdict_and_the_quote_is_shown(collateral: bytes) -> None:
    """Exit 0 with ok, or 1 with a code of the core; what the quote says is known in any case."""
    answer = judged(QUOTE, collateral)
    assert answer.exit_code in {0, 1}
    assert answer.json["code"] in {"ok", *Code}
    assert answer.json["version"] == 4


# `run` is left out: it would serve.
WORDS: Final = [
    *("attest", "verify", "issue", "enclave", "info", "backup", "restore", "network-keys"),
    *("explain", "completion"),
    *(
        "--output",
        "json",
        "text",
        "--out",
        "--force",
        "--help",
        "--",
        "-",
        "x",
        "",
        "\ud800",
        "a\nb",
    ),
    *("--collateral", "--time", "1", "--policy", "--trust-anchor", "--kind", "--bad-case", "debug"),
    *("--network-id", "00" * 32, "--operator", "--endpoint-token"),
    *("--address", "--timeout", "0.1", "-h", "bash", "frozen"),
]


@given(st.lists(st.sampled_from(WORDS), max_size=9))
def test_any_words_are_done_or_fail_with_a_code(words: list[str]) -> None:
    """Exit 0, 1 or 2; a failure has a known code on one line or in one object; no bug shows."""
    with folder():
        answer = printed_by(words)
    assert answer.exit_code in {0, 1, 2}
    if answer.exit_code == 0 or "Commands:" in answer.stderr:
        return
    as_json = answer.stdout.startswith("{")
    code = answer.json["code"] if as_json else answer.stderr.partition(":")[0]
    assert code in remedies()
    assert code != CliCode.INTERNAL_ERROR, answer
    answer.failed(code, ExitCode(answer.exit_code))
