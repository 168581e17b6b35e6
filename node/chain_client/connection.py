"""One gRPC channel to a node, with cosmpy's client on it.

cosmpy's `LedgerClient` makes a channel of its own without deadlines, and through whatever proxy the
environment names. Its stubs are public attributes: here they are put on a channel with both set.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import grpc
from cosmpy.protos.cosmos.auth.v1beta1.query_pb2_grpc import QueryStub as AuthQuery
from cosmpy.protos.cosmos.bank.v1beta1.query_pb2_grpc import QueryStub as BankQuery
from cosmpy.protos.cosmos.base.tendermint.v1beta1.query_pb2_grpc import ServiceStub as BlockService
from cosmpy.protos.cosmos.consensus.v1.query_pb2_grpc import QueryStub as ConsensusQuery
from cosmpy.protos.cosmos.tx.v1beta1.service_pb2_grpc import ServiceStub as TxService

from chain_module.bank.coins import DENOM
from node.chain_client.failures import failure_of
from node.chain_client.transactions import DEFAULT_GAS_PRICE
from node.tls import HTTPS, credentials_of
from seedpact.registration.v1.query_pb2_grpc import QueryStub as RegistrationQuery

MAX_ANSWER_BYTES: Final = 16 * 1024 * 1024
"""A page of 200 nodes is 1 MB; a block may be larger than gRPC's default of 4 MB."""

_OPTIONS: Final = (
    ("grpc.max_receive_message_length", MAX_ANSWER_BYTES),
    ("grpc.max_send_message_length", MAX_ANSWER_BYTES),
    ("grpc.enable_http_proxy", 0),
    ("grpc.use_local_subchannel_pool", 1),
)

Answer = TypeVar("Answer")


class Connection:
    """The channel, cosmpy's client and the registration module's stub. Safe between threads.

    Args:
        address: "HOST:PORT" of a node's gRPC services, or https://HOST:PORT.
        chain_id: for which transactions are signed.
        timeout: seconds that one call may take.
        roots: for https: authorities in PEM; empty: this machine's.
    """

    def __init__(self, address: str, *, chain_id: str, timeout: float, roots: bytes = b"") -> None:
        # It brings requests and all that this needs: a node that starts does not wait for it.
        from cosmpy.aerial.client import LedgerClient  # noqa: PLC0415 (0.15 s)
        from cosmpy.aerial.config import NetworkConfig  # noqa: PLC0415 (likewise)

        self.address = address
        place = address.removeprefix(HTTPS)
        if place == address:
            self._channel = grpc.insecure_channel(place, options=_OPTIONS)
        else:
            credentials = credentials_of(roots)
            self._channel = grpc.secure_channel(place, credentials, options=_OPTIONS)
        channel = grpc.intercept_channel(self._channel, _Deadline(timeout))
        self.registration = RegistrationQuery(channel)
        self.ledger = LedgerClient(
            NetworkConfig(
                chain_id=chain_id or "unknown",
                url=f"grpc+http://{place}",
                fee_minimum_gas_price=float(DEFAULT_GAS_PRICE),
                fee_denomination=DENOM,
                staking_denomination=DENOM,
            )
        )
        self.ledger.auth = AuthQuery(channel)
        self.ledger.bank = BankQuery(channel)
        self.ledger.txs = TxService(channel)
        self.ledger.tendermint = BlockService(channel)
        self.ledger.consensus = ConsensusQuery(channel)

    def close(self) -> None:
        """Ends the channel and every call on it."""
        self._channel.close()

    def call(self, method: Callable[..., Answer], *arguments: object) -> Answer:
        """One call. Raises ChainFailure."""
        try:
            return method(*arguments)
        except grpc.RpcError as error:
            raise failure_of(error, address=self.address) from None

    def find(self, method: Callable[..., Answer], *arguments: object) -> Answer | None:
        """One call; None where the node answers NOT_FOUND. Raises ChainFailure."""
        try:
            return method(*arguments)
        except grpc.RpcError as error:
            if isinstance(error, grpc.Call) and error.code() is grpc.StatusCode.NOT_FOUND:
                return None
            raise failure_of(error, address=self.address) from None


class _Details(grpc.ClientCallDetails):
    """A call's details with a deadline."""

    def __init__(self, details: grpc.ClientCallDetails, timeout: float) -> None:
        self.method = details.method
        self.timeout = timeout
        self.metadata = details.metadata
        self.credentials = details.credentials
        self.wait_for_ready = details.wait_for_ready
        self.compression = details.compression


class _Deadline(grpc.UnaryUnaryClientInterceptor):
    """Gives every call that has none a deadline: cosmpy sets none."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout

    def intercept_unary_unary(
        self,
        continuation: Callable[[grpc.ClientCallDetails, Any], Any],
        client_call_details: grpc.ClientCallDetails,
        request: Any,  # noqa: ANN401 (gRPC's edge)
    ) -> Any:  # noqa: ANN401
        """The call, with its deadline."""
        timeout = client_call_details.timeout
        return continuation(
            _Details(client_call_details, self._timeout if timeout is None else timeout), request
        )
