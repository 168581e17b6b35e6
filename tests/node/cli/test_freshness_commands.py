"""What `status`, `query registration freshness` and `explain` say of nonces."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from enclave.registration.freshness import MAX_RECENT, within_recent
from node.chain_client import ChainClient, Price, TxRefused
from node.cli.exit_codes import ExitCode
from node.config import Home, NodeConfig
from node.config.gas_price import gas_price
from node.host.freshness import MARGIN_HEADERS, message_of, nonce_fee
from node.keyring import SigningKey
from node.localnet.homes import ensure_key
from node.localnet.plan import OPERATOR
from seedpact.enclave.v1 import service_pb2 as pb
from tests.node.host.test_host import until
from tests.support.cli import Cli
from tests.support.fresh_enclave import fresh_enclave
from tests.support.one_validator import OneValidator

NONCE: Final = b"\x42" * 32
PRICE: Final = Price(gas_limit=2_000_000)
"""Without a simulation, which would refuse first."""


class Site:
    """A chain whose node publishes nothing by itself, with its operator's key."""

    def __init__(self, chain: OneValidator, client: ChainClient) -> None:
        self.chain, self.client = chain, client
        self.place = ("--node", chain.rpc, "--grpc", chain.grpc)
        self.operator = ensure_key(chain.home, OPERATOR)
        self.node_id = next(client.nodes()).node_id

    def send(self, key: SigningKey, node_id: bytes, *, times: int = 1) -> int:
        message = message_of(key.info.raw_address, node_id, NONCE)
        return self.client.send_tx([message] * times, key, price=PRICE).height

    def has_room(self) -> bool:
        """Other tests publish nonces of this node, too, up to the limit."""
        found = self.client.freshness(self.node_id)
        recent = () if found is None else tuple(found.recent_heights)
        return len(within_recent(recent, self.client.height() + 1)) < MAX_RECENT


@pytest.fixture
def site(silent: OneValidator) -> Iterator[Site]:
    with silent.client() as client:
        yield Site(silent, client)


def test_the_newest_nonce_of_a_node_is_shown(site: Site, cli: Cli) -> None:
    ask = ("query", "registration", "freshness")
    cli(*ask, "00" * 32, *site.place).failed("not_on_chain")
    cli(*ask, "00", *site.place).failed("wrong_usage", ExitCode.USAGE)
    until(site.has_room)
    height = site.send(site.operator, site.node_id)
    found = cli(*ask, site.node_id.hex(), *site.place, "--output", "json").done().json["freshness"]
    assert (found["nonce"], int(found["height"])) == (NONCE.hex(), height)
    assert int(found["recent_heights"][-1]) == height
    shown = cli(*ask, site.node_id.hex(), *site.place).done().stdout
    assert NONCE.hex() in shown
    proven = cli(*ask, site.node_id.hex(), *site.place, "--prove", "--output", "json").done().json
    assert proven["store"] == "registration"
    assert bytes.fromhex(proven["store_key"]) == b"freshness/" + site.node_id


def test_a_nonce_is_published_by_hand(site: Site, tmp_path: Path, cli: Cli) -> None:
    """What `enclave info` shows goes in; whoever holds the operator's key signs, and where."""
    until(site.has_room)
    address = NodeConfig.load(site.chain.home).enclave_address
    shown = cli("enclave", "info", "--address", address, "--output", "json").done().json
    nonce = shown["freshness_nonce"]
    assert nonce in cli("enclave", "info", "--address", address).done().stdout
    place = (*site.place, "--output", "json")
    words = ("tx", "registration", "freshness", shown["node_id"], nonce, *place)
    mine = ("--from", OPERATOR, "--home", str(site.chain.home.path), "--keyring-backend", "test")
    done = cli(*words, *mine).done().json
    found = site.client.freshness(site.node_id)
    assert found is not None
    assert (found.nonce.hex(), found.height) == (nonce, done["height"])
    stranger = ensure_key(Home.of(str(tmp_path)), "stranger")
    theirs = ("--from", "stranger", "--home", str(tmp_path), "--keyring-backend", "test")
    cli(*words, *theirs, "--gas", "300000").failed("account_unknown")
    site.chain.fund(stranger.info.address, 1_000_000)
    cli(*words, *theirs).failed("operator_mismatch")
    unknown = ("tx", "registration", "freshness", "00" * 32, nonce, *place)
    cli(*unknown, *theirs).failed("no_such_node")
    short = ("tx", "registration", "freshness", shown["node_id"], nonce[:-2], *place)
    cli(*short, *theirs).failed("wrong_usage", ExitCode.USAGE)
    cli(*words).failed("wrong_usage", ExitCode.USAGE)
    while site.has_room():
        site.send(site.operator, site.node_id)
    cli(*words, *mine).failed("freshness_limited")


