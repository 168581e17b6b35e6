"""Where state sync begins: a header of a real chain, and servers that show another."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from enclave.errors import Code
from enclave.light_client.codec import decode_light_block
from enclave.light_client.hashes import header_hash
from node.chain_client import ChainClient, ChainCode, ChainFailure
from node.config import Home
from node.config.cometbft import CometSettings, read_cometbft, write_cometbft
from node.config.engine_keys import ensure_engine_keys
from node.config.state_sync import StateSyncSettings, is_state_sync_on
from node.engine_rpc import EngineRpc
from node.join import Join, JoinCode, JoinFailure, StateSync
from node.join.genesis import Network, read_genesis
from node.join.registering import confirm_of
from node.join.trust import arrange_state_sync, find_trust
from node.keyring import SigningKey
from node.light_blocks import LightBlocks
from seedpact.registration.v1 import types_pb2
from tests.support.lying_rpc import Lie, lying_rpc
from tests.support.one_validator import OneValidator

HEIGHT: Final = 3


@pytest.fixture(scope="module")
def network(chain: OneValidator) -> Network:
    with chain.client() as client:
        while client.height() < 2 * HEIGHT:
            time.sleep(0.1)
        return read_genesis(client.genesis(), where="the chain")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.make_folders()
    write_cometbft(home, CometSettings.default("n", abci_socket=home.default_socket))
    return home


class Asked:
    """The user: notes what is asked, and answers."""

    def __init__(self, *, answer: bool) -> None:
        self.answer = answer
        self.shown: list[tuple[int, bytes]] = []

    def __call__(self, height: int, header: bytes) -> bool:
        self.shown.append((height, header))
        return self.answer


def true_hash(chain: OneValidator, height: int) -> bytes:
    """As CometBFT computed it."""
    with EngineRpc(chain.rpc) as rpc:
        return rpc.block(height).block_id.hash


def found(
    chain: OneValidator, network: Network, asked: StateSync, *, peer: str = ""
) -> StateSyncSettings:
    return find_trust(asked, network, peer=peer or chain.rpc, say=lambda _: None)


def refusal(
    chain: OneValidator, network: Network, asked: StateSync, *, peer: str = ""
) -> ChainFailure:
    with pytest.raises(ChainFailure) as caught:
        found(chain, network, asked, peer=peer)
    assert caught.value.expected
    assert caught.value.found
    return caught.value


@pytest.fixture
def yes() -> Asked:
    return Asked(answer=True)


def test_without_a_hash_a_header_that_follows_from_the_genesis_is_shown(
    chain: OneValidator, network: Network, yes: Asked
) -> None:
    settings = found(chain, network, StateSync(confirm_header=yes))
    assert yes.shown == [(settings.trust_height, settings.trust_hash)]
    assert settings.trust_hash == true_hash(chain, settings.trust_height)
    assert settings.rpc_servers == (chain.rpc, chain.rpc)
    with chain.client() as client:
        assert client.height() - 30 < settings.trust_height < client.height()


@pytest.mark.parametrize("ask", [None, Asked(answer=False)])
def test_it_is_not_taken_without_a_yes(
    chain: OneValidator, network: Network, ask: Asked | None
) -> None:
    failure = refusal(chain, network, StateSync(confirm_header=ask))
    assert failure.code == JoinCode.HEADER_NOT_CONFIRMED


def test_a_hash_from_elsewhere_is_not_asked_about(chain: OneValidator, network: Network) -> None:
    wanted = true_hash(chain, HEIGHT)
    settings = found(chain, network, StateSync(trust_height=HEIGHT, trust_hash=wanted))
    assert (settings.trust_height, settings.trust_hash) == (HEIGHT, wanted)


def test_another_hash_than_the_servers_show_is_refused(
    chain: OneValidator, network: Network
) -> None:
    failure = refusal(chain, network, StateSync(trust_height=HEIGHT, trust_hash=bytes(32)))
    assert failure.code == JoinCode.UNTRUSTED_HEADER
    assert true_hash(chain, HEIGHT).hex().upper() in failure.found


def changed(field: str, value: object) -> Lie:
    """Another value in each header but the first block's."""

    def lie(method: str, params: dict[str, Any], answer: dict[str, Any]) -> None:
        if method == "commit" and params["height"] != "1":
            answer["result"]["signed_header"]["header"][field] = value

    return lie


