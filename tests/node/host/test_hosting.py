"""Which key a node's process renews with, what it says where none opens, and whom else it asks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from enclave.crypto.labels import Mode
from node.collateral import NamedCollateral
from node.config import Home, NodeConfig
from node.config.cometbft import CometSettings, write_cometbft
from node.config.state_sync import StateSyncSettings, forget_blocks, write_state_sync
from node.host.hosting import (
    KEYRING_VARIABLE,
    alone_of,
    asking_of,
    block_servers,
    operator_key,
)
from node.host.witness import Witness
from node.keyring import Backend, Keyring
from node.metrics import Metrics
from tests.node.host.test_host import Lines
from tests.support.changing_headers import ServedBlocks
from tests.support.headers import HeaderChain


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.of(str(tmp_path))


def config_of(home: Home, *, key: str, backend: str) -> NodeConfig:
    plain = NodeConfig.default(home, mode=Mode.SOFTWARE)
    return replace(plain, operator_key=key, keyring_backend=backend)


def locked(home: Home) -> bytes:
    keyring = Keyring(home.keyring("file"), Backend.FILE, password=lambda _: "correct horse")
    return keyring.add("operator", bytes(31) + b"\x05").raw_address


def test_a_home_without_an_operator_has_no_key(home: Home) -> None:
    log = Lines()
    assert operator_key(home, config_of(home, key="", backend="file"), log=log) is None
    assert log.events == []


def test_a_locked_key_opens_with_its_file(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, path = locked(home), tmp_path / "pass"
    path.write_text("correct horse\nmore\n")
    monkeypatch.setenv(KEYRING_VARIABLE, str(path))
    key = operator_key(home, config_of(home, key="operator", backend="file"), log=Lines())
    assert key is not None
    assert key.info.raw_address == address


@pytest.mark.parametrize("content", [None, b"battery staple\n", b"\xff\n"])
def test_a_key_that_stays_locked_is_said_and_nothing_stops(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    locked(home)
    path = tmp_path / "pass"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv(KEYRING_VARIABLE, str(path))
    log = Lines()
    assert operator_key(home, config_of(home, key="operator", backend="file"), log=log) is None
    (fields,) = log.of("operator_key_locked")
    assert fields["code"] == "wrong_password"
    assert "staple" not in str(log.events)


def test_older_blocks_are_asked_of_witnesses_then_of_who_served_the_state_sync(home: Home) -> None:
    """Each once, as node.toml and CometBFT take them; what is no address is left out."""
    home.make_folders()
    settings = CometSettings.default("node", abci_socket=home.default_socket)
    write_cometbft(home, settings)
    config = NodeConfig.default(home, mode=Mode.SOFTWARE)
    assert block_servers(home, config) == ()
    servers = ("http://10.0.0.2:1", "http://10.0.0.1:1", "10.0.0.3:1", "nonsense", "")
    write_state_sync(home, StateSyncSettings(servers, 5, bytes(32)))
    named = replace(config, witnesses=("http://10.0.0.1:1",))
    assert block_servers(home, named) == (
        "http://10.0.0.1:1",
        "http://10.0.0.2:1",
        "http://10.0.0.3:1",
    )
    # Also once the state sync is over.
    forget_blocks(home)
    assert block_servers(home, config) == (
        "http://10.0.0.2:1",
        "http://10.0.0.1:1",
        "http://10.0.0.3:1",
    )


def test_who_asks_strangers_stands_in_no_lane_of_this_node(home: Home) -> None:
    """And each witness by itself."""
    locked(home)
    key = Keyring(home.keyring("file"), Backend.FILE, password=lambda _: "correct horse").key(
        "operator"
    )
    named = ("http://10.0.0.1:1", "http://10.0.0.2:1")
    config = replace(NodeConfig.default(home, mode=Mode.SOFTWARE), witnesses=named)
    blocks = ServedBlocks(HeaderChain(chain_id="lanes-1"))
    others = {url: Witness(url, blocks) for url in (*named, "http://10.0.0.3:1")}
    collateral = NamedCollateral(home.collateral)
    alone = [type(each).__name__ for each in alone_of(config, key, Metrics(), collateral)]
    assert alone == ["ImportSeed", "Freshness", "Renewal"]
    asking = [type(each).__name__ for each in asking_of(config, blocks, others)]
    assert asking == ["Following", "WitnessComparison", "WitnessComparison"]
