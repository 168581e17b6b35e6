"""The real gRPC server over a real storage, whose state the modules' own genesis wrote."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import grpc
from cosmpy.aerial.client import LedgerClient
from cosmpy.aerial.config import NetworkConfig

from chain_module.abci.common import BlockParams, ConsensusParams, KeyType, ValidatorUpdate
from chain_module.abci.responses import TxResult
from chain_module.address import to_text
from chain_module.auth import genesis as auth
from chain_module.bank import genesis as bank
from chain_module.consensus import keeper as consensus
from chain_module.errors import SdkReason, TxRefusal
from chain_module.genesis_form import Json
from chain_module.store.errors import StoreFault
from chain_module.store.version import Version
from node.engine_rpc import EngineRpc
from node.log import no_log
from node.metrics import Metrics
from node.services import GrpcServer, HeightUnknown, ServerLimits
from node.services.queries import Query
from node.storage import BlockEntry, Storage, StoredBlock, StoredTx, TxEntry, open_storage

CHAIN_ID: Final = "seedpact-test-1"
STORES: Final = ("auth", "bank", "consensus")
POWERS: Final = (10, 30, 20)
"""Of the validators."""
MAX_GAS: Final = 100_000_000
SECOND: Final = 10**9
NOBODY: Final = "http://127.0.0.1:1"
"""Where no engine listens."""


def address_of(number: int) -> str:
    """The address of an account without a key."""
    return to_text(number.to_bytes(20, "big"))


class ServedState:
    """A `Backend` over a storage without registrations; it simulates nothing."""

    def __init__(self, storage: Storage, engine: EngineRpc) -> None:
        self.storage = storage
        self.engine = engine

    def reader(self, height: int = 0) -> Version:
        state = self.storage.state
        try:
            return state.at(height) if height else state.newest
        except StoreFault as fault:
            raise HeightUnknown(expected=fault.expected, found=fault.found) from None

    def find_tx(self, tx_hash: bytes) -> StoredTx | None:
        return self.storage.find_tx(tx_hash)

    def find_block(self, height: int) -> StoredBlock | None:
        return self.storage.block(height)

    def simulate(self, raw: bytes) -> TxResult:
        raise TxRefusal(SdkReason.TX_PARSE_ERROR, expected="a transaction", found=raw.hex()[:20])


def commit(storage: Storage, *txs: TxEntry, balances: Mapping[str, int] | None = None) -> int:
    """Commits a block with these transactions; the first one with these balances. Its height."""
    branch = storage.state.branch()
    height = storage.state.newest.number + 1
    if balances is not None:
        auth.import_genesis(branch, {})
        coins: list[Json] = [
            {"address": address, "coins": [{"denom": "useed", "amount": str(amount)}]}
            for address, amount in balances.items()
        ]
        bank.import_genesis(branch, {"balances": coins})
        validators = (
            ValidatorUpdate(KeyType.ED25519, hashlib.sha256(b"%d" % power).digest(), power)
            for power in POWERS
        )
        params = ConsensusParams(block=BlockParams(max_bytes=4_194_304, max_gas=MAX_GAS))
        consensus.write(branch, tuple(validators), params)
    entry = BlockEntry(height * SECOND, hashlib.sha256(b"%d" % height).digest(), txs)
    storage.commit(storage.state.prepare(branch.changes()), entry)
    return height


@dataclass(frozen=True, slots=True)
class Served:
    """A server that runs, and what it serves."""

    server: GrpcServer
    storage: Storage
    metrics: Metrics
    channel: grpc.Channel

    @property
    def ledger(self) -> LedgerClient:
        """The client of cosmpy, as it comes."""
        return ledger_client(self.server.address)

    def call(
        self, path: str, request: bytes, *, height: str | None = None
    ) -> tuple[bytes, Mapping[str, Any]]:
        """One call by its path, with bytes; the response and the headers."""
        metadata = () if height is None else (("x-cosmos-block-height", height),)
        method: Any = self.channel.unary_unary(path)
        answer, call = method.with_call(request, metadata=metadata, timeout=30)
        return answer, dict(call.initial_metadata())


def ledger_client(address: str, *, chain_id: str = CHAIN_ID) -> LedgerClient:
    """The client of cosmpy of a node."""
    return LedgerClient(
        NetworkConfig(
            chain_id=chain_id,
            url=f"grpc+http://{address}",
            fee_minimum_gas_price=0.001,
            fee_denomination="useed",
            staking_denomination="useed",
        )
    )


@contextmanager
def serve(
    folder: Path,
    queries: Mapping[str, Query],
    *,
    balances: Mapping[str, int],
    engine: str = NOBODY,
    limits: ServerLimits | None = None,
    log: Any = no_log,
) -> Iterator[Served]:
    """A server at a free port over a storage in `folder`, at height 1."""
    metrics = Metrics()
    with (
        open_storage(folder, names=STORES, chain_id=CHAIN_ID, log=no_log) as storage,
        EngineRpc(engine, timeout_secs=5) as rpc,
    ):
        commit(storage, balances=balances)
        server = GrpcServer(
            ServedState(storage, rpc),
            queries,
            address="127.0.0.1:0",
            log=log,
            metrics=metrics,
            limits=limits,
        )
        with server, grpc.insecure_channel(server.address) as channel:
            yield Served(server, storage, metrics, channel)
