"""Whom a newcomer's node connects to: every form of a peer's own word, and that one answers."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from node.chain_client import ChainClient
from node.config import Home
from node.config.cometbft import CometSettings, edit_cometbft, read_cometbft, write_cometbft
from node.config.engine_keys import ensure_engine_keys
from node.engine_rpc import Status
from node.join import Join, JoinCode, JoinFailure
from node.join.peers import PEERS, ensure_peers, peer_of
from node.localnet.homes import ensure_key
from tests.support.engine_status import engine_status, serving_status

ID: Final = "ab" * 20
RPC: Final = "https://seed.example.org:443"
AWAY: Final = f"{'ab' * 20}@127.0.0.1:1"

FORMS: Final = {
    "tcp://203.0.113.7:26656": "203.0.113.7:26656",
    "203.0.113.7:26656": "203.0.113.7:26656",
    "peer.example.org:26656": "peer.example.org:26656",
    "tcp://peer.example.org:26656": "peer.example.org:26656",
    f"{ID}@peer.example.org:26656": "peer.example.org:26656",
    f"tcp://{ID}@peer.example.org:26656": "peer.example.org:26656",
    "tcp://[2001:db8::7]:26656": "[2001:db8::7]:26656",
    "[2001:db8::7]:26656": "[2001:db8::7]:26656",
    "tcp://0.0.0.0:26656": "seed.example.org:26656",
    "0.0.0.0:26656": "seed.example.org:26656",
    ":26656": "seed.example.org:26656",
    "tcp://[::]:26656": "seed.example.org:26656",
    "tcp://127.0.0.1:26656": "seed.example.org:26656",
    "localhost:26656": "seed.example.org:26656",
    "": None,
    "tcp://": None,
    "peer.example.org": None,
    "tcp://peer.example.org:0": None,
    "tcp://peer.example.org:99999": None,
    "tcp://peer.example.org:port": None,
    "tcp://[2001:db8::7:26656": None,
}


@pytest.mark.parametrize("said", FORMS)
def test_every_form_of_a_peer_s_own_address(said: str) -> None:
    place = FORMS[said]
    found = peer_of(status(said), RPC)
    assert found == (f"{ID}@{place}" if place else None)


def status(said: str, *, node_id: str = ID) -> Status:
    return replace(engine_status(), listen_address=said, node_id=node_id)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home.of(str(tmp_path / "home"))
    made.make_folders()
    ensure_engine_keys(made)
    write_cometbft(made, CometSettings.default("new", abci_socket=made.default_socket))
    return made


@contextmanager
def peer() -> Iterator[str]:
    """HOST:PORT of somebody who takes connections."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def ensure(home: Home, said: Status, *named: str) -> str:
    """What the home's config names afterwards."""
    wish = Join(
        home=home.path,
        peer_rpc="",
        peer_grpc="",
        operator=ensure_key(home, "operator"),
        p2p_peers=named,
    )
    with serving_status(lambda: said) as url, ChainClient(grpc="127.0.0.1:1", rpc=url) as chain:
        ensure_peers(home, wish, chain)
    return str(read_cometbft(home, PEERS))


def test_an_address_without_a_scheme_is_taken(home: Home) -> None:
    with peer() as place:
        assert ensure(home, status(place)) == f"{ID}@{place}"


@pytest.mark.parametrize("said", ["", "127.0.0.1:1"])
def test_without_a_peer_that_answers_nothing_goes_on(home: Home, said: str) -> None:
    with pytest.raises(JoinFailure) as caught:
        ensure(home, status(said))
    assert caught.value.code == JoinCode.NO_PEER_REACHED
    assert (said or "no address of one") in caught.value.found
    assert read_cometbft(home, PEERS) == ""


def test_a_home_without_a_peer_is_mended_later(home: Home) -> None:
    """Also one that was started meanwhile, and one whose peer went away for good."""
    (home.data / "blockstore.db").mkdir(parents=True)
    with peer() as place:
        assert ensure(home, status(place)) == f"{ID}@{place}"


def test_a_peer_that_is_away_stays_and_gets_company(home: Home) -> None:
    edit_cometbft(home, {PEERS: AWAY})
    with peer() as place:
        other = f"{'cd' * 20}@{place}"
        assert ensure(home, status("127.0.0.1:1"), other) == f"{AWAY},{other}"
        assert ensure(home, status("127.0.0.1:1")) == f"{AWAY},{other}", "it is enough"


def test_a_node_that_has_blocks_keeps_its_peers_as_they_are(home: Home) -> None:
    edit_cometbft(home, {PEERS: AWAY})
    (home.data / "blockstore.db").mkdir(parents=True)
    assert ensure(home, status("127.0.0.1:1")) == AWAY


def test_a_node_that_is_its_own_peer_needs_none(home: Home) -> None:
    own = ensure_engine_keys(home).node_id
    assert ensure(home, status("", node_id=own)) == ""
