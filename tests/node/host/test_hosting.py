"""Which key a node's process renews with, and what it says where it cannot be opened."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from enclave.crypto.labels import Mode
from node.config import Home, NodeConfig
from node.host.hosting import KEYRING_VARIABLE, operator_key
from node.keyring import Backend, Keyring
from tests.node.host.test_host import Lines


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
