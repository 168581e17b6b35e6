"""A software network in memory: real enclaves, and a ledger that plays the chain for them.

The ledger decides what the chain would (records, policy, machines, freshness), without its rules:
it may decide lies. What it tells enclaves is true all the same: signed headers, and proofs of a
state that has what was decided. Nothing of ours is mocked: requests go through `dispatch.METHODS`,
as bytes.
"""

from __future__ import annotations

import copy
import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar

from google.protobuf.message import Message

from chain_module.registration.proofs import prove_registration
from chain_module.store.state import CommittedState
from chain_module.store.types import StateChanges
from chain_module.store.version import no_version
from enclave.attestation.attestor import Attestor
from enclave.attestation.intel import INTEL_SGX_ROOT_CA_DER
from enclave.attestation.policy import Policy
from enclave.attestation.software_attestor import SoftwareAttestor
from enclave.attestation.software_blueprint import QuoteKind
from enclave.attestation.software_pki import development_root_der
from enclave.attestation.types import Evidence, Measurement, SgxMeasurement, TcbStatus
from enclave.crypto.labels import Mode
from enclave.crypto.sealing import Role
from enclave.framework.enclave import Enclave
from enclave.framework.sealed_state import Storage
from enclave.registration import keys as store_keys
from enclave.registration.freshness import Freshness, encode_freshness
from enclave.registration.keys import STORE
from enclave.registration.network import Floor, NetworkInputs, network_id
from enclave.registration.network_codec import network_to_proto
from enclave.registration.policy_codec import policy_to_proto
from enclave.registration.records import (
    Anchor,
    NodeRecord,
    NodeStatus,
    Time,
    anchor_to_proto,
    encode_node_record,
    verdict_from_proto,
)
from enclave.registration.wire import encode
from enclave.service.dispatch import METHODS
from seedpact.enclave.v1 import chain_pb2
from seedpact.enclave.v1 import service_pb2 as pb
from seedpact.registration.v1 import types_pb2
from tests.support.headers import SIGNERS, HeaderChain, Signers

CHAIN_ID: Final = "seedpact-test-1"
GENESIS_TIME: Final = 1_800_000_000
CODE: Final = SgxMeasurement(hashlib.sha256(b"our code").digest(), bytes(32), 0, 0)
OTHER_CODE: Final = SgxMeasurement(hashlib.sha256(b"other code").digest(), bytes(32), 0, 0)
OPERATOR: Final = bytes(range(20))
BLOCK_SECONDS: Final = 5
OTHER_STORE: Final = "bank"
STORES: Final = (OTHER_STORE, STORE)
KEEP: Final = 2_000

Answer = TypeVar("Answer", bound=Message)


def inputs(chain_id: str = CHAIN_ID, **floor: Any) -> NetworkInputs:
    """The inputs of a software network's id; `floor` overrides fields of its floor."""
    plain = Floor(
        mode=Mode.SOFTWARE,
        attestation_root=development_root_der(chain_id),
        upgrade_keys=(),
        threshold=0,
        worst_tcb_status=TcbStatus.OUT_OF_DATE_CONFIGURATION_NEEDED,
    )
    return NetworkInputs(
        chain_id=chain_id,
        genesis_time_unix_nanos=GENESIS_TIME * 10**9,
        initial_height=1,
        genesis_validators_hash=SIGNERS.hash,
        consensus_params_hash=hashlib.sha256(b"params").digest(),
        floor=replace(plain, **floor),
        app_state_hash=hashlib.sha256(b"app state").digest(),
    )


def policy(**changes: Any) -> Policy:
    """A policy that lets our code on a machine in good order in."""
    plain = Policy(
        serial=1,
        frozen=False,
        measurements=(CODE,),
        tcb_statuses=(TcbStatus.UP_TO_DATE,),
        advisories=(),
        minimum_evaluation_number=0,
        denied_fmspcs=(),
        max_quote_age_blocks=100,
        require_machine_list=False,
        one_node_per_machine=False,
        allow_dynamic_platform=False,
        allow_cached_keys=False,
        allow_smt=False,
        upgrades=(),
    )
    return replace(plain, **changes)


