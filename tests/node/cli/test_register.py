"""`seedpactd register`: one command from nothing to HOLDER, its lines, its refusals, a kill -9."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest

from enclave.attestation.collateral import Collateral
from enclave.attestation.types import SgxMeasurement
from enclave.software.blueprint import Blueprint, PckCa, QuoteKind
from enclave.software.issuer import Issuer
from node.cli.exit_codes import ExitCode
from node.config import ClientConfig, Home, NodeConfig
from node.config.cometbft import read_cometbft
from node.genesis import GenesisFile
from node.join import Step
from node.join.genesis import read_genesis
from node.localnet.homes import ensure_key
from node.receipts.subject import decode_register_tx
from tests.support.cli import COMMAND, Answer, Cli, python_path, run_for_real
from tests.support.enclaves import inputs
from tests.support.joins import FUNDS, make_keys
from tests.support.one_validator import CHAIN_ID, OneValidator
from tests.support.process import enclave_process


@pytest.fixture
def words(chain: OneValidator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The command, for an empty home with a funded operator; without --network-id."""
    monkeypatch.setenv("SEEDPACT_KEYRING_BACKEND", "test")
    home = tmp_path / "home"
    operator = ensure_key(Home.of(str(home)), "operator")
    chain.fund(operator.info.address, FUNDS)
    where = ["--home", str(home), "--node", chain.rpc, "--grpc", chain.grpc]
    return ["register", "--from", "operator", *where]


def meant(chain: OneValidator) -> list[str]:
    return ["--network-id", chain.network_id.hex()]


def test_it_shows_a_line_for_each_step(chain: OneValidator, words: list[str]) -> None:
    answer = run_for_real(*words, *meant(chain)).done()
    lines = re.findall(r"^ *[\d.]+s  (\w+) ", answer.stderr, re.MULTILINE)
    assert lines == [str(step) for step in Step]
    assert "holds the network's seed" in answer.stdout
    assert "next: seedpactd start --home" in answer.stdout


def test_json_is_one_object_and_nothing_else(chain: OneValidator, words: list[str]) -> None:
    answer = run_for_real(*words, *meant(chain), "--output", "json").done()
    assert answer.stderr == ""
    found = answer.json
    assert found["state"] == "HOLDER"
    assert found["paid"] == 1
    assert found["confirm_index"] >= 1
    assert set(found["timings_ms"]) == {*Step, "total"}
    with chain.client() as client:
        record = client.node(bytes.fromhex(found["node_id"]))
    assert record is not None
    assert record.height == found["height"]


def test_what_it_writes_is_what_a_node_starts_with(
    chain: OneValidator, words: list[str], tmp_path: Path
) -> None:
    options = ["--port-offset", "300", "--moniker", "late", "--output", "json"]
    run_for_real(*words, *meant(chain), *options).done()
    home = Home.of(str(tmp_path / "home"))
    with chain.client() as client:
        status = client.status()
    peer = f"{status.node_id}@127.0.0.1:"
    assert str(read_cometbft(home, "p2p.persistent_peers")).startswith(peer)
    assert read_cometbft(home, "moniker") == "late"
    config = NodeConfig.load(home)
    assert config.grpc_listen == "127.0.0.1:9390"
    assert (config.operator_key, config.keyring_backend) == ("operator", "test")
    assert ClientConfig.load(home).keyring_backend == "test"
    checks = run_for_real("doctor", *words[3:], "--output", "json").json["checks"]
    results = {entry["check"]: entry["result"] for entry in checks}
    assert results["home"] == results["config"] == results["keys"] == results["chain"] == "ok"


def test_a_restore_reads_as_one(chain: OneValidator, words: list[str], tmp_path: Path) -> None:
    first = run_for_real(*words, *meant(chain), "--output", "json").done().json
    assert first["restored"] is False
    state = Home.of(str(tmp_path / "home")).enclave_state
    for form in ("json", "text"):
        state.unlink()
        again = run_for_real(*words, *meant(chain), "--output", form).done()
        assert state.exists()
        if form == "json":
            assert again.json["restored"] is True
            assert again.json["tx_hash"] == first["tx_hash"]
        else:
            assert "holds the network's seed again" in again.stdout
            assert "backup.sealed: the enclave's state was gone" in again.stdout
            assert "back from its backup" in again.stderr


def founders_collateral(chain: OneValidator) -> bytes:
    """What holds for every machine of a software network."""
    network = GenesisFile.load(chain.home.genesis).registration().network
    assert network is not None
    return network.collateral


def carried(chain: OneValidator, answer: Answer) -> bytes:
    """The collateral in the register of an answer."""
    with chain.client() as client:
        for raw in client.engine.block(answer.json["height"]).txs:
            if hashlib.sha256(raw).hexdigest().upper() == answer.json["tx_hash"]:
                return decode_register_tx(raw).message.collateral
    raise AssertionError("no register in its block")


