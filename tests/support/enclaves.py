"""Enclaves in memory, asked as bytes through `dispatch.METHODS`; and the inputs of their network.

Nothing of ours is mocked: an enclave has its real handlers, over a storage that keeps blobs in
memory and an entropy that can be repeated.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, TypeVar

from google.protobuf.message import Message

from enclave.attestation.attestor import Attestor
from enclave.attestation.development_root import development_root_der
from enclave.attestation.intel import INTEL_SGX_ROOT_CA_DER
from enclave.attestation.policy import Policy
from enclave.attestation.types import Evidence, Measurement, SgxMeasurement, TcbStatus
from enclave.crypto.labels import Mode
from enclave.crypto.sealing import Role
from enclave.framework.enclave import Enclave
from enclave.framework.sealed_state import Storage
from enclave.registration.network import Floor, NetworkInputs
from enclave.registration.network_codec import network_to_proto
from enclave.service.dispatch import METHODS
from enclave.software.attestor import SoftwareAttestor
from enclave.software.blueprint import QuoteKind
from enclave.wire import encode
from seedpact.enclave.v1 import chain_pb2
from seedpact.enclave.v1 import service_pb2 as pb
from tests.support.headers import SIGNERS

CHAIN_ID: Final = "seedpact-test-1"
GENESIS_TIME: Final = 1_800_000_000
CODE: Final = SgxMeasurement(hashlib.sha256(b"our code").digest(), bytes(32), 0, 0)
OTHER_CODE: Final = SgxMeasurement(hashlib.sha256(b"other code").digest(), bytes(32), 0, 0)

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


def hardware_inputs() -> NetworkInputs:
    """The inputs of a hardware network's id."""
    floor = replace(inputs().floor, mode=Mode.HARDWARE, attestation_root=INTEL_SGX_ROOT_CA_DER)
    return replace(inputs(), floor=floor)


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


def backup(node: Requests) -> bytes:
    """The sealed backup."""
    return node.call("Backup", pb.BackupRequest(), pb.BackupResponse).backup


def restore(node: Requests, blob: bytes, network_id: bytes) -> pb.RestoreResponse:
    """Takes a backup back."""
    request = pb.RestoreRequest(backup=blob, network_id=network_id)
    return node.call("Restore", request, pb.RestoreResponse)
