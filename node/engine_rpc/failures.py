"""What can become of a call to the engine's RPC, named for what the caller does next.

`EngineUnreachable`: nobody answered in time; ask again, or start the engine. `EngineRefused`: the
engine said no. `EngineFailed`: somebody answered, but not as CometBFT does.
"""

from __future__ import annotations

import enum

from node.failure import NodeFailure


class EngineRpcCode(enum.StrEnum):
    """Stable names; the command line has a remedy for each."""

    UNREACHABLE = "engine_unreachable"
    UNTRUSTED = "engine_untrusted"
    BUSY = "endpoint_busy"
    DOWN = "endpoint_down"
    DENIED = "endpoint_denied"
    REFUSED = "engine_refused"
    FAILED = "engine_failed"


class EngineRpcFailure(NodeFailure):
    """The engine did not do what it was asked. Only its three kinds are raised."""

    code: EngineRpcCode

    def __init__(self, *, expected: str, found: str) -> None:
        super().__init__(self.code, expected=expected, found=found)


class EngineUnreachable(EngineRpcFailure):
    """No answer; whether a transaction has reached the mempool is not known."""

    code = EngineRpcCode.UNREACHABLE


class EngineUntrusted(EngineUnreachable):
    """Somebody answers by TLS whom no authority vouches for; nothing was sent."""

    code = EngineRpcCode.UNTRUSTED


class EndpointBusy(EngineUnreachable):
    """A proxy takes no more requests for now."""

    code = EngineRpcCode.BUSY


class EndpointDown(EngineUnreachable):
    """A proxy answers, and the engine behind it does not."""

    code = EngineRpcCode.DOWN


class EngineRefused(EngineRpcFailure):
    """The engine answered with an error.

    Attributes:
        number: of JSON-RPC (-32603 is "internal error", CometBFT's usual one).
        reason: the engine's own words, whole: callers tell its errors apart by them.
    """

    code = EngineRpcCode.REFUSED

    def __init__(self, *, method: str, number: int, reason: str) -> None:
        self.number = number
        self.reason = reason
        super().__init__(expected=f"the engine to answer {method}", found=reason)


class EngineFailed(EngineRpcFailure):
    """An answer that no CometBFT gives: another program, or another version."""

    code = EngineRpcCode.FAILED


class EndpointDenied(EngineFailed):
    """A proxy wants to know who asks."""

    code = EngineRpcCode.DENIED
