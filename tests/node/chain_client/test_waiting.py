"""Waiting for a block: forgotten transactions, ends of time, a node that is away."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cosmpy.protos.cosmos.bank.v1beta1.tx_pb2 import MsgSend
from cosmpy.protos.cosmos.base.v1beta1.coin_pb2 import Coin

from node.chain_client import (
    Account,
    ChainClient,
    ChainCode,
    ChainFailure,
    Price,
    SignedTx,
    TxRefused,
)
from node.config import Home
from node.keyring import SigningKey
from node.localnet.homes import ensure_key
from tests.support.one_validator import CHAIN_ID, OneValidator


@pytest.fixture
def key(chain: OneValidator, tmp_path: Path) -> SigningKey:
    """A key with coins."""
    made = ensure_key(Home.of(str(tmp_path)), "payer")
    chain.fund(made.info.address, 1_000_000)
    return made


def send_of(key: SigningKey) -> MsgSend:
    own = key.info.address
    return MsgSend(from_address=own, to_address=own, amount=[Coin(denom="useed", amount="1")])


def signed(chain: OneValidator, key: SigningKey, *, timeout_height: int = 0) -> SignedTx:
    with chain.client() as client:
        price = Price(gas_limit=200_000)
        return client.sign([send_of(key)], key, price=price, timeout_height=timeout_height)


def test_one_that_no_mempool_has_is_offered_again(chain: OneValidator, key: SigningKey) -> None:
    tx = signed(chain, key)
    heights: list[int] = []
    with chain.client() as client:
        found = client.wait(tx, timeout=60, waiting=heights.append)
        assert (found.hash, found.code) == (tx.hash, 0)
        assert client.account(key.info.raw_address).sequence == 1
    assert heights == sorted(set(heights))
    assert found.height >= heights[0]


def test_one_that_is_offered_twice_is_executed_once(chain: OneValidator, key: SigningKey) -> None:
    tx = signed(chain, key)
    with chain.client() as client:
        assert client.broadcast(tx.raw) == client.broadcast(tx.raw) == tx.hash
        first = client.wait(tx)
        assert client.wait(tx) == first
        assert client.account(key.info.raw_address).sequence == 1


def test_time_that_is_up_says_up_to_which_block(chain: OneValidator, key: SigningKey) -> None:
    tx = signed(chain, key)
    with chain.client() as client, pytest.raises(ChainFailure) as caught:
        client.wait(tx, timeout=0.1)
    assert caught.value.code == ChainCode.TX_NOT_COMMITTED
    assert tx.hash in caught.value.expected


def test_a_last_block_that_is_over(chain: OneValidator, key: SigningKey) -> None:
    with chain.client() as client:
        tx = signed(chain, key, timeout_height=client.height() + 2)
        while client.height() <= tx.timeout_height + 1:
            time.sleep(0.1)
        with pytest.raises(ChainFailure) as caught:
            client.wait(tx)
        assert caught.value.code == ChainCode.TX_NOT_COMMITTED
        with pytest.raises(TxRefused) as refused:
            client.broadcast(tx.raw)
        assert refused.value.code == "tx_timeout_height"


def test_one_whose_sequence_another_took(chain: OneValidator, key: SigningKey) -> None:
    tx = signed(chain, key)
    with chain.client() as client:
        client.send_tx([send_of(key)], key, memo="another")
        with pytest.raises(TxRefused) as caught:
            client.wait(tx, timeout=60)
    assert caught.value.code == "wrong_sequence"


def test_a_node_that_is_away_for_a_while(chain: OneValidator, key: SigningKey) -> None:
    tx = signed(chain, key)
    with chain.client() as client:
        client.broadcast(tx.raw)
    with forwarded(chain.grpc, away_secs=1.5) as address:
        through = ChainClient(grpc=address, rpc=chain.rpc, chain_id=CHAIN_ID, timeout=2)
        with through:
            assert through.wait(tx, timeout=60).code == 0


def test_a_node_that_stays_away(chain: OneValidator, key: SigningKey) -> None:
    tx = signed(chain, key)
    nobody = ChainClient(grpc="127.0.0.1:1", rpc=chain.rpc, timeout=1)
    with nobody, pytest.raises(ChainFailure) as caught:
        nobody.wait(tx, timeout=1)
    assert caught.value.code == ChainCode.CHAIN_UNREACHABLE


def test_a_false_account_makes_no_valid_signature(chain: OneValidator, key: SigningKey) -> None:
    with chain.client() as client:
        right = client.account(key.info.raw_address)
        false = Account(number=right.number + 1, sequence=right.sequence)
        tx = client.sign([send_of(key)], key, account=false, price=Price(gas_limit=200_000))
        with pytest.raises(TxRefused) as caught:
            client.broadcast(tx.raw)
    assert caught.value.code == "unauthorized"


@contextmanager
def forwarded(target: str, *, away_secs: float) -> Iterator[str]:
    """An address at which nobody answers at first, and later the target does."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{listener.getsockname()[1]}"

        def serve() -> None:
            time.sleep(away_secs)
            listener.listen()
            listener.settimeout(60)
            inside, _ = listener.accept()
            host, _, port = target.rpartition(":")
            outside = socket.create_connection((host, int(port)))
            back = threading.Thread(target=_copy, args=(outside, inside))
            back.start()
            _copy(inside, outside)
            back.join()
            inside.close()
            outside.close()

        thread = threading.Thread(target=serve)
        thread.start()
        yield address
        thread.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    """Until one side ends; the other one is told."""
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)
