"""What can become of a call to the chain, named for what the caller does next.

`ChainFailure`: the node at the other end is away, is of another chain, or answers as none of ours.
`TxRefused`: the chain said no to a transaction; its code is the stable name of the rule.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from typing import Final

import grpc

from enclave.errors import one_line
from node.chain_client.reasons import find_reason
from node.engine_rpc import EngineRefused, EngineRpcCode, EngineRpcFailure, EngineUnreachable
from node.engine_rpc.http_status import meaning_of
from node.failure import NodeFailure


class ChainCode(enum.StrEnum):
    """Reasons of the way to the chain. Stable names; the command line has a remedy for each."""

    CHAIN_UNREACHABLE = "chain_unreachable"
    CHAIN_UNTRUSTED = "chain_untrusted"
    ENDPOINT_BUSY = "endpoint_busy"
    ENDPOINT_DOWN = "endpoint_down"
    ENDPOINT_DENIED = "endpoint_denied"
    CHAIN_FAILED = "chain_failed"
    ANOTHER_CHAIN = "another_chain"
    ACCOUNT_UNKNOWN = "account_unknown"
    TX_REFUSED = "tx_refused"
    TX_NOT_COMMITTED = "tx_not_committed"
    NOT_ON_CHAIN = "not_on_chain"
    NO_SUCH_STATE = "no_such_state"


class ChainFailure(NodeFailure):
    """The chain did not do what it was asked; its code is a `ChainCode`, or a rule of the chain."""

    def __init__(self, code: str, *, expected: str, found: str) -> None:
        super().__init__(str(code), expected=expected or "something", found=found or "nothing")


class TxRefused(ChainFailure):
    """A rule of the chain said no to a transaction.

    Attributes:
        codespace: of the module that said it.
        number: its number there; 0 where only a text came (Simulate).
        tx_hash: upper-case hex, or empty where it was never sent.
        height: of the block in which it failed and paid; 0 where it is in none.
    """

    def __init__(
        self, *, codespace: str, number: int, log: str, tx_hash: str = "", height: int = 0
    ) -> None:
        self.codespace = one_line(codespace)
        self.number = number
        self.tx_hash = tx_hash
        self.height = height
        self.log = one_line(log)
        name, expected, found = _parts(codespace, number, log)
        super().__init__(name, expected=expected, found=found)

    @property
    def details(self) -> Mapping[str, str | int | None]:
        """Where it was refused."""
        return {
            "codespace": self.codespace,
            "number": self.number,
            "tx_hash": self.tx_hash or None,
            "height": self.height or None,
        }


_NO_HEIGHT: Final = re.compile(r"height \d+ (is not available|must be less than or equal)")
"""CometBFT's words (rpc/core/env.go): before its first block, after a state sync; or too new."""
_LOG: Final = re.compile(r"(?:.*?\b)?([a-z][a-z0-9_]{2,63}): expected (.+), found (.+)", re.DOTALL)
"""A refusal of ours, as `TxRefusal` prints it, wherever it stands in a node's text."""

_NO_STATE: Final = re.compile(r"failed to load state: expected (.+), found (.+)", re.DOTALL)
"""What a node says before its first block, and for a height that it does not keep."""

_ABCI_LOG: Final = re.compile(r"rpc error: code = \w+ desc = (.+): [a-z ]+", re.DOTALL)
"""The same over ABCI, as the SDK has it."""

_GAS_USED: Final = re.compile(r" with gas used: '\d+'$")
"""What Simulate adds, as the SDK does."""

_UNTRUSTED: Final = "CERTIFICATE_VERIFY_FAILED"
"""OpenSSL's word in gRPC's details."""

_ENDPOINT: Final = {
    EngineRpcCode.UNTRUSTED: ChainCode.CHAIN_UNTRUSTED,
    EngineRpcCode.BUSY: ChainCode.ENDPOINT_BUSY,
    EngineRpcCode.DOWN: ChainCode.ENDPOINT_DOWN,
    EngineRpcCode.DENIED: ChainCode.ENDPOINT_DENIED,
}
LATER: Final = frozenset(
    {ChainCode.CHAIN_UNREACHABLE, ChainCode.ENDPOINT_BUSY, ChainCode.ENDPOINT_DOWN}
)
"""The same call may be answered in a while."""