class MemoryStorage:
    """A `Storage` that keeps blobs in memory; `on_save` may raise what a disk raises."""

    def __init__(self) -> None:
        self.blobs: dict[Role, bytes] = {}
        self.on_save: Callable[[Role], None] = lambda _role: None

    def load(self, role: Role) -> bytes | None:
        """As `Storage.load`."""
        return self.blobs.get(role)

    def save(self, role: Role, blob: bytes) -> None:
        """As `Storage.save`."""
        self.on_save(role)
        self.blobs[role] = blob


class Entropy:
    """Reproducible bytes; no two calls give the same."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._calls = 0

    def __call__(self, size: int) -> bytes:
        """`size` bytes."""
        self._calls += 1
        seed = f"{self._name}/{self._calls}".encode()
        return hashlib.shake_256(seed).digest(size)


class Requests(ABC):
    """The requests of the service, over whatever carries them."""

    @abstractmethod
    def call(self, method: str, request: Message, answer: type[Answer]) -> Answer:
        """One request and its answer."""

    def info(self) -> pb.GetInfoResponse:
        """GetInfo."""
        return self.call("GetInfo", pb.GetInfoRequest(), pb.GetInfoResponse)

    def bootstrap(self, network: NetworkInputs) -> pb.BootstrapResponse:
        """Bootstrap."""
        request = pb.BootstrapRequest(network=network_to_proto(network))
        return self.call("Bootstrap", request, pb.BootstrapResponse)

    def create_node_key(
        self, network: NetworkInputs, *, kem_io: bytes, epoch: int = 0, discard: bool = False
    ) -> pb.CreateNodeKeyResponse:
        """CreateNodeKey."""
        request = pb.CreateNodeKeyRequest(
            network=network_to_proto(network), epoch=epoch, kem_io=kem_io, discard=discard
        )
        return self.call("CreateNodeKey", request, pb.CreateNodeKeyResponse)

    def make_quote(self, purpose: pb.RegisterPurpose) -> pb.MakeQuoteResponse:
        """MakeQuote for registration."""
        request = pb.MakeQuoteRequest(register=purpose)
        return self.call("MakeQuote", request, pb.MakeQuoteResponse)

    def confirm(self, request: pb.ConfirmNodesRequest) -> list[pb.Confirmation]:
        """ConfirmNodes."""
        answer = self.call("ConfirmNodes", request, pb.ConfirmNodesResponse)
        return list(answer.confirmations)

    def import_seed(self, chain: chain_pb2.ChainProof) -> pb.ImportSeedResponse:
        """ImportSeed."""
        request = pb.ImportSeedRequest(chain=chain)
        return self.call("ImportSeed", request, pb.ImportSeedResponse)

    def follow(self, request: chain_pb2.FollowChainRequest) -> chain_pb2.FollowChainResponse:
        """FollowChain."""
        return self.call("FollowChain", request, chain_pb2.FollowChainResponse)

    def report_fork(self, request: chain_pb2.ReportForkRequest) -> chain_pb2.ReportForkResponse:
        """ReportFork."""
        return self.call("ReportFork", request, chain_pb2.ReportForkResponse)


class Node(Requests):
    """One machine with one enclave."""

    def __init__(
        self,
        name: str,
        *,
        code: Measurement = CODE,
        storage: Storage | None = None,
        kind: QuoteKind = QuoteKind.SGX_V3,
        attestor: Attestor | None = None,
    ) -> None:
        self.name = name
        self.storage = storage or MemoryStorage()
        self.seal_key = hashlib.sha256(b"seal key of " + name.encode()).digest()
        self.ppid = hashlib.sha256(b"ppid of " + name.encode()).digest()[:16]
        self.attestor = attestor or SoftwareAttestor(measurement=code, ppid=self.ppid, kind=kind)
        self.entropy = Entropy(name)
        self.enclave = self.start()

    def start(self) -> Enclave:
        """Starts the enclave from what is stored, as after a crash."""
        self.enclave = Enclave(
            attestor=self.attestor,
            storage=self.storage,
            seal_key=self.seal_key,
            entropy=self.entropy,
        )
        return self.enclave

    def call(self, method: str, request: Message, answer: type[Answer]) -> Answer:
        """One request as bytes, through the same table as gRPC. Raises Refusal."""
        return answer.FromString(METHODS[method](self.enclave, encode(request)))


def backup(node: Requests) -> bytes:
    """The sealed backup."""
    return node.call("Backup", pb.BackupRequest(), pb.BackupResponse).backup


def restore(node: Requests, blob: bytes, network_id: bytes) -> pb.RestoreResponse:
    """Takes a backup back."""
    request = pb.RestoreRequest(backup=blob, network_id=network_id)
    return node.call("Restore", request, pb.RestoreResponse)


@dataclass
class Ledger:
    """What the chain would know, and a real chain that says it.

    Fields may be changed at will: what changed is decided by the next block that is made, so the
    proof that shows it is of two blocks later, and `height` says so.
    """

    network: NetworkInputs = field(default_factory=inputs)
    policy: Policy = field(default_factory=policy)
    height: int = 10
    """The block that is proposed; it only grows."""
    epoch: int = 0
    keys: list[types_pb2.NetworkKeys] = field(default_factory=list)
    records: dict[bytes, NodeRecord] = field(default_factory=dict)
    machines: list[bytes] = field(default_factory=list)
    """Platform ids that are listed; proofs are of these."""
    asked: list[bytes] = field(default_factory=list)
    """Others whose absence is proven."""
    listed: dict[bytes, int] = field(default_factory=dict)
    """From which height on a machine of the list counts, where not from the first."""
    misplaced: dict[bytes, bytes] = field(default_factory=dict)
    """Entries of the store by key, in the place of what would stand there."""
    freshness: dict[bytes, Freshness] = field(default_factory=dict)
    later: int = 0
    """Seconds by which the headers to come are later than their heights say."""
    signers: Signers = SIGNERS
    """The genesis validators."""
    successors: Signers | None = None
    """The set that the next header announces, where it is another."""

    def __post_init__(self) -> None:
        self.headers = HeaderChain(
            chain_id=self.network.chain_id,
            signers=self.signers,
            first=self.network.initial_height,
        )
        first = self.network.initial_height
        self.state = CommittedState(no_version(STORES, initial_version=first), keep=KEEP)
        self.bound: dict[bytes, int] = {}
        """By node_id: the anchor of the quote that is recorded."""

    @property
    def network_id(self) -> bytes:
        """32 bytes."""
        return network_id(self.network)

    def time(self, height: int) -> Time:
        """The time in header `height`."""
        if height <= self.headers.top:
            return self.headers.header(height).time
        since = height - self.headers.first
        return Time(GENESIS_TIME + BLOCK_SECONDS * since + self.later, 0)

    def anchor(self, height: int) -> Anchor:
        """Header `height` of this chain."""
        self.catch_up()
        return Anchor(height, self.headers.hash(height), self.time(height))

    def catch_up(self) -> None:
        """Makes the headers below `height`; their blocks decide nothing but anchors."""
        while self.headers.top < self.height - 1:
            self._next_header(decided=None)

    def settle(self) -> None:
        """What was changed is decided by the block at `height`, if anything was."""
        self.catch_up()
        decided = self._decided()
        kept = dict(self.state.store(STORE).iterate())
        if decided != {k: v for k, v in kept.items() if not k.startswith(store_keys.ANCHORS)}:
            self._next_header(decided=None)
            self._next_header(decided=decided)
            self.height += 2

    def proof(self, node: Requests, *, anchors: Iterable[int] = ()) -> chain_pb2.ChainProof:
        """What a host shows `node` for the block `height`: a path of headers, and all entries."""
        self.settle()
        info = node.info()
        result = prove_registration(
            self.state.at(self.height - 2),
            node_id=info.node_id,
            anchors=anchors,
            machines=[*self.machines, *self.listed, *self.asked],
        )
        if info.state == pb.ENCLAVE_STATE_HOLDER:
            start = info.trusted_height or None
        else:
            start = self.bound.get(info.node_id, self.height - 1)
            result.root.CopyFrom(self.headers.root(start))
        result.steps.extend(self.headers.steps(start, [self.height - 1]))
        return result

    def fork(self) -> Ledger:
        """Another chain with the same past, which decides by itself from now on.

        Its next headers are later by a second, so that they are others whatever it decides.
        """
        self.catch_up()
        other = copy.deepcopy(self)
        other.later += 1
        return other

    def make_fresh(self, node: Requests) -> None:
        """The operator publishes the nonce of a holder's start, where there is need."""
        self.catch_up()
        info = node.info()
        published = self.freshness.get(info.node_id)
        if (
            info.state == pb.ENCLAVE_STATE_HOLDER
            and info.fresh_until < self.height
            and (published is None or published.nonce != info.freshness_nonce)
        ):
            self.freshness[info.node_id] = Freshness(
                info.freshness_nonce, self.height, (self.height,)
            )
            self.settle()

    def bootstrap(self, node: Requests) -> pb.BootstrapResponse:
        """`node` makes the first seed, and the genesis gets its keys and record."""
        made = node.bootstrap(self.network)
        self.keys = [types_pb2.NetworkKeys(epoch=0, pk_io=made.pk_io, kem_io=made.kem_io)]
        verdict = types_pb2.Verdict(
            tee=types_pb2.TEE_KIND_SGX,
            tcb_status=types_pb2.TCB_STATUS_UP_TO_DATE,
            measurement=node.info().measurement,
            fmspc=bytes(6),
            platform_id=bytes(32),
        )
        self._record(
            node_id=made.node_id,
            exchange_key=made.exchange_key,
            tls_key=made.tls_key,
            report_data=bytes(64),
            envelope=bytes(48),
            verdict=verdict,
        )
        return made

    def purpose(self, *, anchor_height: int | None = None) -> pb.RegisterPurpose:
        """A newcomer's request for a quote that binds a recent header."""
        anchor = self.anchor(self.height - 3 if anchor_height is None else anchor_height)
        return pb.RegisterPurpose(
            operator=OPERATOR,
            epoch=self.epoch,
            anchor_height=anchor.height,
            anchor_hash=anchor.hash,
        )

    def newcomer(self, quote: pb.MakeQuoteResponse, purpose: pb.RegisterPurpose) -> pb.Newcomer:
        """What the register's transaction would say."""
        return pb.Newcomer(
            operator=purpose.operator,
            exchange_key=quote.exchange_key,
            kem_ciphertext=quote.kem_ciphertext,
            epoch=purpose.epoch,
            anchor_height=purpose.anchor_height,
            anchor_hash=purpose.anchor_hash,
            tls_key=quote.tls_key,
            quote=quote.evidence.quote,
        )

    def confirm_request(
        self, holder: Requests, *newcomers: tuple[pb.Newcomer, bytes]
    ) -> pb.ConfirmNodesRequest:
        """A batch of (newcomer, collateral); each distinct collateral travels once.

        The holder's nonce is on the chain before.
        """
        self.make_fresh(holder)
        collaterals: dict[bytes, int] = {}
        for newcomer, collateral in newcomers:
            newcomer.collateral_index = collaterals.setdefault(collateral, len(collaterals))
        return pb.ConfirmNodesRequest(
            chain=self.proof(holder, anchors=[one.anchor_height for one, _ in newcomers]),
            newcomers=[newcomer for newcomer, _ in newcomers],
            collaterals=list(collaterals),
        )

    def prepare(self, node: Requests) -> None:
        """Keys for a newcomer of the current epoch."""
        node.create_node_key(self.network, kem_io=self.keys[-1].kem_io, epoch=self.epoch)

    def register(self, node: Requests, holder: Requests) -> pb.Confirmation:
        """`node` makes a quote, `holder` confirms it, and the chain records what it confirmed."""
        purpose = self.purpose()
        quote = node.make_quote(purpose)
        newcomer = self.newcomer(quote, purpose)
        request = self.confirm_request(holder, (newcomer, quote.evidence.collateral))
        (confirmation,) = holder.confirm(request)
        if not confirmation.HasField("refusal"):
            self._record(
                node_id=confirmation.node_id,
                exchange_key=newcomer.exchange_key,
                tls_key=newcomer.tls_key,
                report_data=quote.report_data,
                envelope=confirmation.envelope,
                verdict=confirmation.verdict,
            )
            self.bound[confirmation.node_id] = newcomer.anchor_height
        return confirmation

    def join(self, node: Requests, holder: Requests) -> None:
        """The whole way of a newcomer, from EMPTY to HOLDER."""
        self.prepare(node)
        self.register(node, holder)
        node.import_seed(self.proof(node))

    def _record(
        self,
        *,
        node_id: bytes,
        exchange_key: bytes,
        tls_key: bytes,
        report_data: bytes,
        envelope: bytes,
        verdict: types_pb2.Verdict,
    ) -> None:
        time = self.time(self.height - 1)
        self.records[node_id] = NodeRecord(
            node_id=node_id,
            operator=OPERATOR,
            exchange_key=exchange_key,
            tls_key=tls_key,
            epoch=self.epoch,
            report_data=report_data,
            envelope=envelope,
            verdict=verdict_from_proto(verdict),
            quote_hash=bytes(32),
            register_tx_hash=bytes(32),
            height=self.height,
            time=time,
            expires_at=Time(time.seconds + 30 * 86_400),
            status=NodeStatus.CONFIRMED,
        )

    def _decided(self) -> dict[bytes, bytes]:
        """The store as it should be, without anchors."""
        listed = {**dict.fromkeys(self.machines, 0), **self.listed}
        machines = {
            one: encode(types_pb2.Machine(platform_id=one, from_height=height))
            for one, height in listed.items()
        }
        return {
            store_keys.POLICY: encode(policy_to_proto(self.policy)),
            **{store_keys.network(one.epoch): encode(one) for one in self.keys},
            **{
                store_keys.node(one): encode_node_record(record)
                for one, record in self.records.items()
            },
            **{store_keys.machine(one): machine for one, machine in machines.items()},
            **{store_keys.freshness(one): encode_freshness(f) for one, f in self.freshness.items()},
            **self.misplaced,
        }

    def _next_header(self, *, decided: Mapping[bytes, bytes] | None) -> None:
        """Commits the block at the top, with what it decided, and makes the header above it."""
        top = self.headers.top
        if top >= self.headers.first:
            self.state.apply(self.state.prepare(self._changes(top, decided)))
        self.headers.add(
            app_hash=self.state.newest.app_hash, time=self.time(top + 1), then=self.successors
        )

    def _changes(self, height: int, decided: Mapping[bytes, bytes] | None) -> StateChanges:
        genesis = height == self.headers.first
        if decided is None and genesis:
            decided = self._decided()
        kept = {key for key, _ in self.state.store(STORE).iterate()}
        gone = (
            {}
            if decided is None
            else {
                key: None
                for key in sorted(kept - decided.keys())
                if not key.startswith(store_keys.ANCHORS)
            }
        )
        anchor = encode(
            anchor_to_proto(Anchor(height, self.headers.hash(height), self.time(height)))
        )
        changes = {**gone, **(decided or {}), store_keys.anchor(height): anchor}
        other = {b"supply": b"1"} if genesis else {}
        return {STORE: changes, OTHER_STORE: other}


def network(*names: str) -> tuple[Ledger, list[Node]]:
    """A bootstrapped network: the first node made the seed, the others joined."""
    ledger = Ledger()
    first, *others = [Node(name) for name in names]
    ledger.bootstrap(first)
    for node in others:
        ledger.join(node, first)
    return ledger, [first, *others]


class PretendHardware:
    """A platform of hardware mode with a fixed quote: a double of the CPU, not of our code."""

    def __init__(self, quote: bytes = b"") -> None:
        self._quote = quote

    @property
    def mode(self) -> Mode:
        """Always hardware."""
        return Mode.HARDWARE

    def measurement(self) -> SgxMeasurement:
        """Our code."""
        return CODE

    def quote(self, report_data: bytes, *, chain_id: str, genesis_time: int) -> Evidence:
        """The fixed quote."""
        del report_data, chain_id, genesis_time
        return Evidence(quote=self._quote, collateral=b"")


def hardware_inputs() -> NetworkInputs:
    """The inputs of a hardware network's id."""
    floor = replace(inputs().floor, mode=Mode.HARDWARE, attestation_root=INTEL_SGX_ROOT_CA_DER)
    return replace(inputs(), floor=floor)
