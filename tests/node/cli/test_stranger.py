"""Somebody else at the enclave's port: each command finds it out and says what to do.

A real enclave of another home, and a server that answers as one would.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from node.config import Home, NodeConfig
from node.localnet.homes import ensure_key
from tests.support.cli import Cli
from tests.support.one_validator import OneValidator
from tests.support.process import enclave_process
from tests.support.squatter import plausible, squatter

FUNDS = 100_000


@contextlib.contextmanager
def another_enclave(folder: Path) -> Iterator[str]:
    with enclave_process(folder) as process:
        yield process.address
        assert process.info().node_id == b""  # it was asked nothing


@contextlib.contextmanager
def no_enclave(_folder: Path) -> Iterator[str]:
    with squatter(plausible) as there:
        yield there.address
        assert set(there.asked) <= {"GetInfo"}


@pytest.fixture(params=[another_enclave, no_enclave])
def stranger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of one."""
    with request.param(tmp_path / "stranger") as address:
        yield address


@pytest.fixture
def home(chain: OneValidator, tmp_path: Path) -> Home:
    """As the validator's, with the token of its enclave."""
    copy = Home.of(str(tmp_path / "home"))
    for name in ("config", "run"):
        shutil.copytree(getattr(chain.home, name), getattr(copy, name))
    shutil.copytree(chain.home.keyring("test"), copy.keyring("test"))
    copy.data.mkdir()
    shutil.copy(chain.home.validator_state, copy.validator_state)
    copy.enclave.mkdir()
    shutil.copy(chain.home.enclave_token, copy.enclave)
    return copy


def name_enclave(home: Home, address: str) -> None:
    replace(NodeConfig.load(home), enclave_address=address).save(home)


def check(cli: Cli, home: Home, name: str) -> Any:
    checks = cli("doctor", "--home", str(home.path), "--output", "json").json["checks"]
    (found,) = [entry for entry in checks if entry["check"] == name]
    return found


def test_status_and_doctor_find_it_out(home: Home, stranger: str, cli: Cli) -> None:
    name_enclave(home, stranger)
    status = ("status", "--home", str(home.path))
    assert cli(*status, "--output", "json").done().json["enclave"] is None
    shown = " ".join(cli(*status).done().stdout.split())
    assert "enclave_not_ours" in shown
    assert stranger in shown
    answer = cli("doctor", "--home", str(home.path)).failed("checks_failed")
    assert answer.stdout.count("enclave_not_ours") == 1
    assert "ss -ltnp" in answer.stdout
    found = check(cli, home, "enclave")
    assert found["code"] == "enclave_not_ours"
    assert stranger in found["found"]
    assert "ss -ltnp" in found["remedy"]
    assert check(cli, home, "endpoint")["found"] == "as enclave"


def test_the_homes_own_enclave_is_known(home: Home, cli: Cli) -> None:
    status = ("status", "--home", str(home.path))
    assert cli(*status, "--output", "json").done().json["enclave"]["proven"] is True
    assert "not checked" not in cli(*status).done().stdout
    found = check(cli, home, "endpoint")
    assert found["result"] == "ok"
    assert str(home.enclave_token) in found["found"]


@pytest.mark.parametrize("named", [True, False])
def test_without_a_token_they_say_that_nobody_was_checked(
    home: Home, cli: Cli, *, named: bool
) -> None:
    if named:
        home.enclave_token.unlink()
    else:
        replace(NodeConfig.load(home), enclave_token=None).save(home)
    status = ("status", "--home", str(home.path))
    assert cli(*status, "--output", "json").done().json["enclave"]["proven"] is False
    assert "not checked: no token" in " ".join(cli(*status).done().stdout.split())
    found = check(cli, home, "endpoint")
    assert found["result"] == "skipped"
    assert "not checked: no token" in found["found"]
    assert (str(home.enclave_token) in found["found"]) is named


