"""`EnclaveClient`: the enclave's service as typed methods.

A call returns the response or raises an `EnclaveFailure`; no exception of gRPC leaves this file.
The client keeps one connection. Where that is lost the next call makes a new one at once, so an
enclave that was restarted is found again without waiting. Nothing is ever sent twice: whoever got
`EnclaveUnreachable` asks `get_info` what became of the request.

Where the enclave's token can be read, each `get_info` has it prove that it knows it, and nothing
else is asked of who has not: any local process may have taken the port first.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Final, Self, TypeVar

import grpc
from google.protobuf.message import Message

from enclave.crypto.endpoint import CHALLENGE_BYTES
from enclave.errors import Code
from node.enclave_client.endpoint import proves, read_token
from node.enclave_client.failures import (
    EnclaveFailed,
    EnclaveNotOurs,
    EnclaveRefused,
    failure_of,
    lost_connection,
)
from seedpact.enclave.v1 import chain_pb2
from seedpact.enclave.v1 import service_pb2 as pb
from seedpact.enclave.v1.service_pb2_grpc import EnclaveServiceStub

DEFAULT_TIMEOUT_SECS: Final = 10.0

MAX_MESSAGE_BYTES: Final = 16 * 1024 * 1024
"""As the enclave's own (a test compares): 100 newcomers, each with its own collateral, are 8.2 MB,
and gRPC's default is 4 MB."""

_OPTIONS: Final = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    # The enclave is on the loopback: a proxy of the environment must not see it.
    ("grpc.enable_http_proxy", 0),
    # A new channel connects anew, instead of waiting out the back-off of the last one.
    ("grpc.use_local_subchannel_pool", 1),
)

_OFTEN: Final = frozenset({"ConfirmNodes", "FollowChain"})
"""Proven once a connection, not each time: the first has a block's deadline and pings beside it,
the second comes by the hundred and tells what is public."""

Response = TypeVar("Response", bound=Message)


