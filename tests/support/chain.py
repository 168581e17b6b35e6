"""A chain at the ABCI boundary: real applications with their disks, and a real enclave each.

The chain plays the engine: it proposes, asks every node, commits what more than 2/3 of the power
accepts, and its validators sign each header (`tests.support.headers`). Enclaves run in this process
(`tests.support.world`); everything else is the product. Each node's state must be equal after each
block, or `decide` fails. Who holds the seed publishes its nonce as soon as it can.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from cosmpy.protos.cosmos.bank.v1beta1.tx_pb2 import MsgSend
from cosmpy.protos.cosmos.base.v1beta1.coin_pb2 import Coin
from cosmpy.protos.cosmos.tx.v1beta1.tx_pb2 import TxBody, TxRaw

from chain_module.abci import common
from chain_module.abci import requests as req
from chain_module.abci import responses as res
from chain_module.address import to_text
from chain_module.app.block import BlockLimits, FirstLook, Pending
from chain_module.app.look import FirstLooks
from chain_module.app.modules import STORES
from chain_module.app.proposals import Envelopes, choose
from chain_module.app.view import block_context
from chain_module.auth.accounts import get_account
from chain_module.limits import MAX_BLOCK_GAS
from chain_module.message import BlockContext
from chain_module.registration import keeper
from chain_module.registration.confirm_tx import MsgConfirmNode, encode_confirm
from chain_module.registration.identity import NetworkGenesis, read_network
from chain_module.registration.messages import FRESHNESS, REGISTER_NODE
from chain_module.registration.proofs import prove_registration
from chain_module.store.branch import Branch
from chain_module.store.version import Version
from enclave.attestation.policy import Policy
from enclave.errors import Refusal
from enclave.light_client.codec import encode_light_block
from enclave.light_client.hashes import header_hash
from enclave.registration.records import NodeRecord
from enclave.time import Time
from node.application.application import ChainApplication
from node.application.enclave_context import enclave_context, registration_of
from node.application.parts import Parts
from node.application.runs import txs_digest
from node.application.verdicts import Verdicts
from node.chain_proof import Leading, ReadyPath
from node.deadline import Deadline
from node.enclave_client import EnclaveClient, pack_newcomers
from node.log import no_log
from node.metrics import Metrics
from node.storage import Storage, open_storage
from seedpact.enclave.v1 import chain_pb2, service_pb2
from seedpact.light.v1 import light_pb2
from seedpact.registration.v1 import tx_pb2
from tests.support.enclaves import CHAIN_ID, Node, Requests, policy
from tests.support.engine_status import engine_status
from tests.support.headers import HeaderChain, Signers
from tests.support.registration_chain import founded, init_request, open_genesis, params
from tests.support.wallets import DENOM, FUNDS, MSG_SEND, Account

BLOCK_SECONDS: Final = 5
POWER: Final = 10
MAX_BLOCK_BYTES: Final = 4 * 1024 * 1024
MAX_TX_BYTES: Final = 4_000_000
PEOPLE: Final = ("alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy")
"""Accounts of the genesis, beside the operators of its nodes."""


class EnclaveInProcess:
    """An `EnvelopeSource` over an enclave of this process. `away` and `corrupt` are its faults."""

    def __init__(self, node: Requests, storage: Storage, headers: HeaderChain) -> None:
        self._node = node
        self._storage = storage
        self._headers = headers
        self.away = False
        self.corrupt: Callable[[bytes], bytes] = lambda envelope: envelope
        self.asked = 0
        """Registers for which it was asked."""

    def for_proposal(self, context: BlockContext) -> Envelopes:
        """As `EnvelopeSource`."""
        return lambda registers: self._ask(context, registers)

    def for_judgement(self, context: BlockContext) -> Envelopes:
        """As `EnvelopeSource`."""
        return lambda registers: self._ask(context, registers)

    def _ask(self, context: BlockContext, pending: Sequence[Pending]) -> list[bytes | None]:
        registers = [(p.message, p.evidence) for p in pending if p.evidence is not None]
        info = self._node.info()
        if self.away or info.state != service_pb2.ENCLAVE_STATE_HOLDER:
            return [None] * len(pending)
        shown = enclave_context(
            self._storage.state,
            context,
            registers,
            node_id=info.node_id,
            steps=self._headers.steps(info.trusted_height or None, [context.height - 1]),
        )
        if shown is None:
            return [None] * len(pending)
        self.asked += len(pending)
        request = pack_newcomers(shown, [registration_of(*register) for register in registers])
        try:
            answers = self._node.confirm(request)
        except Refusal:
            # It holds the seed, and the chain does not know its record or its nonce yet.
            return [None] * len(pending)
        return [
            None if answer.HasField("refusal") else self.corrupt(answer.envelope)
            for answer in answers
        ]


@dataclass
class Peer:
    """One node of the chain."""

    name: str
    enclave: Requests
    storage: Storage
    source: EnclaveInProcess
    application: ChainApplication
    operator: Account
    verdicts: Verdicts


class Chain:
    """`peers[0]` made the seed; the others hold nothing until they `join`."""

    def __init__(
        self,
        folder: Path,
        *,
        nodes: int = 4,
        make: Callable[[int, Parts], ChainApplication] | None = None,
        policy_: Policy | None = None,
        people: Sequence[str] = PEOPLE,
        max_gas: int = -1,
        founder: Requests | None = None,
        **changes: Any,
    ) -> None:
        self._folder = folder
        self._make = make or (lambda _, parts: ChainApplication(parts))
        names = [f"node{number}" for number in range(nodes)]
        self.operators = [Account(name, number) for number, name in enumerate(names)]
        self.people = {name: Account(name, nodes + number) for number, name in enumerate(people)}
        enclaves: list[Requests] = [founder or Node(names[0]), *map(Node, names[1:])]
        self.signers = Signers.of(*names, power=POWER)
        self.genesis = self._bootstrap(enclaves[0], policy_ or policy(), max_gas, changes)
        self.network: NetworkGenesis = read_network(self.genesis)
        self.headers = HeaderChain(chain_id=CHAIN_ID, signers=self.signers)
        self.height = 0
        self.time_ns = self.genesis.time_ns
        self.peers = [
            self._start(number, enclave, operator)
            for number, (enclave, operator) in enumerate(zip(enclaves, self.operators, strict=True))
        ]
        self.mempool: list[bytes] = []
        self.last_txs: tuple[bytes, ...] = ()
        self.publish(0)

    @property
    def state(self) -> Version:
        """The newest state, equal on all nodes."""
        return self.peers[0].storage.state.newest

    # Blocks.

    def propose(self, proposer: int = 0, *, max_tx_bytes: int = MAX_TX_BYTES) -> tuple[bytes, ...]:
        """What a node proposes of the mempool now."""
        request = req.PrepareProposalRequest(
            max_tx_bytes=max_tx_bytes,
            txs=tuple(self.mempool),
            local_last_commit=common.ExtendedCommitInfo(0, ()),
            misbehavior=(),
            height=self.height + 1,
            time_ns=self._next_time(),
            next_validators_hash=bytes(32),
            proposer_address=bytes(20),
        )
        return self.peers[proposer].application.prepare_proposal(request).txs

    def votes(self, txs: Sequence[bytes], *, round_: int = 0) -> list[bool]:
        """Which nodes accept a block."""
        request = req.ProcessProposalRequest(
            txs=tuple(txs),
            proposed_last_commit=common.CommitInfo(0, ()),
            misbehavior=(),
            hash=self._hash(txs, round_),
            height=self.height + 1,
            time_ns=self._next_time(),
            next_validators_hash=bytes(32),
            proposer_address=bytes(20),
        )
        accept = res.ProposalStatus.ACCEPT
        return [peer.application.process_proposal(request).status is accept for peer in self.peers]

    def finalize_only(self, number: int, txs: Sequence[bytes]) -> res.FinalizeBlockResponse:
        """One node's answer, with nothing committed."""
        return self.peers[number].application.finalize_block(self._decided(txs, 0))

    def sequence_of(self, account: Account) -> int:
        """The sequence of its next transaction."""
        found = get_account(self.state, account.address)
        assert found is not None
        return found.sequence

    def decide(self, txs: Sequence[bytes], *, round_: int = 0) -> res.FinalizeBlockResponse:
        """Commits a block on every node; their answers must be equal."""
        request = self._decided(txs, round_)
        self.headers.add(**self._header_parts(txs, round_))
        first, *others = [peer.application.finalize_block(request) for peer in self.peers]
        for other in others:
            assert other == first
        for peer in self.peers:
            peer.application.commit()
        self.height += 1
        self.time_ns = request.time_ns
        self.mempool = [raw for raw in self.mempool if raw not in txs]
        self.mempool = [raw for raw in self.mempool if self._recheck(raw)]
        return first

    def block(
        self, proposer: int = 0, *, txs: tuple[bytes, ...] | None = None
    ) -> res.FinalizeBlockResponse:
        """A block, proposed now or before: it must get more than 2/3 of the votes."""
        txs = self.propose(proposer) if txs is None else txs
        votes = self.votes(txs)
        assert 3 * sum(votes) > 2 * len(votes), votes
        self.last_txs = txs
        return self.decide(txs)

    def blocks(self, count: int) -> None:
        """So many honest blocks."""
        for _ in range(count):
            self.block()

    # Transactions.

    def send(self, raw: bytes) -> res.TxResult:
        """Offers a transaction to every node's mempool; it waits where all let it in."""
        results = [peer.application.check_tx(_check(raw)) for peer in self.peers]
        assert len({(r.code, r.codespace) for r in results}) == 1, results
        if results[0].code == common.OK:
            self.mempool.append(raw)
        return results[0]

    def check_only(self, raw: bytes) -> res.TxResult:
        """What the first node's mempool says; nothing waits."""
        return self.peers[0].application.check_tx(_check(raw))

    def register_tx(
        self,
        enclave: Requests,
        operator: Account,
        *,
        anchor_height: int | None = None,
        history: Chain | None = None,
        change: Callable[[tx_pb2.MsgRegisterNode], None] = lambda _: None,
    ) -> bytes:
        """A signed register of `enclave`, which makes keys first if it has none."""
        url, message = self.register_message(
            enclave, operator, anchor_height=anchor_height, history=history
        )
        change(message)
        return self.sign(operator, (url, message))

    def register_message(
        self,
        enclave: Requests,
        operator: Account,
        *,
        anchor_height: int | None = None,
        history: Chain | None = None,
    ) -> tuple[str, tx_pb2.MsgRegisterNode]:
        """The message of a register, with its type URL; its anchor is of this chain's history."""
        if enclave.info().state == service_pb2.ENCLAVE_STATE_EMPTY:
            keys = keeper.network_keys(self.state)[-1]
            enclave.create_node_key(self.network.inputs, kem_io=keys.kem_io, epoch=keys.epoch)
        height = self.height - 1 if anchor_height is None else anchor_height
        anchor = keeper.anchor((history or self).state, height)
        assert anchor is not None, height
        purpose = service_pb2.RegisterPurpose(
            operator=operator.address,
            epoch=0,
            anchor_height=anchor.height,
            anchor_hash=anchor.hash,
        )
        if enclave.info().state == service_pb2.ENCLAVE_STATE_HOLDER:
            purpose.chain.CopyFrom(self._shown(enclave, anchor.height))
        quote = enclave.make_quote(purpose)
        return REGISTER_NODE, tx_pb2.MsgRegisterNode(
            operator=operator.text,
            exchange_key=quote.exchange_key,
            kem_ciphertext=quote.kem_ciphertext,
            epoch=0,
            anchor_height=anchor.height,
            anchor_hash=anchor.hash,
            tls_key=quote.tls_key,
            quote=quote.evidence.quote,
            collateral=quote.evidence.collateral,
            moniker=operator.name,
        )

    def confirmed(self, register: bytes) -> tuple[bytes, ...]:
        """What an honest proposer makes of this register alone; no node remembers it."""
        peer = self.peers[0]
        state = peer.storage.state
        context = block_context(self.state, height=self.height + 1)
        return choose(
            lambda: Branch(state),
            context,
            [register],
            max_tx_bytes=MAX_TX_BYTES,
            limits=BlockLimits(MAX_BLOCK_GAS, 1),
            first_look=self.first_look(context),
            envelopes=peer.source.for_proposal(context),
            enough=lambda: False,
        ).txs

    def send_message(self, sender: str, *, amount: int = 1) -> tuple[str, MsgSend]:
        """The message of a send, with its type URL."""
        coin = Coin(denom=DENOM, amount=str(amount))
        message = MsgSend(
            from_address=self.people[sender].text, to_address=to_text(bytes(20)), amount=[coin]
        )
        return MSG_SEND, message

    def confirm_message(self, confirm: MsgConfirmNode) -> tuple[str, tx_pb2.MsgConfirmNode]:
        """The message of an injected confirm, with its type URL."""
        (message,) = TxBody.FromString(
            TxRaw.FromString(encode_confirm(confirm)).body_bytes
        ).messages
        return message.type_url, tx_pb2.MsgConfirmNode.FromString(message.value)

    def first_look(self, context: BlockContext) -> FirstLook:
        """All gates, as the nodes run them."""
        root = self.network.inputs.floor.attestation_root
        return FirstLooks(Verdicts(root_der=root).verify).at(context)

    def sign(self, account: Account, *messages: tuple[str, Any], gas: int = 4_000_000) -> bytes:
        """A transaction of these messages."""
        return account.sign(messages, chain_id=CHAIN_ID, gas=gas)

    def import_seed(self, enclave: Requests) -> None:
        """The newcomer opens its envelope, after one more block where its record needs a header."""
        record = self.record(enclave)
        if record is not None and record.height >= self.height:
            self.block()
        enclave.import_seed(self._shown(enclave))

    def publish(self, number: int) -> None:
        """A node's operator sends the nonce of its enclave's start."""
        peer = self.peers[number]
        info = peer.enclave.info()
        message = tx_pb2.MsgFreshness(
            operator=peer.operator.text, node_id=info.node_id, nonce=info.freshness_nonce
        )
        assert self.send(self.sign(peer.operator, (FRESHNESS, message))).code == common.OK

    def join(self, number: int) -> None:
        """A genesis validator registers and imports."""
        peer = self.peers[number]
        assert self.send(self.register_tx(peer.enclave, peer.operator)).code == common.OK
        self.block()
        self.import_seed(peer.enclave)
        self.publish(number)
        self.blocks(2)

    def record(self, enclave: Requests) -> NodeRecord | None:
        """The record of an enclave."""
        return keeper.node(self.state, enclave.info().node_id)

    def record_of(self, node_id: bytes) -> NodeRecord | None:
        """The record of a node."""
        return keeper.node(self.state, node_id)

    def restart(self, number: int) -> None:
        """The node's process ends and starts again from its disk."""
        peer = self.peers[number]
        peer.storage.close()
        self.peers[number] = self._start(number, peer.enclave, peer.operator)

    def close(self) -> None:
        """Ends all."""
        for peer in self.peers:
            peer.storage.close()

    def _start(self, number: int, enclave: Requests, operator: Account) -> Peer:
        storage = open_storage(
            self._folder / operator.name, names=STORES, chain_id=CHAIN_ID, log=no_log
        )
        source = EnclaveInProcess(enclave, storage, self.headers)
        verdicts = Verdicts(root_der=self.network.inputs.floor.attestation_root)
        parts = Parts(
            storage=storage,
            looks=FirstLooks(verdicts.verify),
            envelopes=source,
            log=no_log,
            metrics=Metrics(),
            min_gas_price=None,
            query=lambda _: res.QueryResponse(),
            committed=lambda _: None,
            disk_failed=lambda: None,
            proposal_time=lambda: Deadline(math.inf),
        )
        application = self._make(number, parts)
        if not storage.height:
            application.init_chain(self.genesis)
        return Peer(operator.name, enclave, storage, source, application, operator, verdicts)

    def _bootstrap(
        self, founder: Requests, policy_: Policy, max_gas: int, changes: dict[str, Any]
    ) -> req.InitChainRequest:
        accounts = [*self.operators, *self.people.values()]
        plain = init_request(open_genesis(policy_=policy_, params_=params(**changes)))
        block = common.BlockParams(max_bytes=MAX_BLOCK_BYTES, max_gas=max_gas)
        request = replace(
            plain,
            consensus_params=replace(plain.consensus_params, block=block),
            validators=tuple(
                common.ValidatorUpdate(common.KeyType.ED25519, member.public.data, POWER)
                for member in self.signers.members
            ),
            app_state=_with_accounts(plain.app_state, accounts),
        )
        full = founded(founder, read_network(request), operator=self.operators[0].address)
        registration = init_request(full).app_state
        return replace(request, app_state=_with_accounts(registration, accounts))

    def _decided(self, txs: Sequence[bytes], round_: int) -> req.FinalizeBlockRequest:
        return req.FinalizeBlockRequest(
            txs=tuple(txs),
            decided_last_commit=common.CommitInfo(0, ()),
            misbehavior=(),
            hash=self._hash(txs, round_),
            height=self.height + 1,
            time_ns=self._next_time(),
            next_validators_hash=bytes(32),
            proposer_address=bytes(20),
        )

    def _shown(self, enclave: Requests, *anchors: int) -> chain_pb2.ChainProof:
        """What an enclave is shown under the newest header: the state of the block before it."""
        info = enclave.info()
        provable = self.peers[0].storage.state.at(self.height - 1)
        proof = prove_registration(provable, node_id=info.node_id, anchors=anchors)
        if info.state == service_pb2.ENCLAVE_STATE_HOLDER:
            start = info.trusted_height or None
        else:
            start = keeper.anchor_height_of(provable, info.node_id) or 1
            proof.root.CopyFrom(self.headers.root(start))
        proof.steps.extend(self.headers.steps(start, [self.height]))
        return proof

    def _next_time(self) -> int:
        """The genesis time is the first header's."""
        return self.time_ns + (BLOCK_SECONDS * 10**9 if self.height else 0)

    def _header_parts(self, txs: Sequence[bytes], round_: int) -> dict[str, Any]:
        return {
            "app_hash": self.state.app_hash,
            "time": Time.of_unix_nanos(self._next_time()),
            "data_hash": _digest(f"{round_}/{txs_digest(txs).hex()}"),
        }

    def _hash(self, txs: Sequence[bytes], round_: int) -> bytes:
        return header_hash(self.headers.proposed(**self._header_parts(txs, round_)))

    def _recheck(self, raw: bytes) -> bool:
        request = req.CheckTxRequest(raw, req.CheckTxType.RECHECK)
        results = [peer.application.check_tx(request).code for peer in self.peers]
        return not any(results)


