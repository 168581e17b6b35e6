"""Blocks, node info and broadcasting over a real engine: as cosmpy asks, as CometBFT has them.

The engine runs the key-value application: what is served here does not depend on ours.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cryptography
import grpc
import pytest
from cosmpy.aerial.client import LedgerClient
from cosmpy.aerial.exceptions import NotFoundError
from cosmpy.protos.cosmos.base.tendermint.v1beta1 import query_pb2 as blocks_pb
from cosmpy.protos.cosmos.tx.v1beta1 import service_pb2 as tx_pb

from chain_module.abci.common import Event, EventAttribute
from chain_module.abci.responses import TxResult
from enclave.merkle import simple_tree
from node.libraries import library_versions
from node.services.table import all_queries
from node.storage import TxEntry
from tests.support.cometbft import KvNode, wait_for
from tests.support.kv_application import BAD_TX, CODESPACE
from tests.support.services import Served, commit, serve

SYNC = tx_pb.BROADCAST_MODE_SYNC


@pytest.fixture(scope="module")
def node(engine: Path) -> Iterator[KvNode]:
    with tempfile.TemporaryDirectory(prefix="blocks-") as folder:
        made = KvNode(Path(folder), engine)
        made.start()
        try:
            yield made
        finally:
            made.stop()


@pytest.fixture(scope="module")
def served(node: KvNode, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("blocks")
    with serve(folder, all_queries(), balances={}, engine=node.rpc) as running:
        yield running


@pytest.fixture(scope="module")
def ledger(served: Served) -> LedgerClient:
    return served.ledger


def send(ledger: LedgerClient, tx: bytes, mode: int = SYNC) -> Any:
    """The answer to a broadcast."""
    return ledger.txs.BroadcastTx(tx_pb.BroadcastTxRequest(tx_bytes=tx, mode=mode)).tx_response


def test_cosmpy_reads_blocks(node: KvNode, ledger: LedgerClient) -> None:
    height = int(node.commit(b"city=Quito")["height"])
    block = ledger.query_block(height)
    of_engine = node.call("block", height=str(height))["block"]["header"]
    assert block.height == height
    assert block.chain_id == ledger.query_chain_id() == of_engine["chain_id"]
    assert block.tx_hashes == [hashlib.sha256(b"city=Quito").hexdigest().upper()]
    found = datetime.fromisoformat(of_engine["time"][:26].rstrip("Z")).replace(tzinfo=UTC)
    assert abs(block.time - found) < timedelta(microseconds=10)
    assert ledger.query_height() >= height


def test_a_header_hashes_to_the_blocks_id(node: KvNode, ledger: LedgerClient) -> None:
    """Not one bit of the header is lost on its way through JSON: its Merkle root is its hash."""
    node.wait_for_height(3)
    for height in (1, 3):
        request = blocks_pb.GetBlockByHeightRequest(height=height)
        answer = ledger.tendermint.GetBlockByHeight(request)
        header = answer.block.header
        wrapped = [b"\x0a" + bytes([len(part)]) + part for part in _texts(header)]
        leaves = [
            header.version.SerializeToString(),
            wrapped[0],
            b"\x08" + _varint(header.height),
            header.time.SerializeToString(),
            header.last_block_id.SerializeToString(deterministic=True) or b"\x12\x00",
            *wrapped[1:],
        ]
        if height == 1:
            leaves[4] = b"\x12\x00"  # gogoproto writes the empty part set
        assert simple_tree.root(leaves) == answer.block_id.hash


def _texts(header: Any) -> list[bytes]:
    return [
        header.chain_id.encode(),
        header.last_commit_hash,
        header.data_hash,
        header.validators_hash,
        header.next_validators_hash,
        header.consensus_hash,
        header.app_hash,
        header.last_results_hash,
        header.evidence_hash,
        header.proposer_address,
    ]


def _varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def test_a_block_that_is_not_there(ledger: LedgerClient) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        ledger.query_block(1_000_000)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert caught.value.details() == "requested block height is bigger then the chain length"


def test_cosmpy_reads_who_the_node_is(node: KvNode, served: Served, ledger: LedgerClient) -> None:
    info = ledger.query_node_info()
    assert info.app_name == "seedpact"
    answer = ledger.tendermint.GetNodeInfo(blocks_pb.GetNodeInfoRequest())
    assert answer.default_node_info.default_node_id == node.call("status")["node_info"]["id"]
    said = {one.path: one.version for one in answer.application_version.build_deps}
    assert said == dict(library_versions())
    assert said["cryptography"] == cryptography.__version__
    syncing, _ = served.call("/cosmos.base.tendermint.v1beta1.Service/GetSyncing", b"")
    assert not blocks_pb.GetSyncingResponse.FromString(syncing).syncing


def test_a_broadcast_is_the_mempools_answer(ledger: LedgerClient) -> None:
    good = send(ledger, b"a=1")
    assert (good.code, good.txhash) == (0, hashlib.sha256(b"a=1").hexdigest().upper())
    bad = send(ledger, b"nonsense")
    assert (bad.code, bad.codespace) == (BAD_TX, CODESPACE)
    assert bad.txhash == hashlib.sha256(b"nonsense").hexdigest().upper()
    assert send(ledger, b"b=1", mode=tx_pb.BROADCAST_MODE_BLOCK).code == 0
    assert send(ledger, b"nonsense too", mode=tx_pb.BROADCAST_MODE_ASYNC).code == 0


def test_what_the_mempool_itself_refuses_has_the_sdks_codes(ledger: LedgerClient) -> None:
    send(ledger, b"c=1")
    again = send(ledger, b"c=1")
    assert (again.codespace, again.code) == ("sdk", 19)
    assert again.raw_log.startswith("tx_in_mempool_cache: ")
    large = send(ledger, b"d=" + b"1" * 1_100_000)
    assert (large.codespace, large.code) == ("sdk", 21)
    assert "too large" in large.raw_log


def test_transactions_are_found_by_their_events(node: KvNode, ledger: LedgerClient) -> None:
    heights = [int(node.commit(b"seen=%d" % number)["height"]) for number in range(3)]
    query = "set.key = 'seen'"
    whole = tx_pb.GetTxsEventRequest(query=query)
    wait_for(lambda: ledger.txs.GetTxsEvent(whole).total == len(heights), "the index")
    found = ledger.txs.GetTxsEvent(whole)
    assert [answer.height for answer in found.tx_responses] == heights
    assert found.total == len(found.txs) == 3
    parts = [query, f"tx.height <= {heights[-1]}"]
    request = tx_pb.GetTxsEventRequest(events=parts, order_by=2, limit=1, page=2)
    assert [a.height for a in ledger.txs.GetTxsEvent(request).tx_responses] == heights[1:2]


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (tx_pb.GetTxsEventRequest(), "query cannot be empty"),
        (tx_pb.GetTxsEventRequest(query="what?"), "invalid input ?"),
        (tx_pb.GetTxsEventRequest(query="tx.height > 0", page=10_000), "page should be within"),
    ],
)
def test_a_search_that_cannot_be(ledger: LedgerClient, request_: Any, text: str) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        ledger.txs.GetTxsEvent(request_)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert text in (caught.value.details() or "")


class TestGetTx:
    """Of committed blocks: from the node's own disk."""

    RESULT = TxResult(
        code=11,
        codespace="sdk",
        log="out_of_gas: expected 5 gas, found 7",
        data=b"\xab",
        gas_wanted=5,
        gas_used=7,
        events=(Event("transfer", (EventAttribute("amount", "1useed"),)),),
    )

    def test_cosmpy_waits_for_what_is_not_committed(self, ledger: LedgerClient) -> None:
        with pytest.raises(NotFoundError):
            ledger.query_tx("AB" * 32)

    def test_cosmpy_reads_a_committed_one(self, served: Served, ledger: LedgerClient) -> None:
        entry = TxEntry(b"raw bytes that are no transaction", self.RESULT)
        height = commit(served.storage, entry)
        found = ledger.query_tx(entry.hash.hex())
        assert (found.height, found.code, found.gas_used) == (height, 11, 7)
        assert found.hash == entry.hash.hex().upper()
        assert found.raw_log == "out of gas: out_of_gas: expected 5 gas, found 7"
        assert found.events == {"transfer": {"amount": "1useed"}}
        assert found.timestamp == datetime.fromtimestamp(height, tz=UTC)
        answer = ledger.txs.GetTx(tx_pb.GetTxRequest(hash=entry.hash.hex()))
        assert answer.tx_response.data == "AB"
