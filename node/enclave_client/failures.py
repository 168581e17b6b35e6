"""What can become of a call to the enclave, named for what the caller does next.

`EnclaveRefused`: the request is wrong now; it stays wrong until something changes.
`EnclaveUnreachable`: nobody answered in time; ask again, or start the enclave.
`EnclaveFailed`: somebody answered, but not as an enclave of this version does: a bug, or another
program at that address.
`EnclaveNotOurs`: somebody answered who does not know the token of the enclave's home: nothing was
asked of it, and nothing that it said is believed.
`EnclaveTokenUnusable`: that token cannot be read, so nobody was asked.
"""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Final

import grpc
from google.protobuf.message import DecodeError

from enclave.errors import one_line
from node.failure import NodeFailure
from seedpact.enclave.v1 import service_pb2 as pb

ERROR_TRAILER: Final = "seedpact-error-bin"
"""The gRPC trailer that carries an `Error`."""

_NOT_SENT: Final = ("failed to connect to all addresses", "DNS resolution failed")
"""How gRPC's details begin where it had no connection. Any other end is one of a request that may
have arrived."""


class Unreachable(enum.StrEnum):
    """How it came that there is no answer."""

    NOBODY = "nobody answers there"
    """The request was not sent."""
    LOST = "the connection ended during the call"
    LATE = "no answer in time"
    CANCELLED = "the call was cancelled"


class EnclaveCode(enum.StrEnum):
    """Reasons of the way to the enclave. Stable names; the command line has a remedy for each."""

    UNREACHABLE = "enclave_unreachable"
    FAILED = "enclave_failed"
    NOT_OURS = "enclave_not_ours"
    FILE_UNUSABLE = "enclave_token_unusable"


class EnclaveFailure(NodeFailure):
    """The enclave did not do what it was asked. Only its kinds below are raised."""


class EnclaveRefused(EnclaveFailure):
    """The enclave said no, and changed nothing.

    Its code is one of `enclave.errors.Code`, as text, since an enclave of another version may know
    more of them.
    """

    def __init__(self, code: str, *, expected: str, found: str) -> None:
        super().__init__(one_line(code), expected=expected, found=found)


class EnclaveUnreachable(EnclaveFailure):
    """No answer from `address`; whether the request was carried out is not known.

    Attributes:
        address: "HOST:PORT".
        how: it came to this.
        reason: the same in words.
    """

    def __init__(self, address: str, how: Unreachable) -> None:
        self.address = address
        self.how = how
        self.reason = str(how)
        expected = f"an enclave at {address}"
        super().__init__(EnclaveCode.UNREACHABLE, expected=expected, found=self.reason)


class EnclaveFailed(EnclaveFailure):
    """An answer from `address` that no enclave of this version gives.

    Attributes:
        address: "HOST:PORT".
        reason: in words, without the request's content.
    """

    def __init__(self, address: str, reason: str) -> None:
        self.address = address
        self.reason = one_line(reason)
        expected = f"an enclave of this version at {address}"
        super().__init__(EnclaveCode.FAILED, expected=expected, found=self.reason)


class EnclaveNotOurs(EnclaveFailure):
    """Who answered at `address` does not know the token in the enclave's home."""

    def __init__(self, address: str, token: Path) -> None:
        super().__init__(
            EnclaveCode.NOT_OURS,
            expected=f"the enclave whose home is {token.parent}",
            found=f"a process at {address} that does not know its token",
        )


class EnclaveTokenUnusable(EnclaveFailure):
    """The token by which the enclave is known is there, and cannot be used."""

    def __init__(self, token: Path, found: str) -> None:
        super().__init__(
            EnclaveCode.FILE_UNUSABLE,
            expected=f"{token}, 32 bytes that this user may read",
            found=found,
        )


def failure_of(error: grpc.RpcError, *, address: str) -> EnclaveFailure:
    """What the failed call means."""
    if not isinstance(error, grpc.Call):
        return EnclaveFailed(address, type(error).__name__)
    refused = _refusal_in(error)
    if refused is not None:
        return refused
    status = error.code()
    details = error.details() or "without details"
    if status is grpc.StatusCode.UNAVAILABLE:
        sent = not details.startswith(_NOT_SENT)
        return EnclaveUnreachable(address, Unreachable.LOST if sent else Unreachable.NOBODY)
    if status is grpc.StatusCode.DEADLINE_EXCEEDED:
        return EnclaveUnreachable(address, Unreachable.LATE)
    if status is grpc.StatusCode.CANCELLED:
        return EnclaveUnreachable(address, Unreachable.CANCELLED)
    return EnclaveFailed(address, f"{status.name}, {details}")


def lost_connection(error: grpc.RpcError) -> bool:
    """Whether the connection itself is gone, rather than one call late."""
    return isinstance(error, grpc.Call) and error.code() is grpc.StatusCode.UNAVAILABLE


def _refusal_in(call: grpc.Call) -> EnclaveRefused | None:
    for key, value in call.trailing_metadata() or ():
        if key == ERROR_TRAILER and isinstance(value, bytes):
            try:
                error = pb.Error.FromString(value)
            except (DecodeError, UnicodeDecodeError):
                return None
            return EnclaveRefused(error.code, expected=error.expected, found=error.found)
    return None
