"""A forked enclave: status says it, doctor calls it a fault, Prometheus gets it."""

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


@pytest.fixture
def home(chain: OneValidator, tmp_path: Path) -> Iterator[tuple[Home, FreshEnclave]]:
    """A home whose node.toml names an enclave of which a test says whether it is forked."""
    home = Home.of(str(tmp_path / "home"))
    home.make_folders()
    for name in ("cometbft_config", "genesis", "client_config"):
        getattr(home, name).write_bytes(getattr(chain.home, name).read_bytes())
    with fresh_enclave(NodeConfig.load(chain.home).enclave_address) as (enclave, client):
        config = replace(NodeConfig.load(chain.home), enclave_address=client.address)
        config.save(home)
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
