"""`seedpactd receipt`: from a real chain to a file, and from the file to a judgement, offline."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from node.cli.exit_codes import ExitCode
from node.config import Home
from node.join import Join, join
from node.localnet.homes import ensure_key
from tests.support.cli import Cli, python_path
from tests.support.one_validator import OneValidator

FUNDS: Final = 100_000
JSON: Final = ("--output", "json")
CHECKS: Final = (
    "network headers record network_keys register gate_time anchor report_data collateral quote"
)
OFFLINE: Final = """
import socket, sys

class Barred(socket.socket):
    def __init__(self, *_, **__):
        raise AssertionError("a socket")

def watch(event, _):
    if event.startswith("socket."):
        raise AssertionError(event)

socket.socket = Barred
sys.addaudithook(watch)
from node.cli.main import run
sys.exit(run(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def newcomer(chain: OneValidator, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The id of a node that has registered on a real chain."""
    home = Home.of(str(tmp_path_factory.mktemp("receipt") / "home"))
    operator = ensure_key(home, "operator")
    chain.fund(operator.info.address, FUNDS)
    done = join(
        Join(
            home=home.path,
            peer_rpc=chain.rpc,
            peer_grpc=chain.grpc,
            operator=operator,
            network_id=chain.network_id,
        ),
        progress=lambda _: None,
    )
    return done.node_id


@pytest.fixture
def file(chain: OneValidator, newcomer: bytes, cli: Cli, tmp_path: Path) -> Path:
    """Its receipt."""
    path = tmp_path / "r.json"
    place = ("--node", chain.rpc, "--grpc", chain.grpc)
    path.write_text(cli("receipt", "export", newcomer.hex(), *place).done().stdout)
    return path


def changed(file: Path, **parts: Any) -> Path:
    tree = json.loads(file.read_text())
    file.write_text(json.dumps({**tree, **parts}))
    return file


def test_a_registration_of_a_real_chain(
    chain: OneValidator, newcomer: bytes, file: Path, cli: Cli
) -> None:
    network_id = chain.network_id.hex()
    answer = cli("receipt", "verify", str(file), "--network-id", network_id, *JSON).done().json
    assert [one["check"] for one in answer["checks"]] == [*CHECKS.split(), "trust"]
    assert {one["result"] for one in answer["checks"]} == {"ok"}
    assert (answer["node_id"], answer["network_id"]) == (newcomer.hex(), network_id)
    assert (answer["status"], answer["rests_on"]) == ("CONFIRMED", "network_id")
    with chain.client() as client:
        header = client.header(answer["header"]["height"])
        record = client.node(newcomer)
    assert record is not None
    assert header.hash.hex() == answer["header"]["hash"]
    assert record.height == answer["height"]
    assert record.verdict.platform_id.hex() == answer["verdict"]["platform_id"]
    by_header = cli("receipt", "verify", str(file), "--trust-hash", header.hash.hex(), *JSON)
    assert by_header.done().json["rests_on"] == "header"


def test_the_founders_first_record(chain: OneValidator, cli: Cli, tmp_path: Path) -> None:
    place = ("--node", chain.rpc, "--grpc", chain.grpc)
    with chain.client() as client:
        founder = next(node for node in client.nodes() if not any(node.register_tx_hash))
    out = tmp_path / "founder.json"
    made = cli("receipt", "export", founder.node_id.hex(), "--out", str(out), *place, *JSON)
    assert made.done().json["bytes"] == out.stat().st_size
    cli("receipt", "export", founder.node_id.hex(), "--out", str(out)).failed("file_exists")
    verified = cli("receipt", "verify", str(out), *JSON).done().json
    assert verified["register_tx_hash"] is None
    assert verified["rests_on"] == "nothing"


def test_who_trusts_nothing_is_told_so(file: Path, cli: Cli) -> None:
    answer = cli("receipt", "verify", str(file)).done()
    assert answer.stdout.startswith("consistent with itself")
    assert "--network-id" in answer.stdout


def test_standard_input(file: Path, cli: Cli) -> None:
    cli("receipt", "verify", "-", stdin=file.read_bytes()).done()


def test_it_needs_no_network(chain: OneValidator, file: Path) -> None:
    arguments = ("receipt", "verify", str(file), "--network-id", chain.network_id.hex(), *JSON)
    done = subprocess.run(
        [sys.executable, "-c", OFFLINE, *arguments],
        capture_output=True,
        check=False,
        text=True,
        env={"PYTHONPATH": python_path(), "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == ExitCode.DONE, done.stderr
    assert json.loads(done.stdout)["accepted"] is True


def test_what_bars_the_network_would_see_it() -> None:
    """The test above can fail."""
    script = OFFLINE.replace(
        "from node.cli.main import run", "socket.create_connection(('::1', 1))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=False, text=True
    )
    assert "AssertionError" in done.stderr


def test_wrong_trust(file: Path, cli: Cli) -> None:
    wrong = "aa" * 32
    for option, code in (("--network-id", "wrong_network"), ("--trust-hash", "unverified_anchor")):
        answer = cli("receipt", "verify", str(file), option, wrong, *JSON)
        failed = [one for one in answer.failed("receipt_refused").json["checks"] if "code" in one]
        assert [(one["check"], one["code"]) for one in failed] == [("trust", code)]
        assert all(failed[0][name] for name in ("expected", "found", "remedy"))


def test_each_failed_check_is_a_line(file: Path, cli: Cli) -> None:
    tree = json.loads(file.read_text())
    record = {**tree["record"], "status": "NODE_STATUS_EXPIRED"}
    answer = cli("receipt", "verify", str(changed(file, record=record, quote="00")))
    answer.failed("receipt_refused")
    lines = [line for line in answer.stdout.splitlines() if "failed: " in line]
    assert [line.split()[0] for line in lines] == ["record", "register", "report_data", "quote"]
    for line in lines:
        assert "expected" in line
        assert "found" in line


def test_what_is_no_receipt(file: Path, cli: Cli, tmp_path: Path) -> None:
    malformed = ("malformed_receipt", ExitCode.USAGE)
    cli("receipt", "verify", str(changed(file, version=2))).failed(*malformed)
    (tmp_path / "junk").write_bytes(b"\xff\x00")
    cli("receipt", "verify", str(tmp_path / "junk")).failed(*malformed)
    cli("receipt", "verify", str(tmp_path / "none")).failed("unreadable_input", ExitCode.USAGE)
    with (tmp_path / "huge").open("wb") as huge:
        huge.truncate(16 * 1024 * 1024 + 1)
    cli("receipt", "verify", str(tmp_path / "huge")).failed("too_large", ExitCode.USAGE)


def test_there_is_none_of_nobody(chain: OneValidator, cli: Cli) -> None:
    place = ("--node", chain.rpc, "--grpc", chain.grpc)
    cli("receipt", "export", "aa" * 32, *place).failed("no_receipt")
    cli("receipt", "export", "aa" * 32, "--height", "999999999", *place).failed("no_such_state")