def test_the_help_of_publishing_by_hand_says_when_one_needs_it(cli: Cli) -> None:
    said = " ".join(cli("tx", "registration", "freshness", "--help").done().stdout.split())
    for words in ("by itself", "runs without that key", "seedpactd enclave info", "1,000 blocks"):
        assert words in said


def test_explain_says_what_became_of_one(site: Site, cli: Cli) -> None:
    stranger = ensure_key(site.chain.folder.faucet_home, "someone-else")
    site.chain.fund(stranger.info.address, 1_000_000)
    for key, node_id, code, times in (
        (stranger, site.node_id, "operator_mismatch", 1),
        (stranger, bytes(32), "no_such_node", 1),
        (site.operator, site.node_id, "freshness_limited", 11),
    ):
        with pytest.raises(TxRefused) as caught:
            site.send(key, node_id, times=times)
        tx_hash = caught.value.tx_hash
        said = cli("explain", tx_hash, *site.place, "--output", "json").done().json
        assert (said["code"], said["codespace"]) == (code, "registration")
        assert said["remedy"]
        shown = cli("query", "tx", tx_hash, *site.place, "--output", "json").done().json
        assert shown["messages"] == ["/seedpact.registration.v1.MsgFreshness"] * times


def status(cli: Cli, chain: OneValidator, enclave: str, *options: str) -> Any:
    words = ("status", "--home", str(chain.home.path), "--enclave", enclave)
    return cli(*words, "--output", "json", *options).done().json["freshness"]


def test_status_says_how_long_an_enclave_confirms(site: Site, cli: Cli) -> None:
    chain, home = site.chain, str(site.chain.home.path)
    real, token = NodeConfig.load(chain.home).enclave_address, chain.home.enclave_token
    with fresh_enclave(real, token=token) as (enclave, client):
        address = client.address
        enclave.nonce = b""
        assert status(cli, chain, address) is None
        enclave.nonce = NONCE
        found = status(cli, chain, address)
        assert (found["fresh_until"], found["headers_left"]) == (0, 0)
        assert (found["can_pay"], found["operator"]) == (True, site.operator.info.address)
        assert found["fee"] == nonce_fee(Price())
        text = cli("status", "--home", home, "--enclave", address).done().stdout
        assert "confirms nobody yet" in text
        assert "cannot pay" not in text
        enclave.fresh_until = site.client.height() + 10_000
        found = status(cli, chain, address)
        assert 9_900 < found["headers_left"] <= 10_000
        assert (
            str(enclave.fresh_until) in cli("status", "--home", home, "--enclave", address).stdout
        )
        enclave.state = pb.ENCLAVE_STATE_PENDING
        assert status(cli, chain, address) is None


def test_status_says_that_the_operator_cannot_pay(site: Site, tmp_path: Path, cli: Cli) -> None:
    """At a price of gas at which nobody could: long before, and when the nonce is due."""
    home = dear(site.chain.home, tmp_path / "dear")
    with fresh_enclave(NodeConfig.load(home).enclave_address) as (enclave, client):
        words = ("status", "--home", str(home.path), "--enclave", client.address, *site.place)
        enclave.nonce = NONCE
        for left, when in ((MARGIN_HEADERS + 5_000, "due in "), (MARGIN_HEADERS - 1, "due now")):
            enclave.fresh_until = site.client.height() + left
            found = cli(*words, "--output", "json").done().json["freshness"]
            assert found["can_pay"] is False
            assert found["fee"] > found["balance"]
            text = cli(*words).done().stdout
            assert "cannot pay" in text
            assert when in text
            assert site.operator.info.address in text


def dear(home: Home, path: Path) -> Home:
    """Another home with the same configuration, whose node asks for far more."""
    shutil.copytree(home.path / "config", path / "config")
    other = Home.of(str(path))
    price = gas_price(f"{10**17}useed")
    replace(NodeConfig.load(other), minimum_gas_price=price).save(other)
    return other
