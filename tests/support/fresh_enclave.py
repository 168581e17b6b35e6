"""The real enclave of a node, whose freshness a test decides: all else it says is true.

A nonce and the height that it lasts until come from the test, so that hours of headers pass at
once, and starts cost nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc

from enclave.crypto.endpoint import ANY_PORT, Endpoint
from enclave.crypto.labels import Mode
from node.enclave_client import EnclaveClient
from seedpact.enclave.v1 import service_pb2 as pb
from seedpact.enclave.v1 import service_pb2_grpc as rpc


class FreshEnclave(rpc.EnclaveServiceServicer):
    """Answers GetInfo alone."""

    def __init__(self, real: EnclaveClient, token: Path | None) -> None:
        self._real = real
        self._token = token
        self.nonce = bytes(32)
        self.fresh_until = 0
        self.state = pb.ENCLAVE_STATE_UNSPECIFIED
        self.forked = False
        self.backup_newer = False
        self.backup_fails = False
        self.trusted_height = 0
        """0: the real one's."""

    def GetInfo(  # noqa: N802 (the service's name)
        self, request: pb.GetInfoRequest, _context: grpc.ServicerContext
    ) -> pb.GetInfoResponse:
        """The real one's answer, with this freshness."""
        info = self._real.get_info()
        info.freshness_nonce = self.nonce
        info.fresh_until = self.fresh_until
        info.forked = self.forked
        info.backup_newer = self.backup_newer
        info.backup_current = not (self.backup_newer or self.backup_fails)
        info.trusted_height = self.trusted_height or info.trusted_height
        if self.state:
            info.state = self.state
        if self._token is not None:
            endpoint = Endpoint(self._token.read_bytes(), ANY_PORT)
            info.endpoint_proof = endpoint.proof(Mode.SOFTWARE, request.challenge)
        return info


@contextlib.contextmanager
def fresh_enclave(
    address: str, *, token: Path | None = None
) -> Iterator[tuple[FreshEnclave, EnclaveClient]]:
    """It serves for the length of a block; `address` is the real one's.

    With the real one's token it is taken for the enclave of that home.
    """
    with EnclaveClient(address) as real, ThreadPoolExecutor(2) as threads:
        made, server = FreshEnclave(real, token), grpc.server(threads)
        rpc.add_EnclaveServiceServicer_to_server(made, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            with EnclaveClient(f"127.0.0.1:{port}") as client:
                yield made, client
        finally:
            server.stop(None).wait()
