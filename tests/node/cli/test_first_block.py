"""A node that waits for its genesis time: status and doctor say until when, and not to start it."""

from __future__ import annotations

import os
import socket
import time
from dataclasses import replace
from pathlib import Path

import pytest

from enclave.time import NANOSECONDS
from node.cli.times import in_words
from node.config import ClientConfig, Home
from node.config.cometbft import edit_cometbft
from node.config.parts import Part, pid_file
from node.genesis import GenesisFile
from node.genesis.times import format_time
from node.supervisor import ProcessId
from tests.support.cli import Cli
from tests.support.genesis_home import CHAIN_ID, make_home

AHEAD_SECS = 3 * 3600 + 40


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home whose chain starts in three hours; nobody answers at its addresses."""
    home = Home(tmp_path / "home")
    make_home(home, complete=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        rpc = f"127.0.0.1:{free.getsockname()[1]}"
    edit_cometbft(home, {"rpc.laddr": f"tcp://{rpc}"})
    replace(ClientConfig.load(home), node=f"http://{rpc}", grpc="127.0.0.1:1").save(home)
    set_time(home, AHEAD_SECS)
    return home


def set_time(home: Home, ahead_secs: int) -> None:
    genesis = GenesisFile.load(home.genesis)
    genesis.document["genesis_time"] = format_time(time.time_ns() + ahead_secs * NANOSECONDS)
    genesis.save()


def let_the_engine_run(home: Home) -> None:
    """Its pid file names a process that runs: this one."""
    own = ProcessId.of(os.getpid())
    assert own is not None
    own.write(pid_file(home, Part.COMETBFT))


def test_status_says_when_the_chain_starts(home: Home, cli: Cli) -> None:
    let_the_engine_run(home)
    answer = cli("status", "--home", str(home.path), "--output", "json").done().json
    engine = answer["engine"]
    assert engine["chain_id"] == CHAIN_ID
    assert engine["latest_block_height"] == 0
    assert 3 * 3600 < engine["starts_in_secs"] <= AHEAD_SECS
    assert engine["starts_at"].endswith("Z")
    text = cli("status", "--home", str(home.path)).done().stdout
    assert f"starts at {engine['starts_at']}, in 3 h 0 min" in text
    assert "enclave" in text


def test_doctor_counts_no_fault_and_skips_what_needs_a_chain(home: Home, cli: Cli) -> None:
    let_the_engine_run(home)
    answer = cli("doctor", "--home", str(home.path), "--output", "json").json
    checks = {entry["check"]: entry for entry in answer["checks"]}
    assert checks["chain"]["result"] == "ok"
    assert "starts at" in checks["chain"]["found"]
    for name in ("clock", "peers"):
        assert checks[name]["result"] == "skipped"
        assert "starts at" in checks[name]["found"]


@pytest.mark.parametrize("case", ["not running", "time has come", "another node"])
def test_else_the_node_is_away(home: Home, cli: Cli, case: str) -> None:
    more: list[str] = []
    if case != "not running":
        let_the_engine_run(home)
    if case == "time has come":
        set_time(home, -5)
    if case == "another node":
        more = ["--node", "http://127.0.0.1:1"]
    where = ["--home", str(home.path), *more]
    cli("status", *where).failed("chain_unreachable")
    assert "chain_unreachable" in cli("doctor", *where).failed("checks_failed").stdout


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min 0 s"),
        (3_661, "1 h 1 min"),
        (86_400 * 3 + 5, "3 d 0 h"),
    ],
)
def test_a_span_has_its_two_largest_units(seconds: int, words: str) -> None:
    assert in_words(seconds) == words