_HTTP_STATUS: Final = re.compile(r"http2 header with status: (\d{3})")
"""gRPC's words for an answer that a proxy gave by itself."""

_AWAY: Final = {
    grpc.StatusCode.UNAVAILABLE: "nobody answers there",
    grpc.StatusCode.DEADLINE_EXCEEDED: "no answer in time",
    grpc.StatusCode.CANCELLED: "the call was cancelled",
}


def failure_of(error: grpc.RpcError, *, address: str) -> ChainFailure:
    """What a failed gRPC call to `address` means."""
    if not isinstance(error, grpc.Call):
        return failed(address, type(error).__name__)
    status, details = error.code(), _GAS_USED.sub("", error.details() or "")
    if found := _before_the_node(details, address):
        return found
    if status in _AWAY:
        return ChainFailure(
            ChainCode.CHAIN_UNREACHABLE, expected=f"a node at {address}", found=_AWAY[status]
        )
    if state := _NO_STATE.fullmatch(details):
        return ChainFailure(ChainCode.NO_SUCH_STATE, expected=state[1], found=state[2])
    if _LOG.fullmatch(details):
        return TxRefused(codespace="", number=0, log=details)
    return failed(address, f"{status.name}, {details or 'without details'}")


def _before_the_node(details: str, address: str) -> ChainFailure | None:
    """What stopped the call on its way: TLS, or a proxy that answered by itself."""
    if _UNTRUSTED in details:
        return ChainFailure(
            ChainCode.CHAIN_UNTRUSTED,
            expected=f"a node at {address} with a certificate that is trusted",
            found="one that no authority of this machine, or of --ca-file, vouches for",
        )
    proxy = _HTTP_STATUS.search(details)
    if proxy is None:
        return None
    kind, meaning = meaning_of(int(proxy[1]))
    return ChainFailure(
        _ENDPOINT.get(kind.code, ChainCode.CHAIN_FAILED),
        expected=f"a node's gRPC at {address}",
        found=f"HTTP status {proxy[1]}: {meaning}",
    )


def failure_of_engine(failure: EngineRpcFailure) -> ChainFailure:
    """What a failed call to CometBFT's RPC means."""
    code = ChainCode.CHAIN_FAILED
    if failure.code in _ENDPOINT:
        code = _ENDPOINT[failure.code]
    elif isinstance(failure, EngineUnreachable):
        code = ChainCode.CHAIN_UNREACHABLE
    elif isinstance(failure, EngineRefused) and _NO_HEIGHT.search(failure.reason):
        code = ChainCode.NOT_ON_CHAIN
    return ChainFailure(code, expected=failure.expected, found=failure.found)


def failure_of_abci(log: str, *, address: str) -> ChainFailure:
    """What the log of a failed ABCI query means."""
    wrapped = _ABCI_LOG.fullmatch(log)
    text = wrapped[1] if wrapped else log
    if state := _NO_STATE.fullmatch(text):
        return ChainFailure(ChainCode.NO_SUCH_STATE, expected=state[1], found=state[2])
    return failed(address, text or "a refusal without a reason")


def failed(address: str, found: str) -> ChainFailure:
    """An answer that no node of this version gives."""
    expected = f"a node of this version at {address}"
    return ChainFailure(ChainCode.CHAIN_FAILED, expected=expected, found=found)


def _parts(codespace: str, number: int, log: str) -> tuple[str, str, str]:
    match = _LOG.fullmatch(log)
    reason = find_reason(codespace, number)
    if match is not None:
        return reason.name if reason else match[1], match[2], match[3]
    name = reason.name if reason else str(ChainCode.TX_REFUSED)
    where = f"{codespace}/{number}: " if codespace else ""
    return name, "a transaction that the chain accepts", f"{where}{log or 'no reason given'}"
