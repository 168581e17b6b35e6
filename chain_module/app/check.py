"""The door of the mempool (protocol.md section 6, CheckTx and Simulate).

A `CheckState` lives from one commit to the next and sees the transactions that it let in, so that
one account can send several in a row. The engine checks all waiting ones again after each block,
under its mempool's lock: so what was found of a transaction once is kept while it waits, a second
check of the same bytes decodes nothing and verifies no signature, and there are only so many of
them a block.

The engine's RPC has a `check_tx` for anybody, which asks here and keeps nothing. So who was let in
may never be in the mempool: a transaction that is asked about twice is answered twice, and who lets
registers in that never come back is looked at less and less.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from chain_module.abci.responses import TxResult
from chain_module.app.block import BlockLimits, FirstLook
from chain_module.app.delivery import Admitted, admit, checked, refused, run_messages
from chain_module.app.modules import KINDS
from chain_module.app.unpaid import UnpaidWork
from chain_module.auth.accounts import get_account
from chain_module.errors import SdkReason, TxRefusal
from chain_module.message import BlockContext
from chain_module.registration.errors import RegistrationReason
from chain_module.registration.gates import check_claim
from chain_module.registration.messages import REVOKE_NODE, MsgRegisterNode, MsgRevokeNode
from chain_module.store.branch import Branch
from chain_module.tx.ante import Charged, GasPrice, Offer, run_ante_again

WAITING_PER_BLOCK: Final = 2
"""Waiting registers a node: so many times what a block may hold."""
RECHECKS: Final = 2_000
"""Waiting transactions that are judged again after a block: about 0.2 s of a core. Those behind
them stay as they are; a proposer runs each one in any case."""
RECHECK_BYTES: Final = 8 * 1024 * 1024
"""Of them: about 0.03 s."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is kept of a transaction in the mempool: all that its next check needs."""

    offer: Offer
    register: MsgRegisterNode | None
    revokers: tuple[bytes, ...]
    """Operators of whom it revokes a node."""