@pytest.fixture
def liar(chain: OneValidator) -> Iterator[Callable[[Lie], str]]:
    """Makes servers that lie about the chain."""
    with contextlib.ExitStack() as stack:
        yield lambda lie: stack.enter_context(lying_rpc(chain.rpc, lie))


def test_servers_that_differ_are_refused(
    chain: OneValidator, network: Network, yes: Asked, liar: Callable[[Lie], str]
) -> None:
    other = liar(changed("app_hash", "AB" * 32))
    failure = refusal(chain, network, StateSync(rpc_servers=(other,), confirm_header=yes))
    assert failure.code == JoinCode.UNTRUSTED_HEADER
    assert other in failure.found
    assert yes.shown == []
    failure = refusal(chain, network, StateSync(confirm_header=yes), peer=other)
    assert failure.code == Code.COMMIT_MISMATCH


def test_a_header_that_nobody_signed_is_refused(
    chain: OneValidator, network: Network, yes: Asked, liar: Callable[[Lie], str]
) -> None:
    """A server alone, whose header and commit fit: the signatures do not."""

    def lie(method: str, params: dict[str, Any], answer: dict[str, Any]) -> None:
        changed("app_hash", "AB" * 32)(method, params, answer)
        if method == "commit" and params["height"] != "1":
            signed = answer["result"]["signed_header"]
            signed["commit"]["block_id"]["hash"] = hash_of(signed["header"], chain)

    failure = refusal(chain, network, StateSync(confirm_header=yes), peer=liar(lie))
    assert failure.code in {Code.NOT_ENOUGH_POWER, Code.NOT_ENOUGH_TRUST}
    assert yes.shown == []


def hash_of(header: dict[str, Any], chain: OneValidator) -> str:
    """Of a header in JSON: that of the chain with another app hash."""
    with EngineRpc(chain.rpc) as rpc:
        block = decode_light_block(LightBlocks(rpc).light_block(int(header["height"])))
    return header_hash(replace(block.header, app_hash=b"\xab" * 32)).hex().upper()


def test_a_chain_of_another_genesis_is_refused(
    chain: OneValidator, network: Network, yes: Asked
) -> None:
    """The peer's chain, and the network's id is of another: all that the id covers counts."""
    for change in (
        {"genesis_validators_hash": bytes(32)},
        {"genesis_time_unix_nanos": network.inputs.genesis_time_unix_nanos + 1},
    ):
        other = replace(network, inputs=replace(network.inputs, **change))
        failure = refusal(chain, other, StateSync(confirm_header=yes))
        assert failure.code == Code.GENESIS_MISMATCH
    other = replace(network, inputs=replace(network.inputs, chain_id="another"))
    for asked in (
        StateSync(confirm_header=yes),
        StateSync(trust_height=HEIGHT, trust_hash=true_hash(chain, HEIGHT)),
    ):
        failure = refusal(chain, other, asked)
        assert failure.code == JoinCode.UNTRUSTED_HEADER
    assert yes.shown == []


def test_an_old_header_is_refused(
    chain: OneValidator, network: Network, liar: Callable[[Lie], str]
) -> None:
    old = "2020-01-01T00:00:00Z"
    peer = liar(changed("time", old))
    with EngineRpc(peer) as rpc:
        block = decode_light_block(LightBlocks(rpc).light_block(HEIGHT))
    asked = StateSync(trust_height=HEIGHT, trust_hash=header_hash(block.header))
    failure = refusal(chain, network, asked, peer=peer)
    assert failure.code == JoinCode.UNTRUSTED_HEADER
    assert "hours old" in failure.found


