"""Whether who answers at the enclave's address can read the enclave's home.

Any local process may take the port first, and say what it likes. The enclave keeps a token in its
home and proves with each answer to a fresh challenge that it knows it (`enclave.crypto.endpoint`).
"""

from __future__ import annotations

import hmac
import os
import stat
from pathlib import Path

from enclave.crypto.endpoint import ANY_PORT, TOKEN_BYTES, Endpoint
from enclave.errors import Refusal, words_of
from enclave.registration.network_codec import mode_from_proto
from node.enclave_client.failures import EnclaveTokenUnusable
from seedpact.enclave.v1 import service_pb2 as pb


def read_token(path: Path | None) -> bytes | None:
    """The token's 32 bytes; None where there is no such file, and so nothing to compare with.

    Raises:
        EnclaveTokenUnusable: it is there, and cannot be read, or is none.
    """
    if path is None:
        return None
    try:
        # A named pipe in its place must not hold up the caller.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
            token = os.read(descriptor, TOKEN_BYTES + 1)
        finally:
            os.close(descriptor)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise EnclaveTokenUnusable(path, words_of(error)) from None
    if len(token) != TOKEN_BYTES:
        more = len(token) > TOKEN_BYTES
        found = f"more than {TOKEN_BYTES}" if more else str(len(token))
        raise EnclaveTokenUnusable(path, f"{found} bytes" if regular else "no plain file")
    return token


def proves(info: pb.GetInfoResponse, *, token: bytes, challenge: bytes, address: str) -> bool:
    """Whether the answer to `challenge` is of an enclave that knows `token`.

    Args:
        info: the answer.
        token: of the enclave's home.
        challenge: made for this request alone.
        address: "HOST:PORT" that was asked: an enclave on the loopback proves its own port.
    """
    try:
        mode = mode_from_proto(info.mode)
    except Refusal:
        return False
    port = address.rpartition(":")[2]
    ports = (int(port), ANY_PORT) if port.isdecimal() else (ANY_PORT,)
    wanted = (Endpoint(token, place).proof(mode, challenge) for place in ports)
    return any(hmac.compare_digest(proof, info.endpoint_proof) for proof in wanted)
