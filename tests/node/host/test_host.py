"""The host on a real chain: it imports at a confirm, renews in time, and outlives failures."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from chain_module.registration.events import CONFIRM_NODE, EXPIRE_NODE
from enclave.attestation.collateral import Collateral
from enclave.attestation.types import SgxMeasurement
from enclave.crypto.labels import Mode
from enclave.software.blueprint import Blueprint, QuoteKind
from enclave.software.issuer import Issuer
from node.chain_client import ChainClient, ChainCode, ChainEvent, ChainFailure, Price
from node.collateral import NamedCollateral
from node.config import Home, NodeConfig
from node.enclave_client import EnclaveClient
from node.engine_rpc import EngineRpc
from node.genesis import GenesisFile
from node.host import NEW_BLOCK, EventHandler, Freshness, Host, ImportSeed, Renewal
from node.host.hosting import running as running_lanes
from node.host.witness import Witness, WitnessComparison
from node.join import Join, Step, join
from node.join.enclave_process import enclave_of
from node.light_blocks import LightBlocks
from node.localnet.homes import ensure_key
from node.localnet.plan import OPERATOR
from node.metrics import Metrics
from node.receipts.subject import decode_register_tx
from seedpact.enclave.v1 import service_pb2 as pb
from seedpact.registration.v1 import types_pb2
from tests.support.one_validator import CHAIN_ID, OneValidator, one_validator
from tests.support.trickler import trickling

PERIOD_SECS: Final = 15
PATIENCE_SECS: Final = 60.0


class Lines:
    """A log in memory."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, str | int]]] = []

    def __call__(self, level: str, event: str, **fields: str | int) -> None:
        del level
        self.events.append((event, fields))

    def of(self, name: str) -> list[dict[str, str | int]]:
        return [fields for event, fields in self.events if event == name]


class Recorder:
    """A handler that remembers, and fails as it is told to."""

    def __init__(self, *events: str, fails: bool = False, bug: Exception | None = None) -> None:
        self.events = frozenset(events)
        self.seen: list[ChainEvent] = []
        self._fails = fails
        self._bug = bug

    def handle(self, _host: Host, event: ChainEvent) -> None:
        self.seen.append(event)
        if self._bug is not None:
            raise self._bug
        if self._fails:
            raise ChainFailure(ChainCode.CHAIN_FAILED, expected="a test", found="its failure")


@contextmanager
def running(
    chain: ChainClient,
    enclave: EnclaveClient,
    *handlers: EventHandler,
    from_height: int = 0,
    log: Lines | None = None,
    metrics: Metrics | None = None,
) -> Iterator[Lines]:
    """A host in a thread of its own."""
    log, stop = log or Lines(), threading.Event()
    host = Host(
        chain=chain,
        enclave=enclave,
        handlers=handlers,
        log=log,
        patience=0.5,
        metrics=metrics or Metrics(),
    )
    thread = threading.Thread(target=host.run, args=(stop,), kwargs={"from_height": from_height})
    thread.start()
    try:
        yield log
    finally:
        stop.set()
        thread.join(PATIENCE_SECS)
        assert not thread.is_alive()


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_every_block_is_seen_once_and_a_failing_handler_stops_no_other(
    chain: OneValidator,
) -> None:
    failing, steady = Recorder(NEW_BLOCK, fails=True), Recorder(NEW_BLOCK)
    enclave = EnclaveClient("127.0.0.1:1")
    with chain.client() as client:
        start = client.height()
        with running(client, enclave, failing, steady, from_height=start) as log:
            until(lambda: len(steady.seen) >= 5)
    heights = [event.height for event in steady.seen]
    assert heights == list(range(start, start + len(heights)))
    assert [event.height for event in failing.seen][: len(heights)] == heights
    assert log.of("handler_failed")[0]["handler"] == "Recorder"


def test_a_fault_of_a_handler_is_logged_with_its_place_and_ends_nothing(
    chain: OneValidator,
) -> None:
    """It is asked again, after ever more blocks; what the fault was about is not told."""
    faulty, steady = Recorder(NEW_BLOCK, bug=KeyError("a secret")), Recorder(NEW_BLOCK)
    enclave, metrics = EnclaveClient("127.0.0.1:1"), Metrics()
    with chain.client() as client:
        start = client.height()
        with running(client, enclave, faulty, steady, from_height=start, metrics=metrics) as log:
            until(lambda: len(steady.seen) >= 12)
    seen = [event.height - start for event in faulty.seen]
    assert seen[:4] == [0, 1, 3, 7]
    said = log.of("host_fault")
    assert [fields["height"] for fields in said] == [event.height for event in faulty.seen]
    assert (said[0]["handler"], said[0]["type"]) == ("Recorder", "KeyError")
    assert "test_host.py:" in str(said[0]["at"])
    assert "secret" not in str(log.events)
    assert f'seedpact_host_faults_total{{handler="Recorder"}} {len(said)}.0' in metrics.text()


