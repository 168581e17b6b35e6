"""`EnclaveClient`: the enclave's service as typed methods.

A call returns the response or raises an `EnclaveFailure`; no exception of gRPC leaves this file.
The client keeps one connection. Where that is lost the next call makes a new one at once, so an
enclave that was restarted is found again without waiting. Nothing is ever sent twice: whoever got
`EnclaveUnreachable` asks `get_info` what became of the request.
"""

from __future__ import annotations

import threading
from typing import Final, Self, TypeVar

import grpc
from google.protobuf.message import Message

from node.enclave_client.failures import EnclaveFailed, failure_of, lost_connection
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

Response = TypeVar("Response", bound=Message)


class EnclaveClient:
    """A connection to one enclave. Safe to share between threads.

    Args:
        address: "HOST:PORT".
        timeout: seconds that a call may take where it names no limit of its own.
    """

    def __init__(self, address: str, *, timeout: float = DEFAULT_TIMEOUT_SECS) -> None:
        self.address = address
        self.timeout = timeout
        self._lock = threading.Lock()
        self._channel: grpc.Channel | None = None

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
    # each raises EnclaveRefused, EnclaveUnreachable or EnclaveFailed.

    def get_info(self, *, timeout: float | None = None) -> pb.GetInfoResponse:
        """What this enclave is and holds; also a ping."""
        return self._call("GetInfo", pb.GetInfoRequest(), pb.GetInfoResponse, timeout)

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
        channel = self._connected()
        call = getattr(EnclaveServiceStub(channel), method)
        limit = self.timeout if timeout is None else timeout
        try:
            response = call(request, timeout=limit)
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
                self._channel = None
