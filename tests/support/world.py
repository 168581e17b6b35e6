"""A software network in memory: real enclaves, and a ledger that plays the chain for them.

The ledger decides what the chain would (records, policy, machines, freshness), without its rules:
it may decide lies. What it tells enclaves is true all the same: signed headers, and proofs of a
state that has what was decided.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from chain_module.registration.proofs import prove_registration
from chain_module.store.state import CommittedState
from chain_module.store.types import StateChanges
from chain_module.store.version import no_version
from enclave.attestation.policy import Policy
from enclave.registration import keys as store_keys
from enclave.registration.freshness import Freshness, encode_freshness
from enclave.registration.keys import STORE
from enclave.registration.network import NetworkInputs, network_id
from enclave.registration.policy_codec import policy_to_proto
from enclave.registration.records import (
    Anchor,
    NodeRecord,
    NodeStatus,
    anchor_to_proto,
    encode_node_record,
    verdict_from_proto,
)
from enclave.time import Time
from enclave.wire import encode
from seedpact.enclave.v1 import chain_pb2
from seedpact.enclave.v1 import service_pb2 as pb
from seedpact.registration.v1 import types_pb2
from tests.support.enclaves import (
    GENESIS_TIME,
    Node,
    Requests,
    inputs,
    policy,
)
from tests.support.headers import SIGNERS, HeaderChain, Signers

OPERATOR: Final = bytes(range(20))
BLOCK_SECONDS: Final = 5
OTHER_STORE: Final = "bank"
STORES: Final = (OTHER_STORE, STORE)
KEEP: Final = 2_000


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


def confirmed_newcomer() -> tuple[Ledger, Node, Node]:
    """A network, its holder, and a newcomer whose registration was confirmed long ago."""
    ledger, (founder,) = network("founder")
    node = Node("newcomer")
    ledger.prepare(node)
    assert ledger.register(node, founder).envelope
    ledger.settle()
    ledger.height += 20
    ledger.catch_up()
    return ledger, founder, node