def test_named_collateral_is_used_and_left_for_renewals(
    chain: OneValidator, words: list[str], tmp_path: Path, cli: Cli
) -> None:
    """In whatever form it came; and a holder's is kept as well, and said so."""
    given = tmp_path / "collateral.json"
    fields = json.loads(founders_collateral(chain))
    pem = "pck_crl_issuer_chain"
    given.write_bytes(b"\xef\xbb\xbf" + json.dumps({**fields, pem: quote(fields[pem])}).encode())
    options = [*meant(chain), "--collateral", str(given), "--output", "json"]
    first = run_for_real(*words, *options).done()
    usual = Collateral.parse(founders_collateral(chain)).encode()
    assert carried(chain, first) == usual
    home = Home.of(str(tmp_path / "home"))
    assert home.collateral.read_bytes() == usual
    assert (first.json["collateral"], first.json["not_used"]) == (str(home.collateral), [])

    home.collateral.unlink()
    late = ["--moniker", "late", "--p2p-peer", f"{'0' * 40}@127.0.0.1:1", "--discard"]
    again = run_for_real(*words, *options, *late).done()
    assert home.collateral.read_bytes() == usual
    assert again.json["collateral"] == str(home.collateral)
    assert again.json["not_used"] == ["--p2p-peer", "--moniker", "--discard"]
    assert again.json["tx_hash"] == first.json["tx_hash"]

    given.write_bytes(json.dumps({**fields, "tcb_info": {}}).encode())
    refused = cli(*words, *options).failed("malformed_collateral", ExitCode.USAGE, logged=True)
    assert "tcb_info" in refused.stdout
    assert home.collateral.read_bytes() == usual


def test_a_false_id_is_refused(words: list[str], tmp_path: Path, cli: Cli) -> None:
    refused = cli(*words, "--network-id", "00" * 32).failed("wrong_network", logged=True)
    # The peer may lie, and no enclave can say which id is right.
    assert "check the id with whom you trust" in refused.stderr
    assert "--node" in refused.stderr
    assert not (tmp_path / "home" / "config" / "genesis.json").exists()


def test_without_an_id_and_without_a_terminal_nothing_is_believed(
    words: list[str], cli: Cli
) -> None:
    cli(*words).failed("network_not_confirmed", logged=True)


def test_yes_takes_the_network_that_is_served(words: list[str], cli: Cli) -> None:
    assert cli(*words, "--yes", "--output", "json").done().json["state"] == "HOLDER"


@pytest.mark.parametrize(
    ("chain_id", "quoted", "code"),
    [("another-1", True, "keys_exist"), (CHAIN_ID, False, "keys_unusable")],
)
def test_keys_in_the_way_are_thrown_away_as_the_remedy_says(
    chain: OneValidator,
    words: list[str],
    tmp_path: Path,
    cli: Cli,
    *,
    chain_id: str,
    quoted: bool,
    code: str,
) -> None:
    """Those of another network that were quoted, and those for a kem_io that a peer made up."""
    network = read_genesis(chain.home.genesis.read_bytes(), where="its genesis").inputs
    other = inputs("another-1")
    with enclave_process(tmp_path / "another") as process:
        kem_io = process.bootstrap(other).kem_io
    home = Home.of(str(tmp_path / "home"))
    made = make_keys(home, network if chain_id == CHAIN_ID else other, kem_io, quoted=quoted)
    json = (*meant(chain), "--output", "json")
    assert "register --discard" in cli(*words, *json).failed(code).json["remedy"]
    assert cli(*words, *json, "--discard").done().json["node_id"] != made.hex()


@pytest.mark.parametrize(
    ("options", "code", "exit_code"),
    [
        (["--network-id", "12"], "wrong_usage", ExitCode.USAGE),
        (["--moniker", "m" * 71], "wrong_usage", ExitCode.USAGE),
        (["--moniker", "a\nb"], "wrong_usage", ExitCode.USAGE),
        (["--moniker", "Zürich"], "wrong_usage", ExitCode.USAGE),
        (["--p2p-peer", "10.0.0.1:26656"], "wrong_usage", ExitCode.USAGE),
        (["--collateral", "/nowhere"], "unreadable_input", ExitCode.USAGE),
        (["--fees", "5"], "wrong_usage", ExitCode.USAGE),
        (["--enclave", "nowhere"], "wrong_usage", ExitCode.USAGE),
        (["--from", "nobody"], "key_not_found", ExitCode.REFUSED),
        (["--node", "http://127.0.0.1:1"], "chain_unreachable", ExitCode.REFUSED),
        (["--yes", "--grpc", "127.0.0.1:1"], "chain_unreachable", ExitCode.REFUSED),
        (["--yes", "--enclave", "127.0.0.1:1"], "enclave_unreachable", ExitCode.REFUSED),
        (["--yes", "--fees", "1useed"], "insufficient_fee", ExitCode.REFUSED),
    ],
)
def test_what_is_wrong_is_one_line(
    words: list[str], cli: Cli, options: list[str], code: str, exit_code: ExitCode
) -> None:
    cli(*words, *options).failed(code, exit_code, logged=True)


