"""Every code has a remedy, and `explain` prints it."""

from __future__ import annotations

import enum
import importlib
import pkgutil
from typing import Final

import pytest

import chain_module
import enclave
import node
from node.chain_client.reasons import names as reason_names
from node.cli.exit_codes import ExitCode
from node.cli.remedies import Remedy, remedies, remedy_for
from tests.support.cli import Cli
from tests.support.commands import commands_in, unknown_words

PACKAGES: Final = {"enclave", "chain_module", "node"}
PRODUCT: Final = (enclave, chain_module, node)


def codes() -> dict[str, set[str]]:
    """Of every table of codes of the product, by its name."""
    for package in PRODUCT:
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    tables = {
        kind.__name__: set(map(str, kind))
        for kind in enum.StrEnum.__subclasses__()
        if kind.__name__.endswith("Code") and kind.__module__.split(".")[0] in PACKAGES
    }
    return {**tables, "reasons": set(reason_names())}


CODES: Final = codes()
INSIDE: Final = {"StoreCode"}
"""What they say reaches no user under its own name."""


def test_every_code_that_a_user_can_meet_has_a_row_and_every_row_a_code() -> None:
    met = set[str]().union(*(CODES[name] for name in CODES.keys() - INSIDE))
    assert len(CODES) > 12
    assert met - remedies().keys() == set()
    assert remedies().keys() - met == set()


def test_codes_of_the_command_line_are_no_parts_codes() -> None:
    others = set[str]().union(*(CODES[name] for name in CODES.keys() - {"CliCode"}))
    assert CODES["CliCode"].isdisjoint(others)


@pytest.mark.parametrize(("code", "remedy"), remedies().items(), ids=remedies())
def test_a_remedy_says_why_and_what_to_do(code: str, remedy: Remedy) -> None:
    assert remedy.why.endswith((".", ")")), code
    assert remedy.step.isprintable()
    # It ends a line of error: no full stop, no capital that starts a sentence.
    assert not remedy.step.endswith(".")
    assert remedy.step[0] == "`" or remedy.step[0].islower()


@pytest.mark.parametrize(("code", "remedy"), remedies().items(), ids=remedies())
def test_a_remedy_names_commands_that_exist(code: str, remedy: Remedy) -> None:
    for words in commands_in(f"{remedy.why} {remedy.step}"):
        assert not unknown_words(words), (code, words)


@pytest.mark.parametrize("code", remedies())
def test_explain_prints_it(code: str, cli: Cli) -> None:
    answer = cli("explain", code, "--output", "json").done().json
    remedy = remedy_for(code)
    assert answer == {
        "accepted": True,
        "code": code,
        "meaning": remedy.why,
        "remedy": remedy.step,
    }
    text = cli("explain", code).done().stdout
    assert remedy.step in text
    assert remedy.why in text


def test_explain_takes_a_code_as_an_error_shows_it(cli: Cli) -> None:
    for spelling in ("debug_enclave", "debug-enclave", "DEBUG_ENCLAVE", "debug_enclave:"):
        assert "debug_enclave" in cli("explain", spelling).done().stdout


def test_explain_names_codes_that_are_near(cli: Cli) -> None:
    answer = cli("explain", "debug_enclav").failed("wrong_usage", ExitCode.USAGE)
    assert "debug_enclave" in answer.stderr


def test_a_code_of_a_newer_enclave_has_an_answer() -> None:
    assert "version" in remedy_for("a_code_of_tomorrow").step