class LateBlocks:
    """A chain's light blocks, for a node that is made before its chain is."""

    def __init__(self, chain: Callable[[], Chain]) -> None:
        self._chain = chain

    def light_block(self, height: int) -> light_pb2.LightBlock:
        """As `node.light_blocks.LightBlocks`."""
        return encode_light_block(self._chain().headers.blocks[height])


def ready_path(client: EnclaveClient, chain: Callable[[], Chain]) -> ReadyPath:
    """As `node.run` makes it, over the chain's own headers."""
    leading = Leading(LateBlocks(chain), client)
    return ReadyPath(client, leading, status=engine_status, log=no_log)


def _check(raw: bytes) -> req.CheckTxRequest:
    return req.CheckTxRequest(raw, req.CheckTxType.NEW)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _with_accounts(app_state: bytes, accounts: Sequence[Account]) -> bytes:
    """The registration part with accounts and their coins beside it."""
    held = [
        {"address": one.text, "coins": [{"denom": DENOM, "amount": str(FUNDS)}]} for one in accounts
    ]
    known = [
        {
            "@type": "/cosmos.auth.v1beta1.BaseAccount",
            "address": one.text,
            "pub_key": None,
            "account_number": str(one.number),
            "sequence": "0",
        }
        for one in accounts
    ]
    parts = {**json.loads(app_state), "auth": {"accounts": known}, "bank": {"balances": held}}
    return json.dumps(parts).encode()
