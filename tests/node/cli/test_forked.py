"""What an enclave says of the chain is shown; a fork on each page, and to Prometheus."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from node.config import Home, NodeConfig
from node.confirmer.presence import Presence
from node.enclave_client import EnclaveClient
from node.metrics import Metrics
from tests.support.cli import Cli
from tests.support.fresh_enclave import FreshEnclave, fresh_enclave
from tests.support.one_validator import OneValidator
from tests.support.process import enclave_process


@pytest.fixture
def home(chain: OneValidator, tmp_path: Path) -> Iterator[tuple[Home, FreshEnclave]]:
    """A home whose node.toml names an enclave of which a test says whether it is forked."""
    home = Home.of(str(tmp_path / "home"))
    home.make_folders()
    for name in ("cometbft_config", "genesis", "client_config"):
        getattr(home, name).write_bytes(getattr(chain.home, name).read_bytes())
    with fresh_enclave(NodeConfig.load(chain.home).enclave_address) as (enclave, client):
        config = replace(NodeConfig.load(chain.home), enclave_address=client.address)
        replace(config, enclave_token=None).save(home)
        yield home, enclave


def test_status_and_doctor_say_it(
    home: tuple[Home, FreshEnclave], chain: OneValidator, cli: Cli
) -> None:
    place, enclave = home
    where = ("--home", str(place.path), "--node", chain.rpc, "--grpc", chain.grpc)
    for forked in (False, True):
        enclave.forked = forked
        found = cli("status", *where, "--output", "json").done().json["enclave"]
        assert found["forked"] is forked
        assert ("two signed headers" in cli("status", *where).done().stdout) is forked
        checks = cli("doctor", *where, "--output", "json").json["checks"]
        (check,) = [entry for entry in checks if entry["check"] == "enclave"]
        assert check["result"] == ("failed" if forked else "ok")
        assert check.get("code") == ("forked" if forked else None)
        assert bool(check.get("remedy")) is forked


def test_status_and_info_name_a_newer_backup(
    home: tuple[Home, FreshEnclave], chain: OneValidator, cli: Cli
) -> None:
    place, enclave = home
    status = ("status", "--home", str(place.path), "--node", chain.rpc, "--grpc", chain.grpc)
    info = ("enclave", "info", "--address", NodeConfig.load(place).enclave_address)
    for newer in (False, True):
        enclave.backup_newer = newer
        for words in (status, info):
            found = cli(*words, "--output", "json").done().json
            found = found.get("enclave", found)
            assert (found["backup_newer"], found["backup_current"]) == (newer, not newer)
            assert ("explain backup_newer" in cli(*words).done().stdout) is newer


def test_enclave_info_says_what_it_follows(home: tuple[Home, FreshEnclave], cli: Cli) -> None:
    place, enclave = home
    words = ("enclave", "info", "--address", NodeConfig.load(place).enclave_address)
    enclave.trusted_height, enclave.nonce = 4_711, b"\x5a" * 32
    for forked, until in ((False, 0), (True, 4_999)):
        enclave.forked, enclave.fresh_until = forked, until
        found = cli(*words, "--output", "json").done().json
        assert (found["trusted_height"], found["freshness_nonce"]) == (4_711, "5a" * 32)
        assert (found["fresh_until"], found["forked"]) == (until or None, forked)
        text = " ".join(cli(*words).done().stdout.split())
        assert "trusted height 4711" in text
        assert "5a" * 32 in text
        assert ("block 4999" if until else "none proven yet") in text
        assert ("forked" in text) is forked


def test_what_enclave_info_says_to_run_next_is_a_command(tmp_path: Path, cli: Cli) -> None:
    with enclave_process(tmp_path) as empty:
        said = cli("enclave", "info", "--address", empty.address).done().stdout
    assert "next: seedpactd register" in said


def test_the_figure_follows_what_the_enclave_answers(
    home: tuple[Home, FreshEnclave],
) -> None:
    place, enclave = home
    metrics = Metrics()
    presence = Presence(metrics)
    with EnclaveClient(NodeConfig.load(place).enclave_address) as client:
        for forked in (False, True):
            enclave.forked = forked
            presence.answered(client.get_info(), losses=presence.losses)
            assert f"seedpact_enclave_forked {float(forked)}" in metrics.text()