class CheckState:
    """What the mempool's transactions leave of the state. `registers` are those that wait."""

    def __init__(
        self,
        state: Branch,
        context: BlockContext,
        *,
        limits: BlockLimits,
        min_gas_price: GasPrice | None,
        first_look: FirstLook,
        unpaid: UnpaidWork | None = None,
        previous: CheckState | None = None,
    ) -> None:
        """What may wait for the next block.

        Args:
            state: a branch of the state after the last block.
            context: of the next block.
            limits: the block's.
            min_gas_price: what this node asks for.
            first_look: all gates, for a register.
            unpaid: what this node may do in vain.
            previous: the check state before this one.
        """
        self._state = state
        self._context = context
        self._max_gas = limits.max_gas
        self._limit = WAITING_PER_BLOCK * limits.max_registers
        self._min_gas_price = min_gas_price
        self._first_look = first_look
        self._unpaid = unpaid or UnpaidWork()
        self._unpaid.next_block(context.height)
        self._before = previous.waiting if previous else {}
        self._asked: set[bytes] = set()
        """Which of them the engine has asked about again."""
        self._rechecks = self._recheck_bytes = 0
        self.waiting: dict[bytes, Waiting] = {}
        """By SHA-256."""
        self.registers: dict[bytes, MsgRegisterNode] = {}
        """By operator, in their order."""
        for gone in previous.gone() if previous else ():
            operator, signed = gone.offer.signers[0]
            account = get_account(state, operator)
            paid = account is not None and account.sequence > signed.sequence
            self._unpaid.register_gone(operator, paid=paid)

    def check(self, raw: bytes) -> TxResult:
        """Whether a new transaction may wait. Raises nothing."""
        return self._check_new(raw, hashlib.sha256(raw).digest())

    def _check_new(self, raw: bytes, tx_hash: bytes) -> TxResult:
        known = self.waiting.get(tx_hash)
        if known is not None:
            return TxResult(gas_wanted=known.offer.gas_wanted, gas_used=known.offer.gas_used)
        child = self._state.branch()
        try:
            admitted = self._admit(child, raw)
            waiting = Waiting(admitted.charged.offer, admitted.register, self._read(admitted))
            self._check(child, waiting)
        except TxRefusal as refusal:
            return refused(refusal, gas_wanted=0, gas_used=0)
        child.commit()
        self._keep(tx_hash, waiting)
        return checked(admitted.charged)

    def recheck(self, raw: bytes) -> TxResult:
        """Whether a transaction that waits may go on waiting. Raises nothing."""
        tx_hash = hashlib.sha256(raw).digest()
        waiting = self._before.get(tx_hash)
        self._asked.add(tx_hash)
        self._rechecks += 1
        self._recheck_bytes += len(raw)
        if self._rechecks > RECHECKS or self._recheck_bytes > RECHECK_BYTES:
            if waiting is not None:
                self._keep(tx_hash, waiting)
            return TxResult()
        if waiting is None:
            return self._check_new(raw, tx_hash)
        child = self._state.branch()
        try:
            charged = run_ante_again(child, waiting.offer, context=self._context)
            self._check(child, waiting)
        except TxRefusal as refusal:
            return refused(refusal, gas_wanted=0, gas_used=0)
        child.commit()
        self._keep(tx_hash, waiting)
        # The engine looks at the code alone.
        return TxResult(gas_wanted=charged.gas_wanted, gas_used=charged.gas_used)

    def gone(self) -> Iterator[Waiting]:
        """Registers that waited for this block, and that the engine has not asked about again."""
        for tx_hash, waiting in self._before.items():
            if waiting.register is not None and tx_hash not in self._asked:
                yield waiting

    def waiting_registers(self) -> tuple[MsgRegisterNode, ...]:
        """Those that it let in, in their order."""
        return tuple(self.registers.values())

    def _admit(self, state: Branch, raw: bytes) -> Admitted:
        admitted = admit(
            state,
            raw,
            context=self._context,
            kinds=KINDS,
            min_gas_price=self._min_gas_price,
        )
        self._check_gas(admitted.charged)
        return admitted

    def _check_gas(self, charged: Charged) -> None:
        """A transaction that no block has room for would wait for ever."""
        if self._max_gas < charged.gas_wanted:
            raise TxRefusal(
                SdkReason.INVALID_GAS_LIMIT,
                expected=f"a gas limit of at most {self._max_gas}, the block's",
                found=str(charged.gas_wanted),
            )

    def _read(self, admitted: Admitted) -> tuple[bytes, ...]:
        """Reads the messages, for an early answer; returns who revokes a node of its own.

        Where much was read since the last block, what is wrong shows in the block, and is paid for.
        """
        if admitted.register is not None:
            return ()
        tx, revokers = admitted.tx, []
        early = self._unpaid.may_read(gas=admitted.charged.gas_used)
        for type_url, outline in zip(tx.type_urls, tx.outlines, strict=True):
            if type_url == REVOKE_NODE or early:
                message = outline.read()
                if isinstance(message, MsgRevokeNode):
                    revokers.append(message.signer)
        return tuple(revokers)

    def _check(self, state: Branch, waiting: Waiting) -> None:
        """What else keeps a paying transaction out."""
        for operator in waiting.revokers:
            # A renewal that its own operator revokes right behind it would wait for ever: no
            # proposer takes it in (it fails the second look), so nobody would ever pay for the
            # place that it takes from honest newcomers. The revocation could not run before it.
            if operator in self.registers:
                raise TxRefusal(
                    RegistrationReason.REGISTER_WAITING,
                    expected="a revocation by an operator without a waiting register",
                    found="one in the mempool",
                )
        if waiting.register is not None:
            self._check_register(state, waiting.register, gas=waiting.offer.gas_used)

    def _check_register(self, state: Branch, register: MsgRegisterNode, *, gas: int) -> None:
        """The limits first: they cost nothing."""
        operator = register.operator
        if operator in self.registers:
            raise TxRefusal(
                RegistrationReason.REGISTER_WAITING,
                expected="one waiting register an operator",
                found="another one in the mempool",
            )
        if len(self.registers) >= self._limit:
            raise TxRefusal(
                RegistrationReason.TOO_MANY_WAITING,
                expected=f"fewer than {self._limit} registers in this node's mempool",
                found=str(len(self.registers)),
            )
        check_claim(state, register, self._context)
        self._unpaid.check_register(operator)
        try:
            self._first_look(state, register)
        except TxRefusal:
            self._unpaid.refused_register(operator, gas=gas)
            raise

    def _keep(self, tx_hash: bytes, waiting: Waiting) -> None:
        self.waiting[tx_hash] = waiting
        if waiting.register is not None:
            self.registers[waiting.register.operator] = waiting.register


def simulate(state: Branch, raw: bytes, *, context: BlockContext) -> TxResult:
    """What a transaction would cost, and whether it would pass. No quote is verified.

    Raises:
        TxRefusal: as `admit` without signatures and fees; for a register, gates 1 and 2.
    """
    admitted = admit(state, raw, context=context, kinds=KINDS, simulate=True)
    if admitted.register is None:
        return run_messages(state, admitted, context=context)
    check_claim(state, admitted.register, context)
    return checked(admitted.charged)
