"""A node behind TLS: a real TLS server in front of it, with a certificate of its own authority."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from node.chain_client import ChainClient, ChainCode, ChainFailure
from node.cli.exit_codes import ExitCode
from node.config import ClientConfig, Home
from node.join import Join, join
from node.localnet.homes import ensure_key
from tests.support.cli import Cli
from tests.support.lying_grpc import lying_grpc
from tests.support.lying_rpc import lying_rpc
from tests.support.one_validator import OneValidator
from tests.support.tls import Tls, make_tls

FUNDS = 100_000


def truth(_method: str, _params: dict[str, Any], _answer: dict[str, Any]) -> None:
    """No lie."""


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    return make_tls(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def front(chain: OneValidator, tls: Tls) -> Iterator[tuple[str, str]]:
    """The RPC's URL and gRPC's, both by TLS."""
    with (
        lying_rpc(chain.rpc, truth, tls=tls.context) as rpc,
        lying_grpc(chain.grpc, lambda _path, answer: answer, tls=tls.credentials) as grpc,
    ):
        yield rpc, f"https://{grpc}"


def test_commands_ask_by_tls(
    front: tuple[str, str], tls: Tls, chain: OneValidator, tmp_path: Path, cli: Cli
) -> None:
    rpc, grpc = front
    places = ("--node", rpc, "--grpc", grpc, "--ca-file", str(tls.authority))
    home = ("--home", str(tmp_path), "--output", "json")
    shown = cli("query", "registration", "params", *places, *home).done().json
    assert shown["network_id"] == chain.network_id.hex()
    page = cli("status", *places, *home).done().json
    assert page["node"]["grpc"] == grpc
    # And from client.toml alone.
    saved = replace(ClientConfig(), node=rpc, grpc=grpc, ca_file=str(tls.authority))
    Home.of(str(tmp_path)).make_folders()
    saved.save(Home.of(str(tmp_path)))
    again = cli("query", "registration", "params", *home).done().json
    assert again["network_id"] == shown["network_id"]


def test_a_newcomer_joins_by_tls(
    front: tuple[str, str], tls: Tls, chain: OneValidator, tmp_path: Path
) -> None:
    home = Home.of(str(tmp_path / "home"))
    operator = ensure_key(home, "operator")
    chain.fund(operator.info.address, FUNDS)
    wish = Join(
        home=home.path,
        peer_rpc=front[0],
        peer_grpc=front[1],
        roots=tls.authority.read_bytes(),
        operator=operator,
        network_id=chain.network_id,
    )
    assert join(wish).paid == 1


@pytest.mark.parametrize("way", ["rpc", "grpc"])
def test_an_authority_that_nobody_named_is_not_trusted(front: tuple[str, str], way: str) -> None:
    with (
        ChainClient(rpc=front[0], grpc=front[1], timeout=5) as client,
        pytest.raises(ChainFailure) as caught,
    ):
        client.status() if way == "rpc" else client.params()
    assert caught.value.code == ChainCode.CHAIN_UNTRUSTED


@pytest.mark.parametrize("content", [b"", b"no certificate", b"\xff\xfe"])
def test_a_file_without_certificates(cli: Cli, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "roots.pem"
    path.write_bytes(content)
    words = ("status", "--home", str(tmp_path), "--ca-file", str(path))
    cli(*words).failed("bad_ca_file", ExitCode.USAGE)
    cli(*words[:-1], str(tmp_path / "none.pem")).failed("unreadable_input", ExitCode.USAGE)


@pytest.mark.parametrize("place", ["https://", "https://a:x", "ftp://a:1", "https://a:1/x", "a"])
def test_what_is_no_place_of_grpc(cli: Cli, tmp_path: Path, place: str) -> None:
    cli("status", "--home", str(tmp_path), "--grpc", place).failed("wrong_usage", ExitCode.USAGE)
