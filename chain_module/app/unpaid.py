"""What CheckTx does that nobody has paid for, and how much of it (docs/adr/0025).

A transaction that is refused at the door costs its sender nothing. Up to its signatures every check
is cheap. What comes after (reading its messages in full, a register's quote) is worth its gas, and
this is what a node spends on it of its own free will: it is no rule of the chain.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from chain_module.errors import TxRefusal
from chain_module.registration.errors import RegistrationReason

UNPAID_GAS: Final = 50_000_000
"""Between two blocks, for messages that are read early, and again for registers that are refused:
600 sends, 16 registers."""
REMEMBERED_OPERATORS: Final = 4096
FREE_FAILURES: Final = 4
"""In a row, of one operator: people try again, and policies change."""
MOST_DOUBLINGS: Final = 10


class UnpaidWork:
    """The work of one node; it lives as long as the node."""

    def __init__(self) -> None:
        self._height = 0
        self._read = 0
        self._spent = 0
        self._refused: OrderedDict[bytes, tuple[int, int]] = OrderedDict()
        """By operator: how many of its registers nobody paid for in a row, and until which height
        no other one is looked at. Those that failed last stand at the end."""

    def next_block(self, height: int) -> None:
        """Transactions are now for the block of this height: there is something to spend again."""
        self._height, self._read, self._spent = height, 0, 0

    def may_read(self, *, gas: int) -> bool:
        """Whether messages of so much gas may be read before their block; counts them."""
        if self._read >= UNPAID_GAS:
            return False
        self._read += gas
        return True

    def check_register(self, operator: bytes) -> None:
        """Before the quote of a register is looked at.

        Raises:
            TxRefusal: REGISTER_REFUSED_BEFORE or TOO_MANY_REFUSED.
        """
        failures, until = self._refused.get(operator, (0, 0))
        if self._height < until:
            raise TxRefusal(
                RegistrationReason.REGISTER_REFUSED_BEFORE,
                expected=f"a register of this operator at height {until} or later, since this node "
                f"looked at {failures} of its registers in a row that nobody paid for",
                found=f"height {self._height}",
            )
        if self._spent >= UNPAID_GAS:
            raise TxRefusal(
                RegistrationReason.TOO_MANY_REFUSED,
                expected="a node that has not just refused as many registers as it may look at",
                found=f"{self._spent} gas spent on them before height {self._height}",
            )

    def refused_register(self, operator: bytes, *, gas: int) -> None:
        """Its evidence was looked at, and refused."""
        self._spent += gas
        self._failed(operator)

    def register_gone(self, operator: bytes, *, paid: bool) -> None:
        """One that was let in waits no more: it was in a block, or the mempool never had it."""
        if paid:
            self._refused.pop(operator, None)
        else:
            self._failed(operator)

    def _failed(self, operator: bytes) -> None:
        """In the end each look is twice as far away."""
        failures = self._refused.pop(operator, (0, 0))[0] + 1
        doublings = min(failures - FREE_FAILURES, MOST_DOUBLINGS)
        blocks = 1 << doublings if doublings >= 0 else 0
        self._refused[operator] = failures, self._height + blocks
        if len(self._refused) > REMEMBERED_OPERATORS:
            self._refused.popitem(last=False)
