"""A whole application that begins with another's snapshot, and one that has a state already."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from chain_module.abci import common
from chain_module.abci import requests as req
from chain_module.abci import responses as res
from chain_module.app.look import FirstLooks
from chain_module.app.modules import STORES
from chain_module.store.snapshot import write_snapshot
from enclave.registration.measurement_codec import measurement_from_proto
from node.application.application import APP_VERSION, ChainApplication
from node.application.envelopes import EnclaveEnvelopes
from node.application.parts import Parts
from node.application.verdicts import Verdicts
from node.chain_client import ChainClient, ChainEvent
from node.chain_proof import Leading, ReadyPath
from node.confirmer import Confirmer
from node.deadline import Deadline
from node.enclave_client import EnclaveClient
from node.host import NEW_BLOCK, Following, Host
from node.host.following import DEPTH
from node.host.witness import Witness
from node.log import no_log
from node.metrics import Metrics
from node.storage import Storage, open_storage
from node.storage.snapshot_files import OsSnapshotDisk, SnapshotFiles
from tests.node.application.test_prefetch import wait_for
from tests.support.chain import Chain, EnclaveInProcess, Peer
from tests.support.changing_headers import BlocksFrom, ServedBlocks
from tests.support.enclaves import CHAIN_ID, Node, Requests, policy
from tests.support.engine_status import engine_status, serving_status
from tests.support.process import enclave_process
from tests.support.wallets import Account

HEIGHT = 8


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Chain]:
    """One node that made the seed, a confirmed newcomer, and a snapshot of block 8."""
    made = Chain(tmp_path / "chain", nodes=2)
    grown(made, folder=tmp_path / "chain")
    yield made
    made.close()


def grown(made: Chain, *, folder: Path, second: Requests | None = None) -> None:
    """To block 11; `second`: the enclave that joins, where another's code is the policy's."""
    made.blocks(4)
    if second is not None:
        made.peers[1].enclave = second
    made.join(1)
    while made.height < HEIGHT:
        made.block()
    snapshots = folder / made.operators[0].name / "snapshots"
    SnapshotFiles(snapshots, disk=OsSnapshotDisk()).save(HEIGHT, write_snapshot(made.state))
    made.blocks(3)


@pytest.fixture
def newcomer(chain: Chain, tmp_path: Path) -> Iterator[Peer]:
    """A node that the engine told of no genesis."""
    with started(chain, tmp_path / "late", Node("late")) as peer:
        yield peer


@contextmanager
def started(
    chain: Chain,
    folder: Path,
    enclave: Requests,
    envelopes: Callable[[Storage], EnclaveEnvelopes] | None = None,
) -> Iterator[Peer]:
    """A node without a state; its enclave is of this process, or `envelopes` asks another."""
    storage = open_storage(folder, names=STORES, chain_id=CHAIN_ID, log=no_log)
    source = EnclaveInProcess(enclave, storage, chain.headers)
    verdicts = Verdicts(root_der=chain.network.inputs.floor.attestation_root)
    application = ChainApplication(
        Parts(
            storage=storage,
            looks=FirstLooks(verdicts.verify),
            envelopes=source if envelopes is None else envelopes(storage),
            log=no_log,
            metrics=Metrics(),
            min_gas_price=None,
            query=lambda _: res.QueryResponse(),
            committed=lambda _: None,
            disk_failed=lambda: None,
            proposal_time=lambda: Deadline(math.inf),
        )
    )
    yield Peer("late", enclave, storage, source, application, Account("late", 20), verdicts)
    storage.close()


def sync(chain: Chain, newcomer: Peer) -> res.InfoResponse:
    """As the engine does it; the answer that it verifies."""
    server = chain.peers[0].application
    (offered,) = server.list_snapshots().snapshots
    trusted = chain.peers[0].storage.state.at(HEIGHT).app_hash
    offer = newcomer.application.offer_snapshot(req.OfferSnapshotRequest(offered, trusted))
    assert offer.result is res.OfferResult.ACCEPT
    for index in range(offered.chunks):
        load = req.LoadSnapshotChunkRequest(offered.height, offered.format, index)
        chunk = server.load_snapshot_chunk(load).chunk
        apply = req.ApplySnapshotChunkRequest(index, chunk, "peer")
        assert newcomer.application.apply_snapshot_chunk(apply).result is res.ApplyResult.ACCEPT
    return newcomer.application.info(req.InfoRequest("0.38.26", 11, 8, "2.0.0"))


def send(chain: Chain, name: str) -> bytes:
    return chain.sign(chain.people[name], chain.send_message(name))


def check(peer: Peer, raw: bytes) -> res.TxResult:
    return peer.application.check_tx(req.CheckTxRequest(raw, req.CheckTxType.NEW))


def test_it_is_what_the_engine_verifies(chain: Chain, newcomer: Peer) -> None:
    info = sync(chain, newcomer)
    assert (info.last_block_height, info.app_version) == (HEIGHT, APP_VERSION)
    assert info.last_block_app_hash == chain.peers[0].storage.state.at(HEIGHT).app_hash


def test_it_follows_votes_and_proposes_as_if_it_had_run_every_block(
    chain: Chain, newcomer: Peer
) -> None:
    goes_on(chain, newcomer)


def goes_on(chain: Chain, newcomer: Peer) -> None:
    catch_up(chain, newcomer)
    chain.peers.append(newcomer)
    # A transaction, and a register with its confirm, which two of the three can make.
    assert chain.send(send(chain, "alice")).code == common.OK
    late = chain.people["bob"]
    assert chain.send(chain.register_tx(Node("fourth"), late)).code == common.OK
    txs = chain.propose(2)
    assert chain.votes(txs) == [True, True, True]
    done = chain.block(0)
    assert [result.code for result in done.tx_results] == [common.OK] * 3
    assert len({peer.storage.state.newest.app_hash for peer in chain.peers}) == 1
    chain.peers.remove(newcomer)


def catch_up(chain: Chain, newcomer: Peer) -> None:
    """From the snapshot of block 8 to where the chain's own nodes are."""
    sync(chain, newcomer)
    for height in range(HEIGHT + 1, chain.height + 1):
        block = chain.peers[0].storage.block(height)
        assert block is not None
        request = req.FinalizeBlockRequest(
            txs=(),
            decided_last_commit=common.CommitInfo(0, ()),
            misbehavior=(),
            hash=block.hash,
            height=height,
            time_ns=block.time_ns,
            next_validators_hash=bytes(32),
            proposer_address=bytes(20),
        )
        answer = newcomer.application.finalize_block(request)
        assert answer.app_hash == block.app_hash
        newcomer.application.commit()


