"""Refusals of the state machine: one exception, named by codespace, number and stable name.

`codespace` and `code` enter a transaction's result, so wallets of Cosmos chains know them; `name`
is what people and `seedpactd explain` use. The numbers of codespace "sdk" are those of the Cosmos
SDK (types/errors). A number, once used, keeps its meaning for ever.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from enclave.errors import CodedError


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


class SdkReason(Reasons):
    """Codespace "sdk": what every module may answer. Numbers are those of types/errors."""

    TX_PARSE_ERROR = Reason("sdk", 2, "tx_parse_error")
    UNAUTHORIZED = Reason("sdk", 4, "unauthorized")
    INSUFFICIENT_FUNDS = Reason("sdk", 5, "insufficient_funds")
    UNKNOWN_REQUEST = Reason("sdk", 6, "unknown_request")
    INVALID_ADDRESS = Reason("sdk", 7, "invalid_address")
    INVALID_PUBKEY = Reason("sdk", 8, "invalid_pubkey")
    UNKNOWN_ADDRESS = Reason("sdk", 9, "unknown_address")
    INVALID_COINS = Reason("sdk", 10, "invalid_coins")
    OUT_OF_GAS = Reason("sdk", 11, "out_of_gas")
    MEMO_TOO_LARGE = Reason("sdk", 12, "memo_too_large")
    INSUFFICIENT_FEE = Reason("sdk", 13, "insufficient_fee")
    TOO_MANY_SIGNATURES = Reason("sdk", 14, "too_many_signatures")
    NO_SIGNATURES = Reason("sdk", 15, "no_signatures")
    INVALID_REQUEST = Reason("sdk", 18, "invalid_request")
    TX_IN_MEMPOOL_CACHE = Reason("sdk", 19, "tx_in_mempool_cache")
    MEMPOOL_IS_FULL = Reason("sdk", 20, "mempool_is_full")
    TX_TOO_LARGE = Reason("sdk", 21, "tx_too_large")
    TX_TIMEOUT_HEIGHT = Reason("sdk", 30, "tx_timeout_height")
    UNKNOWN_EXTENSION_OPTIONS = Reason("sdk", 31, "unknown_extension_options")
    WRONG_SEQUENCE = Reason("sdk", 32, "wrong_sequence")
    NOT_SUPPORTED = Reason("sdk", 37, "not_supported")
    NOT_FOUND = Reason("sdk", 38, "not_found")
    INVALID_GAS_LIMIT = Reason("sdk", 41, "invalid_gas_limit")


class TxRefusal(CodedError[str]):
    """A rule of the state machine said no. What was written before it is thrown away.

    Attributes:
        reason: which rule; `code` is its name.
    """

    def __init__(self, reason: Reasons, *, expected: str, found: str) -> None:
        self.reason = reason.reason
        super().__init__(self.reason.name, expected=expected, found=found)
