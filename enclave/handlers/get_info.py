"""get_info: what this enclave is and holds. Public values only; also serves as a ping."""

from __future__ import annotations

from typing import Final

from enclave.crypto.endpoint import CHALLENGE_BYTES
from enclave.errors import Code, Refusal
from enclave.framework.enclave import Enclave
from enclave.framework.states import Operation, State
from enclave.registration.measurement_codec import measurement_to_proto
from enclave.registration.network_codec import mode_to_proto
from enclave.version import VERSION
from seedpact.enclave.v1 import service_pb2 as pb


class GetInfo:
    """Legal in every state; changes nothing."""

    operation: Final = Operation.GET_INFO
    request: Final = pb.GetInfoRequest

    def handle(self, enclave: Enclave, request: pb.GetInfoRequest) -> pb.GetInfoResponse:
        """The answer. Raises Refusal: BAD_LENGTH, for a challenge that is none."""
        if len(request.challenge) not in (0, CHALLENGE_BYTES):
            raise Refusal(
                Code.BAD_LENGTH,
                expected=f"a challenge of {CHALLENGE_BYTES} bytes, or none",
                found=f"{len(request.challenge)} bytes",
            )
        info = pb.GetInfoResponse(
            state=pb.EnclaveState.Name(enclave.state),
            mode=mode_to_proto(enclave.mode),
            measurement=measurement_to_proto(enclave.measurement),
            version=VERSION,
            backup_current=enclave.backup_current,
            backup_newer=enclave.backup_newer is not None,
        )
        if request.challenge and enclave.endpoint is not None:
            info.endpoint_proof = enclave.endpoint.proof(enclave.mode, request.challenge)
        if enclave.state is State.EMPTY:
            return info
        keys = enclave.keys
        info.network_id = keys.network_id
        info.chain_id = keys.network.chain_id
        info.node_id = keys.node_id
        info.exchange_key = keys.node_key.public
        info.tls_key = keys.tls_key
        info.epochs.extend(keys.epochs())
        info.quotes = len(keys.quotes())
        if keys.trust is not None:
            info.root_height = keys.trust.root_height
            info.root_hash = keys.trust.root_hash
        newest = keys.newest_header
        info.trusted_height = 0 if newest is None else newest.height
        info.forked = keys.fork is not None
        if enclave.state is State.HOLDER:
            info.freshness_nonce = enclave.start_nonce.nonce
            info.fresh_until = enclave.start_nonce.until
        return info
