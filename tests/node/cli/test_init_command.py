"""`seedpactd init`: a whole home, made once; keys are never written over."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from chain_module.genesis_document import parse_genesis_document
from chain_module.genesis_form import BadGenesis
from enclave.crypto.labels import Mode
from enclave.service.measure_package import measure_package
from node.cli.exit_codes import ExitCode
from node.config import ClientConfig, Home, NodeConfig
from node.config.cometbft import read_cometbft
from node.config.engine_keys import read_engine_keys
from node.genesis import GenesisFile
from node.genesis.entries import add_validator
from tests.support.cli import Answer, Cli


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def _init(cli: Cli, home: Home, *more: str, moniker: str = "berlin") -> Answer:
    return cli("init", moniker, "--chain-id", "by-hand-1", "--home", str(home.path), *more)


def test_a_home_is_whole(cli: Cli, home: Home, engine: Path) -> None:
    answer = _init(cli, home, "--output", "json").done().json
    keys = read_engine_keys(home)
    assert answer["node_id"] == keys.node_id
    assert answer["validator_address"] == keys.validator_address
    assert answer["validator_pubkey"] == keys.validator_key.hex()
    assert NodeConfig.load(home).enclave_mode is Mode.SOFTWARE
    assert ClientConfig.load(home).chain_id == "by-hand-1"
    assert read_cometbft(home, "moniker") == "berlin"
    assert read_cometbft(home, "proxy_app") == f"unix://{NodeConfig.load(home).abci_socket}"
    shown = subprocess.run(
        [engine, "show-node-id", "--home", home.path], capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == keys.node_id


def test_everything_listens_on_loopback(cli: Cli, home: Home) -> None:
    answer = _init(cli, home, "--output", "json").done().json
    for name in ("rpc", "p2p", "grpc", "metrics", "enclave"):
        assert answer[name].startswith("127.0.0.1:"), name
    config = home.cometbft_config.read_text() + home.node_config.read_text()
    assert ".0.0.0:" not in config


def test_the_genesis_is_a_good_draft(cli: Cli, home: Home) -> None:
    _init(cli, home, "--genesis-time", "2026-01-01T00:00:00Z").done()
    genesis = GenesisFile.load(home.genesis)
    with pytest.raises(BadGenesis, match="validators"):
        parse_genesis_document(genesis.encode())
    add_validator(genesis, read_engine_keys(home).validator_key, power=1, name="x")
    inputs = parse_genesis_document(genesis.encode()).network_inputs
    assert inputs.chain_id == "by-hand-1"
    assert inputs.genesis_time == 1767225600
    registration = genesis.registration()
    (measurement,) = registration.policy.measurements
    assert measurement.encoded.startswith(measure_package())
    assert registration.params.max_registers_per_block == 8


def test_ports_are_shifted_together(cli: Cli, home: Home) -> None:
    answer = _init(cli, home, "--port-offset", "300", "--output", "json").done().json
    found = [answer[name].rpartition(":")[2] for name in ("rpc", "p2p", "grpc", "enclave")]
    assert found == ["26957", "26956", "9390", "26970"]
    assert ClientConfig.load(home).node == "http://127.0.0.1:26957"
    assert ClientConfig.load(home).grpc == "127.0.0.1:9390"


def test_every_option_reaches_its_file(cli: Cli, home: Home) -> None:
    peer = "ab" * 20 + "@10.0.0.1:26656"
    arguments = {
        "--rpc-listen": "0.0.0.0:1",
        "--p2p-listen": "0.0.0.0:2",
        "--grpc-listen": "127.0.0.1:3",
        "--metrics-listen": "127.0.0.1:4",
        "--enclave-address": "127.0.0.1:5",
        "--external-address": "example.org:6",
        "--persistent-peer": peer,
        "--minimum-gas-price": "2useed",
        "--block-ms": "250",
        "--operator-key": "op",
        "--keyring-backend": "test",
        "--mode": "hardware",
    }
    answer = _init(cli, home, *(part for pair in arguments.items() for part in pair)).done()
    assert "rpc at 0.0.0.0:1 is open to other machines" in answer.stdout
    config = NodeConfig.load(home)
    assert config.grpc_listen == "127.0.0.1:3"
    assert config.metrics_listen == "127.0.0.1:4"
    assert config.enclave_address == "127.0.0.1:5"
    assert config.minimum_gas_price.amount == 2
    assert (config.operator_key, config.keyring_backend) == ("op", "test")
    assert config.enclave_mode is Mode.HARDWARE
    assert ClientConfig.load(home).node == "http://127.0.0.1:1"
    assert ClientConfig.load(home).keyring_backend == "test"
    for name, value in (
        ("rpc.laddr", "tcp://0.0.0.0:1"),
        ("p2p.laddr", "tcp://0.0.0.0:2"),
        ("p2p.external_address", "example.org:6"),
        ("p2p.persistent_peers", peer),
        ("p2p.addr_book_strict", True),
        ("consensus.timeout_commit", "250ms"),
    ):
        assert read_cometbft(home, name) == value
    # Which code may join is unknown here: nobody, until set-policy says it.
    assert GenesisFile.load(home.genesis).registration().policy.measurements == ()


def test_a_second_time_is_refused_and_says_what_is_there(cli: Cli, home: Home) -> None:
    _init(cli, home).done()
    before = {path: path.read_bytes() for path in home.path.rglob("*") if path.is_file()}
    answer = _init(cli, home, moniker="other").failed("home_exists")
    for name in ("genesis.json", "priv_validator_key.json", "node_key.json", "node.toml"):
        assert name in answer.stderr
    assert {path: path.read_bytes() for path in home.path.rglob("*") if path.is_file()} == before


def test_overwrite_keeps_keys(cli: Cli, home: Home) -> None:
    _init(cli, home).done()
    keys, secret = read_engine_keys(home), home.validator_key.read_bytes()
    _init(cli, home, "--overwrite", moniker="other").done()
    assert read_engine_keys(home) == keys
    assert home.validator_key.read_bytes() == secret
    assert read_cometbft(home, "moniker") == "other"


@pytest.mark.parametrize("left", ["data/blockstore.db", "data/seedpact"])
def test_a_node_that_ran_is_not_overwritten(cli: Cli, home: Home, left: str) -> None:
    _init(cli, home).done()
    (home.path / left).mkdir()
    before = home.genesis.read_bytes()
    _init(cli, home, "--overwrite").failed("home_exists")
    assert home.genesis.read_bytes() == before


def test_keys_alone_are_enough_to_refuse(cli: Cli, home: Home) -> None:
    """A key that somebody put there is not used by accident."""
    _init(cli, home).done()
    for path in (home.node_config, home.client_config, home.cometbft_config, home.genesis):
        path.unlink()
    _init(cli, home).failed("home_exists")
    keys = read_engine_keys(home)
    _init(cli, home, "--overwrite").done()
    assert read_engine_keys(home) == keys


def test_an_account_may_be_there_before(cli: Cli, home: Home) -> None:
    cli("keys", "add", "op", "--keyring-backend", "test", "--home", str(home.path)).done()
    _init(cli, home).done()
    assert (home.keyring("test") / "op.key").exists()


def test_a_long_home_gets_a_short_socket(cli: Cli, tmp_path: Path) -> None:
    home = Home(tmp_path / ("x" * 100))
    _init(cli, home).done()
    socket = NodeConfig.load(home).abci_socket
    assert len(str(socket)) < 108
    assert read_cometbft(home, "proxy_app") == f"unix://{socket}"


def test_a_home_that_cannot_be_made_is_told(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    _init(cli, Home(tmp_path / "file" / "home")).failed("cannot_write")


@pytest.mark.parametrize(
    "arguments",
    [
        ("init",),
        ("init", "berlin"),
        ("init", "", "--chain-id", "a"),
        ("init", "b\nb", "--chain-id", "a"),
        ("init", "x" * 71, "--chain-id", "a"),
        ("init", "berlin", "--chain-id", ""),
        ("init", "berlin", "--chain-id", "a b"),
        ("init", "berlin", "--chain-id", "x" * 51),
        ("init", "berlin", "--chain-id", "a", "--mode", "soft"),
        ("init", "berlin", "--chain-id", "a", "--port-offset", "-1"),
        ("init", "berlin", "--chain-id", "a", "--rpc-listen", "26657"),
        ("init", "berlin", "--chain-id", "a", "--persistent-peer", "10.0.0.1:26656"),
        ("init", "berlin", "--chain-id", "a", "--minimum-gas-price", "1atom"),
        ("init", "berlin", "--chain-id", "a", "--block-ms", "-1"),
        ("init", "berlin", "--chain-id", "a", "--genesis-time", "tomorrow"),
        ("init", "berlin", "--chain-id", "a", "--genesis-time", "2026-02-30T00:00:00Z"),
        ("init", "berlin", "--chain-id", "a", "--keyring-backend", "os"),
        ("init", "berlin", "surplus", "--chain-id", "a"),
    ],
    ids=" ".join,
)
def test_wrong_usage_makes_nothing(cli: Cli, home: Home, arguments: tuple[str, ...]) -> None:
    cli(*arguments, "--home", str(home.path)).failed("wrong_usage", ExitCode.USAGE)
    assert not home.path.exists()


def test_an_offset_beyond_all_ports_is_refused(cli: Cli, home: Home) -> None:
    _init(cli, home, "--port-offset", "40000").failed("config_invalid", ExitCode.USAGE)
    assert not home.path.exists()


def test_a_wrong_client_file_is_told_where_it_matters(cli: Cli, home: Home) -> None:
    _init(cli, home).done()
    home.client_config.write_text('nod = "x"\n')
    answer = cli("keys", "list", "--home", str(home.path))
    answer.failed("config_invalid", ExitCode.USAGE)
    assert str(home.client_config) in answer.stderr


def test_answers_in_json_where_the_home_says_so(cli: Cli, home: Home) -> None:
    _init(cli, home).done()
    text = home.client_config.read_text().replace('output = "text"', 'output = "json"')
    home.client_config.write_text(text)
    assert json.loads(cli("keys", "list", "--home", str(home.path)).stdout)["accepted"] is True
    cli("keys", "show", "x", "--home", str(home.path)).failed("key_not_found")


def test_the_keyring_may_come_from_the_environment(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEEDPACT_KEYRING_BACKEND", "test")
    home = Home.of(str(tmp_path / "home"))
    cli("init", "one", "--chain-id", "a-1", "--home", str(home.path)).done()
    assert NodeConfig.load(home).keyring_backend == "test"
    assert ClientConfig.load(home).keyring_backend == "test"


@pytest.mark.parametrize("moniker", ["Z\u00fcrich", "   ", "", "a\nb", "a\tb", "m" * 71])
def test_a_name_that_the_engine_refuses_makes_no_home(cli: Cli, home: Home, moniker: str) -> None:
    answer = _init(cli, home, moniker=moniker).failed("wrong_usage", ExitCode.USAGE)
    assert "printable ASCII" in answer.stderr
    assert not home.path.exists()


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--external-address", "example.org:0"),
        ("--external-address", "999.0.0.1:26656"),
        ("--p2p-listen", "127.0.0.1:0"),
        ("--rpc-listen", "[127.0.0.1]:1"),
        ("--persistent-peer", "ab" * 20 + "@10.0.0.1:70000"),
        ("--persistent-peer", "ab" * 20 + "@::1:26656"),
    ],
)
def test_an_address_that_the_engine_refuses_makes_no_home(
    cli: Cli, home: Home, option: str, value: str
) -> None:
    _init(cli, home, option, value).failed("wrong_usage", ExitCode.USAGE)
    assert not home.path.exists()
