"""node.toml and client.toml: what is written reads back; what is wrong is told with its place."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from enclave.crypto.labels import Mode
from node.config import ClientConfig, ConfigCode, ConfigFailure, Home, NodeConfig, Ports
from node.config.gas_price import gas_price
from node.config.home import MAX_SOCKET_PATH


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.make_folders()
    return home


FULL_NODE = {
    "abci.socket": '"/run/other.sock"',
    "grpc.listen": '"127.0.0.1:1"',
    "metrics.listen": '"127.0.0.1:2"',
    "enclave.address": '"127.0.0.1:3"',
    "enclave.mode": '"software"',
    "enclave.token": '"/mnt/enclave/endpoint.token"',
    "application.minimum_gas_price": '"12.5useed"',
    "application.keep_versions": "7",
    "snapshots.every": "50",
    "snapshots.keep": "5",
    "operator.key": '"me"',
    "operator.keyring_backend": '"test"',
    "light_client.witnesses": '"tcp://10.0.0.1:26657, http://node.example:443"',
    "log.format": '"json"',
    "log.level": '"debug"',
    "log.abci_calls": "true",
}


def _toml(entries: dict[str, str]) -> str:
    lines = []
    for name, value in entries.items():
        table, _, key = name.rpartition(".")
        lines.append(f"{table}.{key} = {value}" if table else f"{key} = {value}")
    return "\n".join(lines) + "\n"


def test_a_node_config_reads_back(home: Home) -> None:
    config = NodeConfig.default(home, mode=Mode.SOFTWARE, ports=Ports().shifted(100))
    config.save(home)
    assert NodeConfig.load(home) == config
    assert config.grpc_listen == "127.0.0.1:9190"


def test_each_key_of_a_node_config_is_read(home: Home) -> None:
    home.node_config.write_text(_toml(FULL_NODE))
    expected = NodeConfig(
        abci_socket=Path("/run/other.sock"),
        grpc_listen="127.0.0.1:1",
        metrics_listen="127.0.0.1:2",
        enclave_address="127.0.0.1:3",
        enclave_mode=Mode.SOFTWARE,
        enclave_token=Path("/mnt/enclave/endpoint.token"),
        minimum_gas_price=gas_price("12.5useed"),
        keep_versions=7,
        snapshot_every=50,
        snapshot_keep=5,
        operator_key="me",
        keyring_backend="test",
        witnesses=("http://10.0.0.1:26657", "http://node.example:443"),
        log_format="json",
        log_level="debug",
        log_abci_calls=True,
    )
    assert NodeConfig.load(home) == expected
    assert expected.minimum_gas_price.amount == Fraction(25, 2)
    expected.save(home)
    assert NodeConfig.load(home) == expected


@pytest.mark.parametrize("kept", ["enclave/endpoint.token", "/mnt/other/endpoint.token", ""])
def test_the_enclaves_token_is_relative_to_the_home_or_none(home: Home, kept: str) -> None:
    """A home that moved keeps its check; an empty text turns it off."""
    home.node_config.write_text(f'enclave.token = "{kept}"\n')
    config = NodeConfig.load(home)
    assert config.enclave_token == (home.path / kept if kept else None)
    config.save(home)
    assert f'token = "{kept}"' in home.node_config.read_text()


def test_the_operator_is_named_and_the_rest_stays(home: Home) -> None:
    NodeConfig.default(home, mode=Mode.SOFTWARE).save(home)
    with home.node_config.open("a") as file:
        file.write("# mine\n")
    before = home.node_config.read_text().splitlines()
    NodeConfig.set_operator(home, key="op", backend="test")
    config = NodeConfig.load(home)
    assert (config.operator_key, config.keyring_backend) == ("op", "test")
    after = home.node_config.read_text().splitlines()
    assert set(before) ^ set(after) == {
        'key = ""',
        'key = "op"',
        'keyring_backend = "file"',
        'keyring_backend = "test"',
    }


def test_missing_keys_have_defaults(home: Home) -> None:
    home.node_config.write_text('grpc.listen = "127.0.0.1:5"\n')
    config = NodeConfig.load(home)
    assert config.grpc_listen == "127.0.0.1:5"
    assert config.abci_socket == home.default_socket
    assert config.enclave_mode is Mode.HARDWARE  # never less safe than asked for
    assert config.enclave_token == home.enclave_token
    assert ClientConfig.load(home) == ClientConfig()


def test_a_relative_socket_is_inside_the_home(home: Home) -> None:
    home.node_config.write_text('abci.socket = "other.sock"\n')
    assert NodeConfig.load(home).abci_socket == home.path / "other.sock"


WRONG_NODE = [
    ("abci.socket", "1"),
    ("abci.socket", '""'),
    ("abci.socket", '"' + "x" * (MAX_SOCKET_PATH + 1) + '"'),
    ("grpc.listen", '"9090"'),
    ("grpc.listen", '"127.0.0.1:0"'),
    ("grpc.listen", '"127.0.0.1:65536"'),
    ("grpc.listen", "9090"),
    ("metrics.listen", '"::1:1"'),
    ("enclave.address", '"a b:1"'),
    ("enclave.mode", '"soft"'),
    ("enclave.mode", "true"),
    ("application.minimum_gas_price", '"0.001"'),
    ("application.minimum_gas_price", '"0.001uatom"'),
    ("application.minimum_gas_price", '"-1useed"'),
    ("application.minimum_gas_price", "0.001"),
    ("application.keep_versions", "1"),
    ("application.keep_versions", "true"),
    ("application.keep_versions", '"9"'),
    ("snapshots.every", "0"),
    ("snapshots.keep", "1"),
    ("snapshots.keep", "101"),
    ("operator.key", "1"),
    ("operator.keyring_backend", '"os"'),
    ("light_client.witnesses", "1"),
    ("light_client.witnesses", '["tcp://10.0.0.1:26657"]'),
    ("light_client.witnesses", '"10.0.0.1"'),
    ("light_client.witnesses", '"ftp://10.0.0.1:1"'),
    ("light_client.witnesses", '"tcp://10.0.0.1:1,tcp://10.0.0.1:1"'),
    ("light_client.witnesses", '"' + ",".join(f"tcp://10.0.0.1:{n}" for n in range(1, 999)) + '"'),
    ("log.format", '"xml"'),
    ("log.level", '"loud"'),
    ("log.abci_calls", "1"),
]


@pytest.mark.parametrize(("key", "value"), WRONG_NODE)
def test_a_wrong_value_is_told_with_file_and_key(home: Home, key: str, value: str) -> None:
    home.node_config.write_text(_toml(FULL_NODE | {key: value}))
    with pytest.raises(ConfigFailure) as caught:
        NodeConfig.load(home)
    assert caught.value.code is ConfigCode.CONFIG_INVALID
    assert key in caught.value.expected
    assert str(home.node_config) in caught.value.expected


UNKNOWN = ["grpc.listne = 1", "nonsense = 1", "[nonsense]\nx = 1", "[[grpc]]\nlisten = 1"]
NO_TOML = ["grpc.listen", "x = 1\nx = 2", "[", "x = \x00"]


@pytest.mark.parametrize("text", UNKNOWN + NO_TOML)
@pytest.mark.parametrize("load", [NodeConfig.load, ClientConfig.load])
def test_an_unknown_key_or_a_broken_file_is_refused(
    home: Home, text: str, load: Callable[[Home], object]
) -> None:
    for path in (home.node_config, home.client_config):
        path.write_text(text)
    with pytest.raises(ConfigFailure) as caught:
        load(home)
    assert caught.value.code is ConfigCode.CONFIG_INVALID
    assert str(home.config) in caught.value.expected


def test_a_near_key_is_named(home: Home) -> None:
    home.node_config.write_text("grpc.listne = 1")
    with pytest.raises(ConfigFailure, match="such as listen"):
        NodeConfig.load(home)


def test_a_file_that_cannot_be_read_is_told(home: Home) -> None:
    home.client_config.mkdir()
    with pytest.raises(ConfigFailure) as caught:
        ClientConfig.load(home)
    assert caught.value.code is ConfigCode.CONFIG_UNREADABLE
    home.node_config.write_bytes(b"#" * 2_000_000)
    with pytest.raises(ConfigFailure, match="at most"):
        NodeConfig.load(home)


def test_a_client_config_reads_back(home: Home) -> None:
    config = ClientConfig.default(chain_id="x-1", ports=Ports().shifted(200))
    config.save(home)
    assert ClientConfig.load(home) == config
    assert config.node == "http://127.0.0.1:26857"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("tcp://localhost:26657", "http://localhost:26657"),
        ("http://[::1]:1/", "http://[::1]:1"),
        ("https://rpc.example.org", "https://rpc.example.org:443"),
        ("https://rpc.example.org:8443", "https://rpc.example.org:8443"),
    ],
)
def test_an_rpc_url_has_one_form(home: Home, text: str, url: str) -> None:
    home.client_config.write_text(f'node = "{text}"\n')
    assert ClientConfig.load(home).node == url


@pytest.mark.parametrize(
    "line",
    [
        'node = "localhost:26657"',
        'node = "ftp://localhost:1"',
        'node = "tcp://localhost"',
        'node = "http://user@host:1"',
        'node = "http://host:1/path"',
        'grpc = "http://127.0.0.1:9090"',
        "chain_id = 1",
        'keyring_backend = "os"',
        'output = "yaml"',
    ],
)
def test_a_wrong_client_value_is_refused(home: Home, line: str) -> None:
    home.client_config.write_text(line)
    with pytest.raises(ConfigFailure) as caught:
        ClientConfig.load(home)
    assert caught.value.code is ConfigCode.CONFIG_INVALID
    assert line.partition(" ")[0] in caught.value.expected
