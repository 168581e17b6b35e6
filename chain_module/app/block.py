"""A block as it runs: user transactions, then the confirms (protocol.md section 6).

One way to run a block for all who run it. A proposer and a validator `admit` transactions with a
first look at each register, and refuse what fails; `deliver` is Finalize's way, in which nothing
raises, no quote is verified and no enclave is asked. A register's transaction pays and writes
nothing else: its confirm writes the record, and what became of it is known at `finish`.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import Final

from chain_module.abci.responses import TxResult
from chain_module.app.delivery import Admitted, admit, refused, run_messages, succeeded
from chain_module.app.modules import KINDS
from chain_module.errors import TxRefusal
from chain_module.message import BlockContext, Executed
from chain_module.registration.begin_block import begin_block
from chain_module.registration.confirm import check_confirm
from chain_module.registration.confirm_tx import (
    MsgConfirmNode,
    decode_confirm,
    encode_confirm,
    is_confirm,
)
from chain_module.registration.errors import RegistrationReason
from chain_module.registration.gates import EvidenceOf, evidence_of
from chain_module.registration.lifecycle import apply_confirm
from chain_module.registration.messages import MsgRegisterNode
from chain_module.store.branch import Branch, ChildBranch
from chain_module.store.types import StateReader
from chain_module.tx.codec import Tx
from enclave.crypto.seed_envelope import ENVELOPE_BYTES
from enclave.registration.records import Verdict


@dataclass(frozen=True, slots=True)
class Looked:
    """What a first look found."""

    evidence: EvidenceOf
    verdict: Verdict


FirstLook = Callable[[StateReader, MsgRegisterNode], Looked]
"""All six gates in their order, quote verification among them. Raises TxRefusal."""


_SEVEN_BITS: Final = 7


class BlockFull(Exception):
    """A transaction that is good, but not in this block.

    Attributes:
        register: whether only registers have no room.
    """

    def __init__(self, what: str, *, register: bool) -> None:
        self.register = register
        super().__init__(f"no room for {what}")


@dataclass(frozen=True, slots=True)
class BlockLimits:
    """What a proposal may hold."""

    max_gas: int
    max_registers: int


@dataclass(slots=True)
class Pending:
    """A register of this block that has paid."""

    index: int
    """Of its transaction in the block."""
    admitted: Admitted
    message: MsgRegisterNode
    node_id: bytes
    tx_hash: bytes
    executed: Executed
    evidence: EvidenceOf | None = None
    """None where it does not even parse: then `refusal` says why."""
    verdict: Verdict | None = None
    """Of the first look; None without one."""
    refusal: TxRefusal | None = None
    confirmed: bool = False

    @property
    def tx(self) -> Tx:
        """Its transaction."""
        return self.admitted.tx

    @property
    def outcome(self) -> str:
        """Once the block is finished: "accepted", or the name of the rule that refused it."""
        if self.confirmed:
            return "accepted"
        return (self.refusal or unconfirmed()).reason.name

    def confirm_with(self, envelope: bytes) -> bytes:
        """The one confirm that this register may have, with this envelope of 48 bytes."""
        if self.verdict is None:
            raise ValueError("a register without a first look has no verdict")
        return encode_confirm(
            MsgConfirmNode(
                node_id=self.node_id,
                operator=self.message.operator,
                exchange_key=self.message.exchange_key,
                epoch=self.message.epoch,
                envelope=envelope,
                register_tx_hash=self.tx_hash,
                verdict=self.verdict,
            )
        )

    @property
    def confirm_bytes(self) -> int:
        """The size of its confirm: the same for every envelope."""
        return len(self.confirm_with(bytes(ENVELOPE_BYTES)))


class BlockRun:
    """One run of one block on one branch. `results` has one entry a transaction so far."""

    def __init__(
        self, state: Branch, context: BlockContext, limits: BlockLimits | None = None
    ) -> None:
        self.state = state
        self._limits = limits
        self.context = context
        self.events = begin_block(state, context)
        self.results: list[TxResult] = []
        self.registers: list[Pending] = []
        self.gas_wanted = 0

    def admit(
        self,
        raw: bytes,
        *,
        first_look: FirstLook | None,
        room: int | None = None,
        allowed: Container[bytes] | None = None,
    ) -> None:
        """Runs a user transaction.

        A message that fails is a result with a code: its sender pays. What raises has paid
        nothing and is not part of the block.

        Args:
            raw: as it stands in the block.
            first_look: all gates for a register; None in Finalize.
            room: bytes that are left for its confirm, if it is a register.
            allowed: the registers that may come in; None: all.

        Raises:
            TxRefusal: it does not decode, ante refuses it, or it is a register that fails the
                first look.
            BlockFull: it is over the block's limits.
        """
        child = self.state.branch()
        admitted = admit(child, raw, context=self.context, kinds=KINDS)
        self._check_limits(admitted, allowed)
        message = admitted.register
        if message is None:
            child.commit()
            self.results.append(run_messages(self.state, admitted, context=self.context))
        else:
            pending = self._pending(child, admitted, message, first_look)
            if room is not None and framed(pending.confirm_bytes) > room:
                raise BlockFull("the confirm of a register", register=False)
            child.commit()
            self.registers.append(pending)
            self.results.append(TxResult())
        self.gas_wanted += admitted.charged.gas_wanted

    def confirm(self, raw: bytes) -> None:
        """Runs an injected confirm. What fails writes nothing, and is a result with a code."""
        try:
            message = decode_confirm(raw)
            pending = self._register_of(message)
            result = self._confirm(message, pending)
        except TxRefusal as refusal:
            result = refused(refusal, gas_wanted=0, gas_used=0)
        self.results.append(result)

    def deliver(self, raw: bytes) -> None:
        """Runs any transaction of a decided block. Raises nothing."""
        if is_confirm(raw):
            self.confirm(raw)
            return
        try:
            self.admit(raw, first_look=None)
        except TxRefusal as refusal:
            self.results.append(refused(refusal, gas_wanted=0, gas_used=0))

    def finish(self) -> tuple[TxResult, ...]:
        """The results. A register succeeded if and only if its confirm did."""
        for pending in self.registers:
            self.results[pending.index] = self._outcome(pending)
        return tuple(self.results)

    def _check_limits(self, admitted: Admitted, allowed: Container[bytes] | None) -> None:
        if admitted.register is not None:
            if allowed is not None and admitted.tx.raw not in allowed:
                raise BlockFull("a register without an envelope", register=True)
            if self._limits and len(self.registers) >= self._limits.max_registers:
                what = f"more than {self._limits.max_registers} registers"
                raise BlockFull(what, register=True)
        if self._limits:
            gas = self.gas_wanted + admitted.charged.gas_wanted
            if gas > self._limits.max_gas:
                raise BlockFull(f"{gas} gas of {self._limits.max_gas}", register=False)

    def _pending(
        self,
        state: ChildBranch,
        admitted: Admitted,
        message: MsgRegisterNode,
        first_look: FirstLook | None,
    ) -> Pending:
        executed = message.execute(state, self.context)
        pending = Pending(
            index=len(self.results),
            admitted=admitted,
            message=message,
            node_id=message.node_id(state),
            tx_hash=admitted.tx.hash,
            executed=executed,
        )
        if first_look is not None:
            looked = first_look(state, message)
            pending.evidence, pending.verdict = looked.evidence, looked.verdict
            return pending
        try:
            pending.evidence = evidence_of(state, message)
        except TxRefusal as refusal:
            pending.refusal = refusal
        return pending

    def _register_of(self, message: MsgConfirmNode) -> Pending:
        for pending in self.registers:
            if pending.tx_hash == message.register_tx_hash and not pending.confirmed:
                return pending
        raise TxRefusal(
            RegistrationReason.NO_REGISTER,
            expected="a register of this block that is not yet confirmed",
            found=message.register_tx_hash.hex(),
        )

    def _confirm(self, message: MsgConfirmNode, pending: Pending) -> TxResult:
        if pending.refusal is not None or pending.evidence is None:
            raise pending.refusal or unconfirmed()
        child = self.state.branch()
        try:
            check_confirm(child, message, pending.message, pending.evidence, self.context)
        except TxRefusal as refusal:
            pending.refusal = refusal
            raise
        events = apply_confirm(
            child,
            pending.message,
            verdict=message.verdict,
            envelope=message.envelope,
            evidence=pending.evidence,
            context=self.context,
            register_tx_hash=pending.tx_hash,
        )
        child.commit()
        pending.confirmed = True
        return TxResult(events=events)

    def _outcome(self, pending: Pending) -> TxResult:
        charged = pending.admitted.charged
        if pending.confirmed:
            return succeeded(pending.admitted, [pending.executed])
        return refused(
            pending.refusal or unconfirmed(),
            gas_wanted=charged.gas_wanted,
            gas_used=charged.gas_used,
            events=charged.events,
        )


def unconfirmed() -> TxRefusal:
    """What became of a register without a confirm."""
    return TxRefusal(
        RegistrationReason.UNCONFIRMED,
        expected="a confirm of this register in its own block",
        found="none",
    )


def framed(size: int) -> int:
    """Bytes that a transaction of `size` takes in a block: tag, length, bytes (types.Data)."""
    length = max(1, -(-size.bit_length() // _SEVEN_BITS))
    return 1 + length + size
