"""The client of CometBFT's RPC against the real engine, and against servers that are none."""

from __future__ import annotations

import hashlib
import json
import socket
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from node.engine_rpc import (
    EngineFailed,
    EngineRefused,
    EngineRpc,
    EngineRpcFailure,
    EngineUnreachable,
)
from tests.support.cometbft import KvNode, wait_for
from tests.support.http_server import answering
from tests.support.kv_application import BAD_TX


@pytest.fixture(scope="module")
def node(engine: Path) -> Iterator[KvNode]:
    with tempfile.TemporaryDirectory(prefix="rpc-") as folder:
        made = KvNode(Path(folder), engine)
        made.start()
        try:
            yield made
        finally:
            made.stop()


@pytest.fixture
def rpc(node: KvNode) -> Iterator[EngineRpc]:
    with EngineRpc(node.rpc) as made:
        yield made


def test_the_engine_says_who_it_is_and_what_it_committed(node: KvNode, rpc: EngineRpc) -> None:
    sent = rpc.broadcast_tx_commit(b"city=Lima")
    assert (sent.check_tx.code, sent.tx_result.code) == (0, 0)
    assert sent.tx_hash == hashlib.sha256(b"city=Lima").digest()
    node.wait_for_height(sent.height + 1)

    status = rpc.status()
    genesis = json.loads((node.home / "config" / "genesis.json").read_text())
    assert status.chain_id == genesis["chain_id"]
    assert status.latest_height > sent.height
    assert not status.catching_up
    assert status.validator_power == int(genesis["validators"][0]["power"])

    block = rpc.block(sent.height)
    assert block.txs == (b"city=Lima",)
    assert (block.header.chain_id, block.header.height) == (status.chain_id, sent.height)
    after = rpc.block(sent.height + 1)
    assert after.last_commit is not None
    assert after.last_commit.block_id == after.header.last_block_id == block.block_id
    assert after.last_commit.height == sent.height
    (vote,) = after.last_commit.signatures
    assert vote.validator_address == status.validator_address
    first = rpc.block(1)
    assert first.last_commit is None
    assert first.header.time_ns <= block.header.time_ns

    found = rpc.tx(sent.tx_hash)
    assert found is not None
    assert (found.tx, found.height, found.index) == (b"city=Lima", sent.height, 0)
    assert found.result == sent.tx_result
    assert rpc.tx(bytes(32)) is None

    results = rpc.block_results(sent.height)
    assert results is not None
    assert (results.height, results.tx_results) == (sent.height, (sent.tx_result,))

    answer = rpc.abci_query("/store", b"city")
    assert (answer.code, answer.value) == (0, b"Lima")
    (validator,) = rpc.validators()
    assert validator.address == hashlib.sha256(validator.public_key).digest()[:20]
    assert validator.address == status.validator_address
    assert rpc.validators(1) == rpc.validators()
    assert rpc.net_info() == ()


def test_the_genesis_is_the_files(node: KvNode, rpc: EngineRpc) -> None:
    of_file = json.loads((node.home / "config" / "genesis.json").read_text())
    # The engine fills in what `init` left open.
    assert json.loads(rpc.genesis()) == {**of_file, "initial_height": "1"}


def test_transactions_are_found_by_their_events(rpc: EngineRpc) -> None:
    sent = [rpc.broadcast_tx_commit(b"found=%d" % number) for number in range(3)]
    query = "set.key = 'found'"
    wait_for(lambda: rpc.tx_search(query).total == len(sent), "the index")
    found = rpc.tx_search(query)
    assert [tx.tx_hash for tx in found.txs] == [one.tx_hash for one in sent]
    newest = rpc.tx_search(query, per_page=1, descending=True)
    assert [tx.tx for tx in newest.txs] == [b"found=2"]
    assert newest.total == len(sent)
    with pytest.raises(EngineRefused, match="page should be within"):
        rpc.tx_search(query, page=9)
    with pytest.raises(EngineRefused):
        rpc.tx_search("what?")


