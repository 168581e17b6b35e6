"""The registration module alone, as a chain of one: real state, real enclaves, no engine.

Blocks run as protocol.md section 6 has them, reduced to this module: begin, messages, confirms just
before the end, the anchor last. Enclaves answer through the same table as gRPC; they are shown
signed headers and S(height - 2), as a node shows them. The founder's nonce is in the first block.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from chain_module.abci.common import (
    BlockParams,
    ConsensusParams,
    Event,
    EvidenceParams,
    KeyType,
    ValidatorUpdate,
)
from chain_module.abci.requests import InitChainRequest
from chain_module.consensus import keeper as consensus_keeper
from chain_module.errors import TxRefusal
from chain_module.message import BlockContext
from chain_module.registration import freshness, keeper
from chain_module.registration.begin_block import begin_block, write_anchor
from chain_module.registration.bootstrap import bootstrapped, check_bootstrapped
from chain_module.registration.errors import refusal_of
from chain_module.registration.gates import EvidenceOf, check_claim, check_verdict, evidence_of
from chain_module.registration.genesis import (
    Genesis,
    GenesisNetwork,
    genesis_to_json,
    import_genesis,
)
from chain_module.registration.identity import NetworkGenesis, read_network
from chain_module.registration.lifecycle import apply_confirm
from chain_module.registration.messages import MsgRegisterNode
from chain_module.registration.proofs import prove_registration
from chain_module.registration.records import Params
from chain_module.store.branch import Branch, ChildBranch
from chain_module.store.state import CommittedState
from chain_module.store.version import no_version
from enclave.attestation.collateral import Collateral
from enclave.attestation.policy import Policy
from enclave.attestation.types import SgxMeasurement
from enclave.crypto.labels import Mode
from enclave.errors import Refusal
from enclave.registration.network import Floor
from enclave.registration.records import (
    Machine,
    NetworkKeys,
    NodeRecord,
    verdict_from_proto,
    verdict_of,
)
from enclave.registration.verification import verify_evidence
from enclave.time import Time
from seedpact.enclave.v1 import chain_pb2
from seedpact.enclave.v1 import service_pb2 as pb
from tests.support.enclaves import CHAIN_ID, CODE, GENESIS_TIME, Node, Requests, inputs, policy
from tests.support.headers import HeaderChain, Signers

STORES: Final = ("consensus", "registration")
BLOCK_SECONDS: Final = 5
KEEP: Final = 50
FOUNDER: Final = bytes([0xF0]) * 20
AUTHORITY: Final = bytes([0xA0]) * 20
SIGNERS: Final = Signers.of("validator")
VALIDATOR: Final = ValidatorUpdate(KeyType.ED25519, SIGNERS.members[0].public.data, 10)
CONSENSUS_PARAMS: Final = ConsensusParams(
    block=BlockParams(max_bytes=4 * 1024 * 1024, max_gas=-1),
    evidence=EvidenceParams(100_000, 172_800 * 10**9, 1_048_576),
    pub_key_types=("ed25519",),
    app_version=0,
    vote_extensions_enable_height=0,
)


def params(**changes: Any) -> Params:
    """Parameters of a small chain."""
    plain = Params(
        max_registers_per_block=8,
        register_gas=3_000_000,
        registration_period_secs=30 * 86_400,
        anchor_window_blocks=200,
        operator_interval_blocks=0,
        authority=AUTHORITY,
    )
    return replace(plain, **changes)


def open_genesis(
    *,
    floor: Floor | None = None,
    policy_: Policy | None = None,
    params_: Params | None = None,
    machines: Sequence[Machine] = (),
) -> Genesis:
    """A genesis before its bootstrap."""
    return Genesis(
        floor=floor or inputs().floor,
        policy=policy_ or policy(),
        params=params_ or params(),
        machines=tuple(sorted(machines, key=lambda machine: machine.platform_id)),
        network=None,
        nodes=(),
    )


def init_request(genesis: Genesis, **changes: Any) -> InitChainRequest:
    """What the engine says at InitChain."""
    app_state = {"registration": genesis_to_json(genesis)}
    plain = InitChainRequest(
        time_ns=GENESIS_TIME * 10**9,
        chain_id=CHAIN_ID,
        consensus_params=CONSENSUS_PARAMS,
        validators=(VALIDATOR,),
        app_state=json.dumps(app_state).encode(),
        initial_height=1,
    )
    return replace(plain, **changes)


def bootstrap(founder: Node, genesis: Genesis, **changes: Any) -> NetworkGenesis:
    """The genesis with the founder's network and record."""
    before = read_network(init_request(genesis, **changes))
    return read_network(init_request(founded(founder, before, operator=FOUNDER), **changes))


