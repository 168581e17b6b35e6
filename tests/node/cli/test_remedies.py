"""Every code has a remedy, and `explain` prints it."""

from __future__ import annotations

import enum
import importlib
import pkgutil

import pytest

import node
from enclave.errors import Code
from node.chain_client.reasons import names as reason_names
from node.cli.exit_codes import ExitCode
from node.cli.explain import known_codes
from node.cli.failures import CliCode
from node.cli.remedies import CLI_REMEDIES, REMEDIES, remedy_for
from node.cli.remedies_reasons import REASON_REMEDIES
from node.cli.remedy import Remedy
from node.confirmer import NodeCode
from tests.support.cli import Cli
from tests.support.commands import commands_in, unknown_words

ALL: list[tuple[str, Remedy]] = [
    *REMEDIES.items(),
    *CLI_REMEDIES.items(),
    *REASON_REMEDIES.items(),
]


def test_no_code_is_without_a_remedy() -> None:
    assert set(REMEDIES) == set(Code)
    assert set(CLI_REMEDIES) == set(CliCode)
    assert set(REASON_REMEDIES) == set(reason_names()) - set(Code)


def test_every_code_of_a_part_of_the_node_is_known() -> None:
    """A part's own table of codes: what it raises must not reach an operator without a remedy."""
    for module in pkgutil.walk_packages(node.__path__, "node."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    parts = [kind for kind in enum.StrEnum.__subclasses__() if kind.__module__.startswith("node.")]
    tables = [kind for kind in parts if kind.__name__.endswith("Code")]
    assert len(tables) > 5
    for table in tables:
        if table is not NodeCode:
            unknown = {str(code) for code in table} - set(known_codes())
            assert unknown == set(), table


def test_codes_of_the_command_line_are_not_codes_of_the_core() -> None:
    ours = {str(code) for code in CliCode}
    assert ours.isdisjoint(str(code) for code in Code)
    assert ours.isdisjoint(reason_names())


@pytest.mark.parametrize(("code", "remedy"), ALL, ids=[code for code, _ in ALL])
def test_a_remedy_says_why_and_what_to_do(code: str, remedy: Remedy) -> None:
    assert remedy.why.endswith((".", ")")), code
    assert remedy.step.isprintable()
    # It ends a line of error: no full stop, no capital that starts a sentence.
    assert not remedy.step.endswith(".")
    assert remedy.step[0] == "`" or remedy.step[0].islower()


@pytest.mark.parametrize(("code", "remedy"), ALL, ids=[code for code, _ in ALL])
def test_a_remedy_names_commands_that_exist(code: str, remedy: Remedy) -> None:
    for words in commands_in(f"{remedy.why} {remedy.step}"):
        assert not unknown_words(words), (code, words)


@pytest.mark.parametrize("code", known_codes())
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
