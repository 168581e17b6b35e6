"""One node's process: the application on its socket, its services, and what works beside them.

Everything that a node is made of is put together here and nowhere else. It runs until a stop
signal, or until its disk refuses a block: then it ends with one line, and starts again where the
disk stands.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import Final

import uvloop

from chain_module.app.look import FirstLooks
from chain_module.app.modules import STORES
from chain_module.genesis_document import GenesisDocument, parse_genesis_document
from chain_module.tx.ante import GasPrice
from enclave.service.signals import heard
from node.abci import AbciServer, CallLog
from node.application.application import ChainApplication
from node.application.envelopes import EnclaveEnvelopes
from node.application.own_record import expiry_of
from node.application.parts import Committed, Parts
from node.application.prefetch import Prefetch
from node.application.verdicts import Verdicts
from node.chain_proof import Leading, ReadyPath
from node.config import Home, NodeConfig
from node.config.cometbft import engine_addresses
from node.confirmer import Confirmer
from node.deadline import Deadline
from node.enclave_client import EnclaveClient
from node.engine_rpc import EngineRpc
from node.host import hosting
from node.light_blocks import LightBlocks, RememberedBlocks
from node.log import LineLog, Log, LogFormat, LogLevel
from node.metrics import Metrics
from node.query_process import QueryProcess, Settings
from node.services.metrics_server import MetricsServer
from node.storage import Storage, open_storage

CALL_LOG: Final = "abci-calls.jsonl"
STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
DISK_FAILED: Final = 1
PROPOSAL_SECS: Final = 0.1
"""A proposer adds no transaction after so much time: a thirtieth of the engine's timeout_propose,
so that a full mempool never costs a round. The others take as long again, and a block's pause is a
second: so full blocks keep the pace of empty ones."""
SWITCH_SECS: Final = 0.0005
"""How long a thread that has let go of the interpreter's lock, as each check of a signature does,
waits at most until it has it back from a thread that computes; Python's own 5 ms make a block of
300 sends wait for seconds (docs/adr/0024)."""

MakeApplication = Callable[[Parts], ChainApplication]


def run_node(
    home: Home, config: NodeConfig, *, make_application: MakeApplication = ChainApplication
) -> int:
    """Serves until a stop signal.

    Args:
        home: of this node.
        config: its node.toml.
        make_application: the application; tests of the protocol bring a dishonest one.

    Returns:
        0 after a stop signal, 1 where a block could not be made durable.

    Raises:
        BadGenesis, StorageFault, CannotServe, CannotListen: it could not start.
    """
    sys.setswitchinterval(SWITCH_SECS)
    log = LineLog(sys.stderr, form=LogFormat(config.log_format), least=LogLevel(config.log_level))
    genesis = parse_genesis_document(home.genesis.read_bytes())
    with ExitStack() as stack:
        return uvloop.run(
            _serve(
                home,
                config,
                genesis=genesis,
                log=log,
                stack=stack,
                make_application=make_application,
            )
        )


async def _serve(
    home: Home,
    config: NodeConfig,
    *,
    genesis: GenesisDocument,
    log: Log,
    stack: ExitStack,
    make_application: MakeApplication,
) -> int:
    """From the disk up; `stack` ends everything in reverse."""
    metrics = Metrics()
    inputs = genesis.network_inputs
    storage = stack.enter_context(
        open_storage(
            home.application_data,
            names=STORES,
            chain_id=inputs.chain_id,
            log=log,
            initial_version=inputs.initial_height,
            keep=config.keep_versions,
            snapshot_every=config.snapshot_every,
            snapshot_keep=config.snapshot_keep,
            snapshot_written=lambda height: metrics.snapshot_written(height=height),
        )
    )
    engine = stack.enter_context(EngineRpc(f"http://{engine_addresses(home)[0]}"))
    looks = FirstLooks(Verdicts(root_der=inputs.floor.attestation_root).verify)
    envelopes = _envelopes(config, storage, engine, log=log, metrics=metrics, stack=stack)
    prefetch = Prefetch(looks, envelopes)
    stack.callback(prefetch.close)
    queries = stack.enter_context(_queries(home, config, storage, log=log, metrics=metrics))
    stop = _stop_signals()

    def committed(block: Committed) -> None:
        metrics.own_record(expires_at=expiry_of(block.version, envelopes.node_id))
        queries.committed()
        prefetch.committed(block)

    application = make_application(
        Parts(
            storage=storage,
            looks=looks,
            envelopes=envelopes,
            log=log,
            metrics=metrics,
            min_gas_price=GasPrice(config.minimum_gas_price.amount),
            query=queries,
            committed=committed,
            disk_failed=stop.fail,
            proposal_time=lambda: Deadline(PROPOSAL_SECS),
        )
    )
    stack.enter_context(hosting(home, config, log=log, metrics=metrics))
    stack.enter_context(MetricsServer(metrics, address=config.metrics_listen))
    call_log = _call_log(home, config, stack)
    async with AbciServer(
        application,
        path=config.abci_socket,
        log=log,
        call_log=call_log,
        answered=lambda name, seconds: metrics.abci_call(name, seconds=seconds),
    ):
        return await stop.wait()


def _queries(
    home: Home, config: NodeConfig, storage: Storage, *, log: Log, metrics: Metrics
) -> QueryProcess:
    """Who answers queries: another process, over a copy of the state."""
    settings = Settings(
        listen=config.grpc_listen,
        engine=f"http://{engine_addresses(home)[0]}",
        keep=config.keep_versions,
        initial_version=storage.initial_version,
        log_format=config.log_format,
        log_level=config.log_level,
        names=STORES,
    )
    queries = QueryProcess(storage, settings, log=log, metrics=metrics)
    storage.replaced = queries.replaced
    return queries


def _envelopes(
    config: NodeConfig,
    storage: Storage,
    engine: EngineRpc,
    *,
    log: Log,
    metrics: Metrics,
    stack: ExitStack,
) -> EnclaveEnvelopes:
    """What the application asks of its enclave, with the way of headers that the enclave takes."""
    client = EnclaveClient(config.enclave_address, token=config.enclave_token)
    confirmer = stack.enter_context(Confirmer(client, log=log, metrics=metrics))
    leading = Leading(RememberedBlocks(LightBlocks(engine)), client)
    path = ReadyPath(client, leading, status=engine.status, log=log)
    return EnclaveEnvelopes(confirmer, storage, path, log=log, metrics=metrics)


class _Stop:
    """Why the process ends: a signal, or a disk that takes no more blocks."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._code: asyncio.Future[int] = loop.create_future()

    def signal(self) -> None:
        """A stop signal came."""
        self._end(0)

    def fail(self) -> None:
        """The disk failed. From any thread."""
        self._loop.call_soon_threadsafe(self._end, DISK_FAILED)

    async def wait(self) -> int:
        """The exit code, once there is one."""
        return await self._code

    def _end(self, code: int) -> None:
        if not self._code.done():
            self._code.set_result(code)


def _stop_signals() -> _Stop:
    loop = asyncio.get_running_loop()
    stop = _Stop(loop)
    for number in heard(STOP_SIGNALS):
        loop.add_signal_handler(number, stop.signal)
    return stop


def _call_log(home: Home, config: NodeConfig, stack: ExitStack) -> CallLog | None:
    if not config.log_abci_calls:
        return None
    call_log = CallLog(home.logs / CALL_LOG)
    stack.callback(call_log.close)
    return call_log