def test_what_the_mempool_says_of_a_transaction(rpc: EngineRpc) -> None:
    assert rpc.broadcast_tx_sync(b"nonsense").code == BAD_TX
    good = rpc.broadcast_tx_sync(b"a=1")
    assert (good.code, good.tx_hash) == (0, hashlib.sha256(b"a=1").digest())
    with pytest.raises(EngineRefused, match="tx already exists in cache"):
        rpc.broadcast_tx_sync(b"a=1")
    assert rpc.broadcast_tx_async(b"b=2").tx_hash == hashlib.sha256(b"b=2").digest()


def test_a_block_that_is_not_there_is_refused_with_the_engines_words(rpc: EngineRpc) -> None:
    with pytest.raises(EngineRefused, match="must be less than or equal") as refused:
        rpc.block(1_000_000)
    assert refused.value.code == "engine_refused"
    assert refused.value.expected == "the engine to answer block"


def test_many_threads_share_one_client(rpc: EngineRpc) -> None:
    with ThreadPoolExecutor(16) as pool:
        heights = list(pool.map(lambda _: rpc.status().latest_height, range(200)))
    assert min(heights) > 0


def test_a_restarted_engine_is_asked_again_without_an_error(node: KvNode, rpc: EngineRpc) -> None:
    """The kept connection is dead by then; using it would fail the first call."""
    before = rpc.status().latest_height
    node.kill_cometbft()
    node.start_cometbft()
    assert rpc.status().latest_height >= before
    node.kill_cometbft()
    with pytest.raises(EngineUnreachable):
        rpc.status()
    node.start_cometbft()
    assert rpc.status().latest_height >= before


def test_nobody_there() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{probe.getsockname()[1]}"
        with pytest.raises(EngineUnreachable) as caught:
            EngineRpc(address).status()
    assert caught.value.code == "engine_unreachable"
    assert caught.value.expected == f"CometBFT's RPC at {address}"
    assert caught.value.found == "Connection refused"


def test_an_engine_that_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        rpc = EngineRpc(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_secs=0.2)
        with pytest.raises(EngineUnreachable) as caught:
            rpc.status()
    assert caught.value.found == "no answer within 0.2 s"


@pytest.mark.parametrize(
    "address", ["", "127.0.0.1:26657", "ftp://a:1", "http://", "http://a:1?x=1", "http://u@a:1"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="an address such as"):
        EngineRpc(address)


def test_the_address_of_cosmos_daemons_is_taken(node: KvNode) -> None:
    with EngineRpc(node.rpc.replace("http://", "tcp://")) as rpc:
        assert rpc.status().latest_height > 0


ANSWERS = {
    "no JSON": b"<html>not found</html>",
    "a list": b"[]",
    "no result": b'{"jsonrpc": "2.0", "id": 1}',
    "a number": b'{"result": 7}',
    "an empty object": b'{"result": {}}',
    "a wrong kind": b'{"result": {"node_info": 5}}',
    "deep": b'{"result": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    "deeper": b'{"result": ' + b"[" * 100_000,
    "digits": b'{"result": ' + b"9" * 6_000 + b"}",
    "empty": b"",
    "no UTF-8": b"\xff\xfe\xfd",
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_that_no_engine_gives_is_a_failure_of_its_own(name: str) -> None:
    with answering(lambda _: ANSWERS[name]) as address:
        for call in (EngineRpc.status, EngineRpc.block, EngineRpc.validators, EngineRpc.genesis):
            with EngineRpc(address) as rpc, pytest.raises(EngineFailed):
                call(rpc)


def test_every_failure_is_one_of_three() -> None:
    kinds: set[type[EngineRpcFailure]] = {EngineUnreachable, EngineRefused, EngineFailed}
    assert set(EngineRpcFailure.__subclasses__()) == kinds
    assert len({kind.code for kind in kinds}) == 3