def founded(founder: Requests, before: NetworkGenesis, *, operator: bytes) -> Genesis:
    """The registration part of a genesis, with what the founder's enclave makes for it."""
    made = founder.bootstrap(before.inputs)
    evidence = made.evidence
    collateral = Collateral.parse(evidence.collateral)
    report = verify_evidence(
        evidence.quote,
        collateral,
        floor=before.registration.floor,
        gate_time=before.genesis_time,
    )
    network = GenesisNetwork(
        keys=NetworkKeys(0, made.pk_io, made.kem_io, before.inputs.initial_height, b""),
        exchange_key=made.exchange_key,
        tls_key=made.tls_key,
        quote=evidence.quote,
        collateral=evidence.collateral,
    )
    return bootstrapped(before, network, operator=operator, verdict=verdict_of(report))


class RegistrationChain:
    """A chain whose only transactions are registration's."""

    def __init__(
        self,
        genesis: Genesis | None = None,
        *,
        founder: Node | None = None,
        fresh: bool = True,
        **changes: Any,
    ) -> None:
        self.founder = founder or Node("founder")
        self.network = bootstrap(self.founder, genesis or open_genesis(), **changes)
        self.first = self.network.inputs.initial_height
        self.state = CommittedState(no_version(STORES, initial_version=self.first), keep=KEEP)
        self.height = self.first
        """The block that runs."""
        self.block = Branch(self.state)
        identity = check_bootstrapped(self.network)
        import_genesis(self.block, self.network.registration, identity)
        consensus_keeper.write(self.block, (VALIDATOR,), CONSENSUS_PARAMS)
        self.headers = HeaderChain(
            chain_id=self.network.inputs.chain_id, signers=SIGNERS, first=self.first
        )
        self._begin()
        if fresh:
            self.publish(self.founder)

    @property
    def mode(self) -> Mode:
        """Software."""
        return self.network.registration.floor.mode

    @property
    def context(self) -> BlockContext:
        """Of the block that runs."""
        return BlockContext(CHAIN_ID, self.height, self.time(self.height - 1))

    def time(self, height: int) -> Time:
        """The time in a header; genesis time before the first."""
        blocks = max(height - self.first, 0)
        return Time(GENESIS_TIME + BLOCK_SECONDS * blocks, 0)

    def hash(self, height: int) -> bytes:
        """A header's hash; something else where there is no such header yet."""
        if height <= self.headers.top:
            return self.headers.hash(height)
        return hashlib.sha256(f"header {height}".encode()).digest()

    def commit(self) -> None:
        """Ends the block that runs, and begins the next."""
        write_anchor(
            self.block,
            height=self.height,
            block_hash=self.hash(self.height),
            time=self.time(self.height),
        )
        self.state.apply(self.state.prepare(self.block.changes()))
        self.height += 1
        self.block = Branch(self.state)
        self._begin()

    def _begin(self) -> None:
        """The header of the block that runs, and what its begin does."""
        self.headers.add(app_hash=self.state.newest.app_hash, time=self.time(self.headers.top + 1))
        self.events = begin_block(self.block, self.context)

    def commit_until(self, height: int) -> None:
        """Until that block runs."""
        while self.height < height:
            self.commit()

    def run(self, work: Callable[[ChildBranch], Any]) -> Any:
        """Something on a branch of the block: written whole, or not at all."""
        child = self.block.branch()
        result = work(child)
        child.commit()
        return result

    def execute(self, message: Any) -> Any:
        """A message, as a transaction would. Raises TxRefusal."""
        return self.run(lambda state: message.execute(state, self.context))

    def quote(self, node: Node, operator: bytes, *, anchor: int | None = None) -> MsgRegisterNode:
        """A register of `node`, its quote made with an anchor that is old enough."""
        height = self.height - 3 if anchor is None else anchor
        purpose = pb.RegisterPurpose(
            operator=operator, epoch=0, anchor_height=height, anchor_hash=self.hash(height)
        )
        if node.info().state == pb.ENCLAVE_STATE_HOLDER:
            purpose.chain.CopyFrom(self.shown(node, anchors=[height]))
        made = node.make_quote(purpose)
        return MsgRegisterNode(
            operator=operator,
            exchange_key=made.exchange_key,
            kem_ciphertext=made.kem_ciphertext,
            epoch=0,
            anchor_height=height,
            anchor_hash=self.hash(height),
            tls_key=made.tls_key,
            quote=made.evidence.quote,
            collateral=made.evidence.collateral,
            moniker=node.name,
        )

    def prepare(self, node: Node) -> None:
        """Keys of a newcomer."""
        keys = self.network.registration.network
        assert keys is not None
        node.create_node_key(self.network.inputs, kem_io=keys.keys.kem_io)

    def newcomer(self, name: str, operator: bytes, **node: Any) -> MsgRegisterNode:
        """A register of a new machine."""
        made = Node(name, **node)
        self.prepare(made)
        return self.quote(made, operator)

    def publish(self, node: Node) -> None:
        """The nonce of an enclave's start, as MsgFreshness would write it in this block."""
        info = node.info()
        record = keeper.node(self.block, info.node_id)
        assert record is not None
        signer, nonce = record.operator, info.freshness_nonce
        self.run(
            lambda state: freshness.publish(
                state, info.node_id, nonce, signer=signer, height=self.height
            )
        )

    def shown(self, node: Node, **wanted: Any) -> chain_pb2.ChainProof:
        """What a node shows its enclave for the block that runs; to a newcomer from its root."""
        info = node.info()
        proof = prove_registration(self.state.at(self.height - 2), node_id=info.node_id, **wanted)
        if info.state == pb.ENCLAVE_STATE_HOLDER:
            start = info.trusted_height or None
        else:
            start = node.enclave.keys.quotes()[-1].anchor_height
            proof.root.CopyFrom(self.headers.root(start))
        proof.steps.extend(self.headers.steps(start, [self.height - 1]))
        return proof

    def ask(self, register: MsgRegisterNode, *, holder: Node | None = None) -> pb.Confirmation:
        """The holder's answer to one register."""
        asked = holder or self.founder
        collateral = register.collateral or evidence_of(self.block, register).collateral
        request = pb.ConfirmNodesRequest(
            chain=self.shown(
                asked,
                anchors=[register.anchor_height],
                machines=[machine.platform_id for machine in keeper.machines(self.block)],
            ),
            newcomers=[
                pb.Newcomer(
                    operator=register.operator,
                    exchange_key=register.exchange_key,
                    kem_ciphertext=register.kem_ciphertext,
                    epoch=register.epoch,
                    anchor_height=register.anchor_height,
                    anchor_hash=register.anchor_hash,
                    tls_key=register.tls_key,
                    quote=register.quote,
                )
            ],
            collaterals=[collateral],
        )
        (answer,) = asked.confirm(request)
        return answer

    def check(self, register: MsgRegisterNode) -> None:
        """All six gates, in their order. Raises TxRefusal."""
        check_claim(self.block, register, self.context)
        evidence = evidence_of(self.block, register)
        floor = self.network.registration.floor
        try:
            report = verify_evidence(
                register.quote, evidence.parsed, floor=floor, gate_time=self.context.gate_time
            )
        except Refusal as refusal:
            raise refusal_of(refusal) from None
        check_verdict(self.block, register, verdict_of(report), evidence, self.context)

    def register(self, register: MsgRegisterNode) -> tuple[Event, ...]:
        """Gates, the enclave's answer, the record. Raises TxRefusal."""
        self.check(register)
        answer = self.ask(register)
        assert not answer.HasField("refusal"), answer.refusal
        return self.confirm(register, answer)

    def confirm(
        self,
        register: MsgRegisterNode,
        answer: pb.Confirmation,
        *,
        admitted: EvidenceOf | None = None,
    ) -> tuple[Event, ...]:
        """The second look on the confirm's verdict, and the record. Raises TxRefusal.

        Args:
            register: of this block.
            answer: the enclave's.
            admitted: the evidence as it was where the block admitted the register.
        """
        verdict = verdict_from_proto(answer.verdict)
        evidence = admitted or evidence_of(self.block, register)

        def write(state: ChildBranch) -> tuple[Event, ...]:
            check_claim(state, register, self.context)
            check_verdict(state, register, verdict, evidence, self.context)
            return apply_confirm(
                state,
                register,
                verdict=verdict,
                envelope=answer.envelope,
                evidence=evidence,
                context=self.context,
                register_tx_hash=hashlib.sha256(register.quote).digest(),
            )

        events: tuple[Event, ...] = self.run(write)
        return events

    def record(self, register: MsgRegisterNode) -> NodeRecord:
        """The node's record."""
        found = keeper.node(self.block, register.node_id(self.block))
        assert found is not None
        return found


def reason_of(work: Callable[[], Any]) -> str:
    """The name with which a rule refuses, or "passed"."""
    try:
        work()
    except TxRefusal as refusal:
        return refusal.reason.name
    return "passed"


def measurement_named(name: str) -> SgxMeasurement:
    """Some other code."""
    return replace(CODE, mr_enclave=hashlib.sha256(name.encode()).digest())