def test_a_transaction_before_the_state_is_refused_and_harms_nobody(
    chain: Chain, newcomer: Peer
) -> None:
    raw = send(chain, "alice")
    result = check(newcomer, raw)
    assert (result.codespace, result.code) == ("sdk", 37)
    assert check(newcomer, b"").code == result.code
    sync(chain, newcomer)
    assert check(newcomer, raw).code == common.OK


def test_what_init_chain_wrote_is_gone(chain: Chain, newcomer: Peer) -> None:
    """The engine was started without state sync first, and killed before block 1."""
    newcomer.application.init_chain(chain.genesis)
    assert check(newcomer, send(chain, "carol")).code == common.OK
    goes_on(chain, newcomer)


def test_a_node_with_blocks_takes_no_snapshot(chain: Chain) -> None:
    before = chain.peers[1].storage.state.newest
    (offered,) = chain.peers[0].application.list_snapshots().snapshots
    request = req.OfferSnapshotRequest(offered, chain.peers[0].storage.state.at(HEIGHT).app_hash)
    answer = chain.peers[1].application.offer_snapshot(request)
    assert answer.result is res.OfferResult.ABORT
    assert chain.peers[1].storage.state.newest == before
    chain.blocks(2)


def test_a_holder_that_trusts_a_header_below_the_snapshot_confirms_again(tmp_path: Path) -> None:
    """Its engine has no block from which its enclave could go on: another node shows it the way."""
    with ExitStack() as stack:
        process = stack.enter_context(enclave_process(tmp_path / "enclave"))
        code = measurement_from_proto(process.info().measurement)
        chain = Chain(
            tmp_path / "chain",
            nodes=2,
            founder=process,
            policy_=policy(measurements=(code,)),
        )
        stack.callback(chain.close)
        grown(chain, second=Node(chain.peers[1].name, code=code), folder=tmp_path / "chain")
        client = stack.enter_context(EnclaveClient(process.address))
        confirmer = stack.enter_context(Confirmer(client, log=no_log, metrics=Metrics()))
        wait_for(lambda: confirmer.node_id is not None)
        status = engine_status(earliest_height=HEIGHT + 1)
        own = BlocksFrom(chain.headers, status.earliest_height)
        path = ReadyPath(client, Leading(own, client), status=lambda: status, log=no_log)

        def envelopes(storage: Storage) -> EnclaveEnvelopes:
            return EnclaveEnvelopes(confirmer, storage, path, log=no_log, metrics=Metrics())

        late = stack.enter_context(started(chain, tmp_path / "again", process, envelopes))
        catch_up(chain, late)
        stack.callback(chain.peers[0].storage.close)
        chain.peers = [late, chain.peers[1]]
        register = chain.register_tx(Node("third", code=code), chain.people["bob"])
        assert 0 < client.get_info().trusted_height < HEIGHT
        assert chain.send(register).code == common.OK
        path.make(chain.height)
        assert chain.propose(0) == ()

        rpc = stack.enter_context(serving_status(lambda: status))
        asked = stack.enter_context(ChainClient(grpc="127.0.0.1:1", rpc=rpc, timeout=5))
        host = Host(chain=asked, enclave=client, handlers=(), log=no_log)
        other = Witness("other", ServedBlocks(chain.headers))
        Following(own, [other]).handle(host, ChainEvent(NEW_BLOCK, {}, chain.height))
        assert client.get_info().trusted_height == chain.height - DEPTH
        path.make(chain.height)
        txs = chain.propose(0)
        assert txs[0] == register
        assert len(txs) == 2
        assert chain.votes(txs) == [True, True]
        done = chain.decide(txs)
        assert [result.code for result in done.tx_results] == [common.OK] * 2