def test_a_config_that_the_engine_refuses_costs_nothing(
    chain: OneValidator, words: list[str], cli: Cli
) -> None:
    """A home of an older version may have a name that no engine starts with."""
    home = Home.of(words[words.index("--home") + 1])
    home.config.mkdir(parents=True)
    home.cometbft_config.write_text('moniker = "Z\u00fcrich"\n')
    operator = ensure_key(home, "operator").info.raw_address
    cli(*words, *meant(chain)).failed("config_invalid", ExitCode.USAGE, logged=True)
    with chain.client() as client:
        assert client.balance(operator) == FUNDS


def test_two_at_once_do_not_pay_twice(
    chain: OneValidator, words: list[str], tmp_path: Path
) -> None:
    started = [start(words, chain) for _ in range(3)]
    answers = [finished(process) for process in started]
    done = [answer for answer in answers if answer.exit_code == 0]
    assert done
    for answer in answers:
        if answer not in done:
            answer.failed("register_running", logged=True)
    key = ensure_key(Home.of(str(tmp_path / "home")), "operator")
    with chain.client() as client:
        assert client.account(key.info.raw_address).sequence == 1


def test_killed_at_any_moment_it_pays_once(
    chain: OneValidator, words: list[str], tmp_path: Path
) -> None:
    """Killed again and again, each time a little later, until one run is through."""
    patience = 0.8
    while True:
        process = start(words, chain)
        try:
            process.wait(patience)
            break
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            finished(process)
        patience += 0.4
    finished(process).done()
    key = ensure_key(Home.of(str(tmp_path / "home")), "operator")
    with chain.client() as client:
        assert client.account(key.info.raw_address).sequence == 1


def start(words: list[str], chain: OneValidator) -> subprocess.Popen[str]:
    """The command, in a process of its own."""
    return subprocess.Popen(
        [*COMMAND, *words, *meant(chain)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": python_path()},
    )


def finished(process: subprocess.Popen[str]) -> Answer:
    """What it printed, once it has ended."""
    stdout, stderr = process.communicate(timeout=120)
    return Answer(process.returncode, stdout, stderr)


@pytest.mark.parametrize(
    "options",
    [
        ("--state-sync", "--trust-height", "5"),
        ("--state-sync", "--trust-hash", "00" * 32),
        ("--trust-height", "5", "--trust-hash", "00" * 32),
        ("--rpc-server", "http://127.0.0.1:1"),
        ("--state-sync", "--trust-height", "5", "--trust-hash", "00"),
    ],
)
def test_half_of_a_trusted_header_is_wrong_usage(
    chain: OneValidator, words: list[str], options: tuple[str, ...], cli: Cli
) -> None:
    cli(*words, *meant(chain), *options).failed("wrong_usage", ExitCode.USAGE)


def test_state_sync_from_a_header_that_nobody_names_or_takes_is_refused(
    chain: OneValidator, words: list[str], cli: Cli
) -> None:
    """Without a terminal nobody can be asked."""
    answer = cli(*words, *meant(chain), "--state-sync")
    answer.failed("header_not_confirmed", ExitCode.REFUSED, logged=True)
    wrong = ("--state-sync", "--trust-height", "1", "--trust-hash", "00" * 32)
    cli(*words, *meant(chain), *wrong).failed("untrusted_header", ExitCode.REFUSED, logged=True)


def test_the_list_of_another_ca_is_named_before_anything_is_paid(
    chain: OneValidator, words: list[str], tmp_path: Path, cli: Cli
) -> None:
    blueprint = Blueprint(
        kind=QuoteKind.SGX_V3,
        measurement=SgxMeasurement(bytes(32), bytes(32), 0, 0),
        chain_id=CHAIN_ID,
        pck_ca=PckCa.PROCESSOR,
    )
    given = tmp_path / "collateral.json"
    given.write_bytes(Issuer(blueprint).collateral)
    answer = cli(*words, *meant(chain), "--collateral", str(given))
    answer.failed("certificate_invalid", logged=True)
    for name in ("PCK Platform CA", "PCK Processor CA"):
        assert name in answer.stderr
    key = ensure_key(Home.of(str(tmp_path / "home")), "operator")
    with chain.client() as client:
        assert client.account(key.info.raw_address).sequence == 0
