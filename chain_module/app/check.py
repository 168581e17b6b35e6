"""The door of the mempool (protocol.md section 6, CheckTx and Simulate).

A `CheckState` lives from one commit to the next and sees the transactions that it let in, so that
one account can send several in a row. The engine checks all waiting ones again after each block,
so the count of waiting registers needs no other memory than this.
"""

from __future__ import annotations

from typing import Final

from chain_module.abci.responses import TxResult
from chain_module.app.block import NO_LIMIT, BlockLimits, FirstLook
from chain_module.app.delivery import Admitted, admit, checked, refused, run_messages
from chain_module.app.modules import KINDS
from chain_module.errors import SdkReason, TxRefusal
from chain_module.message import BlockContext
from chain_module.registration.errors import RegistrationReason
from chain_module.registration.gates import check_claim
from chain_module.registration.messages import MsgRegisterNode, MsgRevokeNode
from chain_module.store.branch import Branch
from chain_module.tx.ante import GasPrice

WAITING_PER_BLOCK: Final = 2
"""Waiting registers a node: so many times what a block may hold."""


class CheckState:
    """What the mempool's transactions leave of the state. `waiting` are its registers."""

    def __init__(
        self,
        state: Branch,
        context: BlockContext,
        *,
        limits: BlockLimits,
        min_gas_price: GasPrice | None,
        first_look: FirstLook,
    ) -> None:
        self._state = state
        self._context = context
        self._max_gas = limits.max_gas
        self._limit = WAITING_PER_BLOCK * limits.max_registers
        self._min_gas_price = min_gas_price
        self._first_look = first_look
        self.waiting: dict[bytes, MsgRegisterNode] = {}
        """By operator."""

    def check(self, raw: bytes) -> TxResult:
        """Whether the transaction may wait. Raises nothing."""
        child = self._state.branch()
        try:
            admitted = admit(
                child,
                raw,
                context=self._context,
                kinds=KINDS,
                min_gas_price=self._min_gas_price,
            )
            self._check_gas(admitted.charged.gas_wanted)
            self._check_revocations(admitted)
            if admitted.register is not None:
                self._check_register(child, admitted.register)
        except TxRefusal as refusal:
            return refused(refusal, gas_wanted=0, gas_used=0)
        child.commit()
        if admitted.register is not None:
            self.waiting[admitted.register.operator] = admitted.register
        return checked(admitted)

    def _check_gas(self, gas_wanted: int) -> None:
        """A transaction that no block has room for would wait for ever."""
        if NO_LIMIT != self._max_gas < gas_wanted:
            raise TxRefusal(
                SdkReason.INVALID_GAS_LIMIT,
                expected=f"a gas limit of at most {self._max_gas}, the block's",
                found=str(gas_wanted),
            )

    def waiting_registers(self) -> tuple[MsgRegisterNode, ...]:
        """Those that it let in, in their order."""
        return tuple(self.waiting.values())

    def _check_revocations(self, admitted: Admitted) -> None:
        """A renewal that its own operator revokes right behind it would wait for ever.

        No proposer takes it in (it fails the second look), so nobody would ever pay for the place
        that it takes from honest newcomers. The revocation could not run before it either.
        """
        for message in admitted.tx.messages:
            if isinstance(message, MsgRevokeNode) and message.signer in self.waiting:
                raise TxRefusal(
                    RegistrationReason.REGISTER_WAITING,
                    expected="a revocation by an operator without a waiting register",
                    found="one in the mempool",
                )

    def _check_register(self, state: Branch, register: MsgRegisterNode) -> None:
        """The limits first: they cost nothing."""
        if register.operator in self.waiting:
            raise TxRefusal(
                RegistrationReason.REGISTER_WAITING,
                expected="one waiting register an operator",
                found="another one in the mempool",
            )
        if len(self.waiting) >= self._limit:
            raise TxRefusal(
                RegistrationReason.TOO_MANY_WAITING,
                expected=f"fewer than {self._limit} registers in this node's mempool",
                found=str(len(self.waiting)),
            )
        self._first_look(state, register)


def simulate(state: Branch, raw: bytes, *, context: BlockContext) -> TxResult:
    """What a transaction would cost, and whether it would pass. No quote is verified.

    Raises:
        TxRefusal: as `admit` without signatures and fees; for a register, gates 1 and 2.
    """
    admitted = admit(state, raw, context=context, kinds=KINDS, simulate=True)
    if admitted.register is None:
        return run_messages(state, admitted, context=context)
    check_claim(state, admitted.register, context)
    return checked(admitted)
