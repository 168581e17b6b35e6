"""Refusals of the state machine: one exception, named by codespace, number and stable name.

`codespace` and `code` enter a transaction's result, so wallets of Cosmos chains know them; `name`
is what people and `seedpactd explain` use. The numbers of codespace "sdk" are those of the Cosmos
SDK (types/errors). A number, once used, keeps its meaning for ever.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from enclave.errors import one_line


@dataclass(frozen=True, slots=True)
class Reason:
    """One entry of a codespace's table."""

    codespace: str
    code: int
    """From 1; 0 is success."""
    name: str
    """Snake case, unique in all codespaces."""


class Reasons(enum.Enum):
    """Base of each module's table: members are `Reason`s."""

    @property
    def reason(self) -> Reason:
        """The entry."""
        value: Reason = self.value
        return value


class TxRefusal(Exception):
    """A rule of the state machine said no. What was written before it is thrown away.

    Attributes:
        reason: which rule.
        expected: what it wanted, in words or public values.
        found: what it got.
    """

    def __init__(self, reason: Reasons, *, expected: str, found: str) -> None:
        self.reason = reason.reason
        self.expected = one_line(expected) or "something"
        self.found = one_line(found) or "nothing"
        super().__init__(f"{self.reason.name}: expected {self.expected}, found {self.found}")