def test_a_token_elsewhere_is_named_in_node_toml(home: Home, tmp_path: Path, cli: Cli) -> None:
    """As of an enclave whose home is another folder."""
    with enclave_process(tmp_path / "elsewhere") as process:
        token = process.home / "endpoint.token"
        config = replace(NodeConfig.load(home), enclave_address=process.address)
        replace(config, enclave_token=token).save(home)
        assert check(cli, home, "endpoint")["result"] == "ok"


def test_a_damaged_token_is_named(home: Home, cli: Cli) -> None:
    home.enclave_token.write_bytes(b"short")
    found = check(cli, home, "enclave")
    assert found["code"] == "enclave_token_unusable"
    assert str(home.enclave_token) in found["expected"]
    assert found["found"] == "5 bytes"


def test_a_token_that_others_read_is_a_fault_of_keys(home: Home, cli: Cli) -> None:
    assert check(cli, home, "keys")["result"] == "ok"
    home.enclave_token.chmod(0o644)
    assert check(cli, home, "keys")["code"] == "keys_readable"


@pytest.mark.parametrize("by", ["option", "home", "variable"])
def test_enclave_commands_ask_it_nothing(
    home: Home,
    stranger: str,
    tmp_path: Path,
    cli: Cli,
    *,
    monkeypatch: pytest.MonkeyPatch,
    by: str,
) -> None:
    token = str(home.enclave_token)
    where = ["--address", stranger]
    if by == "option":
        where += ["--endpoint-token", token]
    elif by == "variable":
        monkeypatch.setenv("SEEDPACT_ENDPOINT_TOKEN", token)
    else:
        name_enclave(home, stranger)
        monkeypatch.setenv("SEEDPACT_HOME", str(home.path))
    backup = tmp_path / "some.backup"
    backup.write_bytes(b"backup")
    for words in (
        ("info",),
        ("backup", "--out", str(tmp_path / "other.backup")),
        ("restore", str(backup), "--network-id", "00" * 32),
        ("network-keys",),
    ):
        cli("enclave", *words, *where).failed("enclave_not_ours")
    assert not (tmp_path / "other.backup").exists()


def test_at_another_address_the_homes_token_says_nothing(
    home: Home, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEEDPACT_HOME", str(home.path))
    with enclave_process(tmp_path / "second") as process:
        info = cli("enclave", "info", "--address", process.address)
        assert "not checked" in " ".join(info.done().stdout.split())
        token = str(process.home / "endpoint.token")
        words = ("enclave", "info", "--address", process.address, "--endpoint-token", token)
        assert cli(*words, "--output", "json").done().json["proven"] is True


def test_genesis_bootstrap_makes_no_network_there(home: Home, stranger: str, cli: Cli) -> None:
    before = home.genesis.read_bytes()
    words = ("--home", str(home.path), "--operator", "operator", "--keyring-backend", "test")
    cli("genesis", "bootstrap", *words, "--address", stranger).failed("enclave_not_ours")
    assert home.genesis.read_bytes() == before


@pytest.mark.parametrize("named", [True, False])
def test_register_finds_it_out(
    chain: OneValidator, stranger: str, tmp_path: Path, cli: Cli, *, named: bool
) -> None:
    """By --enclave, and where the home's own runs elsewhere than node.toml says."""
    home = Home.of(str(tmp_path / "newcomer"))
    operator = ensure_key(home, "operator")
    chain.fund(operator.info.address, FUNDS)
    where = ("--home", str(home.path), "--node", chain.rpc, "--grpc", chain.grpc)
    words = ["register", "--from", "operator", *where, "--keyring-backend", "test"]
    words += ["--network-id", chain.network_id.hex(), "--output", "json"]
    with enclave_process(home.enclave) as own:
        cli(*words, "--enclave", "127.0.0.1:1").failed("enclave_unreachable")
        if not named:
            name_enclave(home, stranger)
        answer = cli(*words, *(("--enclave", stranger) if named else ()))
        answer.failed("enclave_not_ours")
        assert "ss -ltnp" in answer.json["remedy"]
        assert own.info().node_id == b""
