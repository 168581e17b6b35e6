"""The host's way to its enclave: one typed method a request, and typed failures.

What belongs here: the gRPC channel, its limits, and what a failed call means. What must not: what
a request is for (event handlers, the command line) and anything that a caller must trust.
"""

from __future__ import annotations

from enclave.errors import Code
from node.enclave_client.client import DEFAULT_TIMEOUT_SECS, EnclaveClient
from node.enclave_client.failures import (
    EnclaveFailed,
    EnclaveFailure,
    EnclaveNotOurs,
    EnclaveRefused,
    EnclaveTokenUnusable,
    EnclaveUnreachable,
    Unreachable,
)
from node.enclave_client.newcomers import Registration, pack_newcomers

__all__ = [
    "DEFAULT_TIMEOUT_SECS",
    "Code",
    "EnclaveClient",
    "EnclaveFailed",
    "EnclaveFailure",
    "EnclaveNotOurs",
    "EnclaveRefused",
    "EnclaveTokenUnusable",
    "EnclaveUnreachable",
    "Registration",
    "Unreachable",
    "pack_newcomers",
]