class EnclaveClient:
    """A connection to one enclave. Safe to share between threads.

    Args:
        address: "HOST:PORT".
        token: of the enclave's home, read anew for each proof: the enclave makes it at its first
            start. None, or no file there: who answers is not checked.
        timeout: seconds that a call may take where it names no limit of its own.
    """

    def __init__(
        self, address: str, *, token: Path | None = None, timeout: float = DEFAULT_TIMEOUT_SECS
    ) -> None:
        self.address = address
        self.token = token
        self.timeout = timeout
        self._lock = threading.Lock()
        self._channel: grpc.Channel | None = None
        self._proven: grpc.Channel | None = None

    def __enter__(self) -> Self:
        """Itself; connects at the first call."""
        return self

    def __exit__(self, *_: object) -> None:
        """As `close`."""
        self.close()

    def close(self) -> None:
        """Ends the connection and every call on it. A later call connects again."""
        with self._lock:
            channel, self._channel = self._channel, None
        if channel is not None:
            channel.close()

    # The methods of seedpact.enclave.v1.EnclaveService, in its order. `timeout` is in seconds;
    # each raises EnclaveRefused, EnclaveUnreachable, EnclaveFailed, EnclaveNotOurs or
    # EnclaveTokenUnusable.

    def get_info(self, *, timeout: float | None = None) -> pb.GetInfoResponse:
        """What this enclave is and holds; also a ping.

        Its `endpoint_proof` is empty where it was not checked.
        """
        limit = self.timeout if timeout is None else timeout
        return self._info(self._connected(), read_token(self.token), limit)

    def bootstrap(
        self, request: pb.BootstrapRequest, *, timeout: float | None = None
    ) -> pb.BootstrapResponse:
        """EMPTY -> HOLDER: makes the network's first seed."""
        return self._call("Bootstrap", request, pb.BootstrapResponse, timeout)

    def create_node_key(
        self, request: pb.CreateNodeKeyRequest, *, timeout: float | None = None
    ) -> pb.CreateNodeKeyResponse:
        """EMPTY -> KEYED: makes the node's keys for one network."""
        return self._call("CreateNodeKey", request, pb.CreateNodeKeyResponse, timeout)

    def make_quote(
        self, request: pb.MakeQuoteRequest, *, timeout: float | None = None
    ) -> pb.MakeQuoteResponse:
        """A quote to join, to renew, or for the genesis once more."""
        return self._call("MakeQuote", request, pb.MakeQuoteResponse, timeout)

    def confirm_nodes(
        self, request: pb.ConfirmNodesRequest, *, timeout: float | None = None
    ) -> pb.ConfirmNodesResponse:
        """HOLDER: verifies newcomers and encrypts the seed for each (see `pack_newcomers`)."""
        return self._call("ConfirmNodes", request, pb.ConfirmNodesResponse, timeout)

    def import_seed(
        self, request: pb.ImportSeedRequest, *, timeout: float | None = None
    ) -> pb.ImportSeedResponse:
        """PENDING -> HOLDER: opens the envelope of this node's own record."""
        return self._call("ImportSeed", request, pb.ImportSeedResponse, timeout)

    def follow_chain(
        self, request: chain_pb2.FollowChainRequest, *, timeout: float | None = None
    ) -> chain_pb2.FollowChainResponse:
        """PENDING, HOLDER: leads the light client on."""
        return self._call("FollowChain", request, chain_pb2.FollowChainResponse, timeout)

    def report_fork(
        self, request: chain_pb2.ReportForkRequest, *, timeout: float | None = None
    ) -> chain_pb2.ReportForkResponse:
        """PENDING, HOLDER: shows two chains; where both are signed, the enclave stops for ever."""
        return self._call("ReportFork", request, chain_pb2.ReportForkResponse, timeout)

    def get_network_keys(self, *, timeout: float | None = None) -> pb.GetNetworkKeysResponse:
        """HOLDER: the public keys of each epoch that this enclave holds."""
        request = pb.GetNetworkKeysRequest()
        return self._call("GetNetworkKeys", request, pb.GetNetworkKeysResponse, timeout)

    def backup(self, *, timeout: float | None = None) -> pb.BackupResponse:
        """The sealed backup, for another disk of this machine."""
        return self._call("Backup", pb.BackupRequest(), pb.BackupResponse, timeout)

    def restore(
        self, request: pb.RestoreRequest, *, timeout: float | None = None
    ) -> pb.RestoreResponse:
        """EMPTY: takes a backup of this machine and network back."""
        return self._call("Restore", request, pb.RestoreResponse, timeout)

    def _call(
        self, method: str, request: Message, kind: type[Response], timeout: float | None
    ) -> Response:
        limit = self.timeout if timeout is None else timeout
        started = time.monotonic()
        channel = self._connected()
        if method not in _OFTEN or channel is not self._proven:
            token = read_token(self.token)
            if token is not None:
                self._info(channel, token, limit)
        left = max(limit - (time.monotonic() - started), 0)
        return self._send(channel, method, request, kind, left)

    def _info(self, channel: grpc.Channel, token: bytes | None, limit: float) -> pb.GetInfoResponse:
        """GetInfo, and the proof where there is a token."""
        challenge = b"" if token is None else os.urandom(CHALLENGE_BYTES)
        request = pb.GetInfoRequest(challenge=challenge)
        try:
            info = self._send(channel, "GetInfo", request, pb.GetInfoResponse, limit)
        except EnclaveRefused as refused:
            # A stranger's refusal is worth as little as its answer. Ours says this of its disk.
            if token is None or refused.code == Code.STORAGE_FAILED:
                raise
            raise self._not_ours(channel) from None
        if token is None:
            info.ClearField("endpoint_proof")
        elif not proves(info, token=token, challenge=challenge, address=self.address):
            raise self._not_ours(channel)
        else:
            self._proven = channel
        return info

    def _not_ours(self, channel: grpc.Channel) -> EnclaveNotOurs:
        self._forget(channel)
        return EnclaveNotOurs(self.address, self.token or Path())

    def _send(
        self,
        channel: grpc.Channel,
        method: str,
        request: Message,
        kind: type[Response],
        limit: float,
    ) -> Response:
        try:
            response = getattr(EnclaveServiceStub(channel), method)(request, timeout=limit)
        except grpc.RpcError as error:
            if lost_connection(error):
                self._forget(channel)
            raise failure_of(error, address=self.address) from None
        except ValueError:
            # The channel was closed under this call, by `close` in another thread.
            raise EnclaveFailed(self.address, "the client was closed") from None
        if not isinstance(response, kind):
            raise EnclaveFailed(self.address, f"{method} gave no {kind.DESCRIPTOR.name}")
        return response

    def _connected(self) -> grpc.Channel:
        with self._lock:
            if self._channel is None:
                self._channel = grpc.insecure_channel(self.address, options=_OPTIONS)
            return self._channel

    def _forget(self, lost: grpc.Channel) -> None:
        """Drops `lost` without closing it: calls of other threads on it end by themselves."""
        with self._lock:
            if self._channel is lost:
                self._channel = self._proven = None