def test_a_fault_of_the_loop_itself_ends_nothing(chain: OneValidator) -> None:
    class Moody(Recorder):
        """Which events it wants is a fault at first."""

        def __getattribute__(self, name: str) -> object:
            if name == "events" and len(log.events) < 2:
                raise RuntimeError
            return super().__getattribute__(name)

    log = Lines()
    moody = Moody(NEW_BLOCK)
    with chain.client() as client, running(client, EnclaveClient("127.0.0.1:1"), moody, log=log):
        until(lambda: len(moody.seen) >= 1)
    assert [(f["handler"], f["type"]) for f in log.of("host_fault")] == [
        ("Host", "RuntimeError")
    ] * 2


def test_a_trickling_witness_holds_up_no_handler_of_this_node(chain: OneValidator) -> None:
    """As `hosting` puts them: who asks strangers has a thread of its own."""
    steady, log = Recorder(NEW_BLOCK), Lines()
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
    with (
        trickling(first=head, every_secs=0.05) as place,
        chain.client() as client,
        EngineRpc(f"http://{place}") as other,
    ):
        own = LightBlocks(client.engine)
        witness = WitnessComparison(own, [Witness(place, LightBlocks(other))])
        asked = Recorder(NEW_BLOCK)
        lane = partial(Host, chain=client, enclave=EnclaveClient("127.0.0.1:1"), log=log)
        lanes = {"host": lane(handlers=[steady]), "others": lane(handlers=[asked, witness])}
        with running_lanes(lanes):
            until(lambda: bool(asked.seen))
            start = len(steady.seen)
            until(lambda: len(steady.seen) >= start + 5)
            assert len(asked.seen) == 1, "the witness is still waited for"
            until(lambda: bool(log.of("witness_away")))
    assert "no whole answer within 5 s" in str(log.of("witness_away")[0]["reason"])


def test_a_chain_that_is_away_is_said_once() -> None:
    nobody = ChainClient(grpc="127.0.0.1:1", rpc="http://127.0.0.1:1", timeout=1)
    with running(nobody, EnclaveClient("127.0.0.1:1")) as log:
        until(lambda: bool(log.events))
        time.sleep(2)
    assert len(log.of("chain_away")) == 1


def test_a_pending_enclave_imports_at_its_confirm(chain: OneValidator, tmp_path: Path) -> None:
    wish = wish_of(chain, tmp_path)

    def hook(recorded: str) -> None:
        if recorded == Step.CONFIRM:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        join(wish, hook=hook)
    folder = Home.of(str(wish.home)).enclave
    with (
        enclave_of(folder, mode=Mode.SOFTWARE, address=None, configured="") as enclave,
        chain.client() as client,
    ):
        record = client.node(enclave.get_info().node_id)
        assert record is not None
        others = Recorder(CONFIRM_NODE)
        with running(client, enclave, ImportSeed(), others, from_height=record.height) as log:
            until(lambda: enclave.get_info().state == pb.ENCLAVE_STATE_HOLDER)
            until(lambda: bool(log.of("seed_imported")))
    assert [e.attributes["node_id"] for e in others.seen] == [record.node_id.hex()]


def test_a_holder_s_host_looks_into_no_block(chain: OneValidator) -> None:
    """Whose enclave holds the seed has nothing to import, ever: nobody fetches events for it."""
    handler, steady = ImportSeed(), Recorder(NEW_BLOCK)
    enclave = EnclaveClient(NodeConfig.load(chain.home).enclave_address)
    with chain.client() as client, enclave, running(client, enclave, handler, steady) as log:
        until(lambda: len(steady.seen) >= 2)
    assert handler.events == frozenset()
    assert log.events == []