def test_a_server_without_the_first_block_needs_a_hash_from_elsewhere(
    chain: OneValidator, network: Network, yes: Asked, liar: Callable[[Lie], str]
) -> None:
    """A node that state-synced itself has no blocks before its snapshot."""

    def lie(method: str, params: dict[str, Any], answer: dict[str, Any]) -> None:
        if method == "commit" and params["height"] == "1":
            del answer["result"]
            data = "height 1 is not available, lowest height is 41"
            answer["error"] = {"code": -32603, "message": "Internal error", "data": data}

    peer = liar(lie)
    failure = refusal(chain, network, StateSync(confirm_header=yes), peer=peer)
    assert failure.code == JoinCode.UNTRUSTED_HEADER
    assert "--trust-hash" in failure.expected
    wanted = true_hash(chain, HEIGHT)
    settings = found(chain, network, StateSync(trust_height=HEIGHT, trust_hash=wanted), peer=peer)
    assert settings.trust_hash == wanted


def test_a_server_that_is_away_is_told(chain: OneValidator, network: Network, yes: Asked) -> None:
    asked = StateSync(rpc_servers=("http://127.0.0.1:1",), confirm_header=yes)
    assert refusal(chain, network, asked).code == ChainCode.CHAIN_UNREACHABLE


def test_a_peer_that_lacks_a_records_block_hinders_no_holder(
    chain: OneValidator, network: Network, liar: Callable[[Lie], str]
) -> None:
    """A peer that began with a snapshot itself: a holder's record is older."""
    assert network.inputs.initial_height == 1

    def lie(method: str, params: dict[str, Any], answer: dict[str, Any]) -> None:
        if method == "block" and params["height"] == "2":
            del answer["result"]
            data = "height 2 is not available, lowest height is 41"
            answer["error"] = {"code": -32603, "message": "Internal error", "data": data}

    record = types_pb2.NodeRecord(height=2)
    with ChainClient(grpc=chain.grpc, rpc=liar(lie)) as client:
        assert confirm_of(client, record) is None
        assert confirm_of(client, types_pb2.NodeRecord(height=3)) is None


# In a home.


def wish(chain: OneValidator, home: Home, operator: SigningKey, asked: StateSync | None) -> Join:
    return Join(
        home=home.path,
        peer_rpc=chain.rpc,
        peer_grpc=chain.grpc,
        operator=operator,
        state_sync=asked,
    )


def arrange(
    chain: OneValidator, network: Network, home: Home, asked: StateSync | None
) -> list[str]:
    said: list[str] = []
    arrange_state_sync(home, wish(chain, home, chain.faucet, asked), network, said.append)
    return said


def test_the_engine_takes_what_is_written(
    chain: OneValidator, network: Network, home: Home, yes: Asked, engine: Path
) -> None:
    arrange(chain, network, home, StateSync(confirm_header=yes))
    ensure_engine_keys(home)
    assert is_state_sync_on(home)
    ((height, trusted),) = yes.shown
    assert read_cometbft(home, "statesync.trust_height") == height
    assert read_cometbft(home, "statesync.trust_hash") == trusted.hex().upper()
    assert read_cometbft(home, "statesync.rpc_servers") == f"{chain.rpc},{chain.rpc}"
    done = subprocess.run(
        [engine, "show-node-id", "--home", home.path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_who_does_not_ask_for_it_gets_none(
    chain: OneValidator, network: Network, home: Home
) -> None:
    assert arrange(chain, network, home, None) == []
    assert not is_state_sync_on(home)


def test_a_second_run_asks_no_more(
    chain: OneValidator, network: Network, home: Home, yes: Asked
) -> None:
    arrange(chain, network, home, StateSync(confirm_header=yes))
    before = home.cometbft_config.read_bytes()
    home.application_data.mkdir(parents=True)
    assert arrange(chain, network, home, StateSync(confirm_header=yes)) == [
        "state sync was arranged before"
    ]
    assert home.cometbft_config.read_bytes() == before
    assert len(yes.shown) == 1


def test_a_node_that_ran_is_refused(
    chain: OneValidator, network: Network, home: Home, yes: Asked
) -> None:
    home.application_data.mkdir(parents=True)
    with pytest.raises(JoinFailure) as caught:
        arrange(chain, network, home, StateSync(confirm_header=yes))
    assert caught.value.code == JoinCode.HAS_BLOCKS
    assert not is_state_sync_on(home)
