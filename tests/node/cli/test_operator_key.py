"""Which homes ask for a password at `start`, and which do not (tests/e2e has the terminal)."""

from __future__ import annotations

import io
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from enclave.crypto.labels import Mode
from node.cli.exit_codes import ExitCode
from node.cli.failures import CliCode, Failure
from node.cli.operator_key import hand_over
from node.config import Home, NodeConfig
from node.host.hosting import KEYRING_VARIABLE, operator_key
from node.keyring import Backend, Keyring, KeyringCode, KeyringFailure
from tests.node.host.test_host import Lines

PASSWORD: Final = "correct horse"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """With a key "operator" in both keyrings; nobody sits at a terminal."""
    home = Home.of(str(tmp_path / "home"))
    for backend in Backend:
        keyring = Keyring(home.keyring(backend), backend, password=lambda _: PASSWORD)
        keyring.add("operator", bytes(31) + b"\x05")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(PASSWORD.encode() + b"\n")))
    monkeypatch.setenv(KEYRING_VARIABLE, "nothing yet")
    return home


def config_of(home: Home, *, key: str = "operator", backend: Backend = Backend.FILE) -> NodeConfig:
    plain = NodeConfig.default(home, mode=Mode.SOFTWARE)
    return replace(plain, operator_key=key, keyring_backend=backend.value)


@pytest.mark.parametrize(
    ("key", "backend"), [("", Backend.FILE), ("operator", Backend.TEST), ("other", Backend.FILE)]
)
def test_no_key_a_key_in_clear_and_one_that_is_not_there_ask_nobody(
    home: Home, key: str, backend: Backend
) -> None:
    hand_over(home, config_of(home, key=key, backend=backend), None)
    assert os.environ[KEYRING_VARIABLE] == "nothing yet"


def test_nobody_to_ask_is_refused(home: Home) -> None:
    with pytest.raises(Failure) as caught:
        hand_over(home, config_of(home), None)
    assert (caught.value.code, caught.value.exit_code) == (
        CliCode.OPERATOR_KEY_LOCKED,
        ExitCode.USAGE,
    )
    assert os.environ[KEYRING_VARIABLE] == "nothing yet"


@pytest.mark.parametrize("named", [True, False])
def test_a_node_opens_the_key_with_what_it_is_given(home: Home, *, named: bool) -> None:
    """By a file, or from standard input: then as often as it starts."""
    path = home.path / "password"
    path.write_text(PASSWORD + "\n")
    config = config_of(home)
    hand_over(home, config, str(path) if named else "-")
    assert (os.environ[KEYRING_VARIABLE] == str(path)) == named
    for _ in range(2):
        log = Lines()
        key = operator_key(home, config, log=log)
        assert key is not None
        assert [event for event, _ in log.events] == ["operator_key_opened"]


def test_a_relative_file_is_found_from_anywhere(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home.path / "password").write_text(PASSWORD)
    monkeypatch.chdir(home.path)
    hand_over(home, config_of(home), "password")
    assert os.environ[KEYRING_VARIABLE] == str(home.path / "password")


def test_what_does_not_open_it_is_refused_at_once(home: Home) -> None:
    path = home.path / "password"
    path.write_text("battery staple\n")
    with pytest.raises(KeyringFailure) as caught:
        hand_over(home, config_of(home), str(path))
    assert caught.value.code is KeyringCode.WRONG_PASSWORD
    (home.keyring(Backend.FILE) / "operator.key").write_text("{}")
    with pytest.raises(KeyringFailure) as caught:
        hand_over(home, config_of(home), str(path))
    assert caught.value.code is KeyringCode.KEY_DAMAGED
    assert os.environ[KEYRING_VARIABLE] == "nothing yet"
