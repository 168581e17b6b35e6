"""A block with any register and any confirm, signed and in form: judged, and run without a word.

An input is a pair: TxRaw whose body is a MsgRegisterNode and whose AuthInfo is a MsgConfirmNode.
The register is signed by its operator, and the confirm names its transaction, so that what is
fuzzed lies behind ante and behind the search for the register.

- CheckTx, Prepare, Process and Finalize raise nothing.
- What this node proposes it accepts; what it accepts runs alike in Finalize, which looks at nothing
  that a proposer or a validator looked at; and then both succeed.
- A record is written if and only if both say so.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from cosmpy.protos.cosmos.tx.v1beta1.tx_pb2 import AuthInfo, Fee, TxBody, TxRaw
from google.protobuf.any_pb2 import Any as ProtoAny
from google.protobuf.message import DecodeError, Message

from chain_module.abci import responses as res
from chain_module.app.block import BlockLimits, BlockRun
from chain_module.app.check import CheckState
from chain_module.app.proposals import ProposalRefused, choose, judge
from chain_module.app.view import block_context
from chain_module.limits import MAX_BLOCK_GAS
from chain_module.registration import keeper
from chain_module.registration.confirm_tx import CONFIRM_NODE, MAX_CONFIRM_BYTES, decode_confirm
from chain_module.registration.messages import MAX_REGISTER_BYTES, REGISTER_NODE
from chain_module.store.branch import Branch
from node.abci import encoding
from seedpact.registration.v1 import tx_pb2
from tests.fuzz.evidence import mutate_collateral
from tests.fuzz.messages import Mutator, values_of
from tests.fuzz.target import Mutation, require
from tests.support.chain import MAX_TX_BYTES, Chain
from tests.support.enclaves import Node

OPERATORS: Final = ("alice", "bob")
ONE: Final = BlockLimits(MAX_BLOCK_GAS, 1)
_INSIDE_COLLATERAL: Final = 0.2
_PARTS: Final = {"body_bytes": tx_pb2.MsgRegisterNode, "auth_info_bytes": tx_pb2.MsgConfirmNode}


class BlockTarget:
    """One application with its disk and its enclave, which never commits."""

    max_bytes: Final = MAX_REGISTER_BYTES + MAX_CONFIRM_BYTES

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="fuzzed-chain-")
        self._chain = Chain(Path(self._folder.name), nodes=1, people=OPERATORS)
        self._chain.blocks(4)
        self._peer = self._chain.peers[0]
        self._context = block_context(self._chain.state, height=self._chain.height + 1)
        self._look = self._chain.first_look(self._context)
        self._known = {record.node_id for record in keeper.nodes(self._chain.state)}
        self._pairs = [self._pair(name) for name in OPERATORS]
        self._mutator = Mutator(
            TxRaw, _nested, values_of(map(TxRaw.FromString, self._pairs), _nested)
        )

    def seeds(self) -> Iterable[bytes]:
        """Two newcomers that join."""
        return self._pairs

    def check(self, data: bytes) -> None:
        """See the module."""
        try:
            pair = TxRaw.FromString(data)
        except (DecodeError, UnicodeDecodeError):
            return
        register = self._signed(pair.body_bytes)
        confirm = _injected(pair.auth_info_bytes, hashlib.sha256(register).digest())
        door = CheckState(
            self._branch(), self._context, limits=ONE, min_gas_price=None, first_look=self._look
        )
        for raw in (register, confirm):
            encoding.check_tx(door.check(raw))
        proposed = self._proposed(register)
        if proposed:
            require(holds=self._accepted(proposed), rule="what is proposed is accepted")
        accepted = self._accepted((register, confirm))
        results, written = self._run((register, confirm))
        require(holds=accepted or data not in self._pairs, rule="good newcomers join")
        if accepted:
            require(holds=not any(one.code for one in results), rule="what is accepted succeeds")
        codes = {one.code for one in results}
        require(holds=(codes == {0}) == bool(written), rule="a record where both succeed")

    def mutate(self, data: bytes, mutation: Mutation) -> bytes:
        """A field of either, or inside the collateral."""
        try:
            pair = TxRaw.FromString(data)
            register = tx_pb2.MsgRegisterNode.FromString(pair.body_bytes)
        except (DecodeError, UnicodeDecodeError):
            return mutation.of(data)
        if mutation.rng.random() >= _INSIDE_COLLATERAL:
            return self._mutator.mutate(data, mutation)
        register.collateral = mutate_collateral(register.collateral, mutation)
        pair.body_bytes = _encoded(register)
        return _encoded(pair)

    def _pair(self, name: str) -> bytes:
        operator = self._chain.people[name]
        _, register = self._chain.register_message(Node(name), operator)
        raw = self._signed(_encoded(register))
        _, confirm = self._chain.confirmed(raw)
        _, message = self._chain.confirm_message(decode_confirm(confirm))
        pair = TxRaw(
            body_bytes=_encoded(register),
            auth_info_bytes=_encoded(message),
        )
        return _encoded(pair)

    def _signed(self, value: bytes) -> bytes:
        """By the operator whom it names, else by anybody."""
        operator = self._chain.people[OPERATORS[0]]
        try:
            named = tx_pb2.MsgRegisterNode.FromString(value).operator
        except (DecodeError, UnicodeDecodeError):
            named = ""
        for one in self._chain.people.values():
            operator = one if one.text == named else operator
        operator.sequence = self._chain.sequence_of(operator)
        return self._chain.sign(operator, (REGISTER_NODE, _Encoded(value)))

    def _proposed(self, register: bytes) -> tuple[bytes, ...]:
        envelopes = self._peer.source.for_proposal(self._context)
        return choose(
            self._branch,
            self._context,
            [register],
            max_tx_bytes=MAX_TX_BYTES,
            limits=ONE,
            first_look=self._look,
            envelopes=envelopes,
            enough=lambda: False,
        ).txs

    def _accepted(self, txs: tuple[bytes, ...]) -> bool:
        envelopes = self._peer.source.for_judgement(self._context)
        try:
            run = judge(
                self._branch(),
                self._context,
                txs,
                limits=ONE,
                first_look=self._look,
                envelopes=envelopes,
            )
        except ProposalRefused:
            return False
        results = run.finish()
        again = BlockRun(self._branch(), self._context)
        for raw in txs:
            again.deliver(raw)
        same = (again.finish(), again.state.changes()) == (results, run.state.changes())
        require(holds=same, rule="what is accepted runs alike in Finalize")
        return True

    def _run(self, txs: tuple[bytes, ...]) -> tuple[tuple[res.TxResult, ...], set[bytes]]:
        """Results, and the nodes that are new."""
        run = BlockRun(self._branch(), self._context)
        for raw in txs:
            run.deliver(raw)
        results = run.finish()
        encoding.finalize_block(
            res.FinalizeBlockResponse(tx_results=results, app_hash=bytes(32), events=run.events)
        )
        return results, {record.node_id for record in keeper.nodes(run.state)} - self._known

    def _branch(self) -> Branch:
        return Branch(self._peer.storage.state)


class _Encoded:
    """Bytes in place of a message, for whoever packs one."""

    def __init__(self, value: bytes) -> None:
        self._value = value

    def SerializeToString(self, *, deterministic: bool = False) -> bytes:  # noqa: N802 (protobuf's)
        """The bytes."""
        del deterministic
        return self._value


def _injected(value: bytes, register_tx_hash: bytes) -> bytes:
    """As a proposer would append it; with the right hash, where it is a confirm at all."""
    try:
        message = tx_pb2.MsgConfirmNode.FromString(value)
        message.register_tx_hash = register_tx_hash
        value = _encoded(message)
    except (DecodeError, UnicodeDecodeError):
        pass
    body = TxBody(messages=[ProtoAny(type_url=CONFIRM_NODE, value=value)])
    auth_info = AuthInfo(fee=Fee())
    return _encoded(TxRaw(body_bytes=_encoded(body), auth_info_bytes=_encoded(auth_info)))


def _encoded(message: Message) -> bytes:
    data: bytes = message.SerializeToString(deterministic=True)
    return data


def _nested(message: Message, field: str) -> type[Message] | None:
    return _PARTS.get(field) if isinstance(message, TxRaw) else None