def test_a_record_is_renewed_before_it_ends_and_after(tmp_path: Path) -> None:
    """First its node was away until the record was EXPIRED; from then on it is renewed in time."""
    nobody = partial(replace, operator_key="")
    with one_validator(tmp_path / "net", change=_short_period, configure=nobody) as chain:
        key = ensure_key(chain.home, OPERATOR)
        enclave = EnclaveClient(NodeConfig.load(chain.home).enclave_address)
        expired = Recorder(EXPIRE_NODE)
        with chain.client() as client, enclave:
            node_id = enclave.get_info().node_id

            def record() -> types_pb2.NodeRecord:
                found = client.node(node_id)
                assert found is not None
                return found

            until(lambda: record().status == types_pb2.NODE_STATUS_EXPIRED)
            poor = Renewal(ensure_key(chain.folder.faucet_home, "stranger"), price=Price())
            # The only holder confirms its own renewal, and for that it has to be fresh.
            fresh = Freshness(key, price=Price(), metrics=Metrics())
            named = NamedCollateral(tmp_path / "collateral.json")
            named.keep(collateral_of(chain, seconds=-1))
            renewal = Renewal(key, price=Price(), named=named)
            with running(client, enclave, poor, fresh, renewal, expired) as log:
                until(lambda: record().status == types_pb2.NODE_STATUS_CONFIRMED)
                first = record()
                assert [said["code"] for said in log.of("collateral_refused")] == [
                    "collateral_older"
                ]
                named.keep(newer := collateral_of(chain, seconds=1))
                until(lambda: record().height > first.height)
                until(lambda: len(log.of("renewed")) == 2)
            again = record()
            assert carried(client, first) == founders_collateral(chain), "the enclave's own"
            assert carried(client, again) == newer, "what the operator named last"
            assert len(log.of("collateral_refused")) == 1
            assert again.status == types_pb2.NODE_STATUS_CONFIRMED
            assert again.expires_at.seconds > first.expires_at.seconds
            assert (again.exchange_key, again.tls_key) == (first.exchange_key, first.tls_key)
            assert [e for e in expired.seen if e.height > first.height] == [], "renewed too late"
            assert log.of("handler_failed") == [], "a stranger does not even try"
            assert enclave.get_info().state == pb.ENCLAVE_STATE_HOLDER
            # Its enclave brings what is older by now: it joins with what the chain keeps.
            join_after = join(wish_of(chain, tmp_path))
            assert client.node(join_after.node_id) is not None


def founders_collateral(chain: OneValidator) -> bytes:
    network = GenesisFile.load(chain.home.genesis).registration().network
    assert network is not None
    return network.collateral


def collateral_of(chain: OneValidator, *, seconds: int) -> bytes:
    """Of this network, and issued so many seconds after the founder's."""
    genesis = GenesisFile.load(chain.home.genesis)
    found = genesis.registration().network
    assert found is not None
    issued_at = Collateral.parse(found.collateral).tcb_info.issued_at
    blueprint = Blueprint(
        kind=QuoteKind.SGX_V3,
        measurement=SgxMeasurement(bytes(32), bytes(32), 0, 0),
        chain_id=CHAIN_ID,
        issued_at=issued_at + seconds,
    )
    return Issuer(blueprint).collateral


def carried(client: ChainClient, record: types_pb2.NodeRecord) -> bytes:
    """The collateral in the register of a record."""
    for raw in client.engine.block(record.height).txs:
        if hashlib.sha256(raw).digest() == record.register_tx_hash:
            return decode_register_tx(raw).message.collateral
    raise AssertionError("no register in its block")


def test_a_node_renews_itself(tmp_path: Path) -> None:
    """The node's own process does it, with the key that its node.toml names."""
    with one_validator(tmp_path / "net", change=_short_period) as chain, chain.client() as client:
        node_id = next(client.nodes()).node_id

        def confirmed_at() -> int:
            record = client.node(node_id)
            assert record is not None
            return record.height

        until(lambda: confirmed_at() > 1)
        first = confirmed_at()
        until(lambda: confirmed_at() > first)
        ended = list(client.subscribe(EXPIRE_NODE, from_height=1, timeout=0.1))
    assert [event for event in ended if event.height > first] == []


def wish_of(chain: OneValidator, tmp_path: Path) -> Join:
    home = Home.of(str(tmp_path / "home"))
    operator = ensure_key(home, "operator")
    chain.fund(operator.info.address, 100_000)
    return Join(
        home=home.path,
        peer_rpc=chain.rpc,
        peer_grpc=chain.grpc,
        operator=operator,
        network_id=chain.network_id,
    )


def _short_period(genesis: GenesisFile) -> None:
    found = genesis.registration()
    params = replace(found.params, registration_period_secs=PERIOD_SECS)
    genesis.set_registration(replace(found, params=params))
