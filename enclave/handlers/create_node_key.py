"""create_node_key: a newcomer's keys for one network and epoch (protocol.md sections 3 and 10).

The inputs of network_id come in full; `kem_io` is a peer's word here and is proven at import
(`kem_key_mismatch`). Keys that no seed depends on may be discarded; a HOLDER's never.
"""

from __future__ import annotations

from typing import Final

from enclave.errors import Code, Refusal
from enclave.framework.enclave import Enclave
from enclave.framework.states import Operation, State
from enclave.registration.network_codec import network_from_proto
from seedpact.enclave.v1 import service_pb2 as pb


class CreateNodeKey:
    """EMPTY -> KEYED; with `discard` also KEYED, PENDING -> KEYED."""

    operation: Final = Operation.CREATE_NODE_KEY
    request: Final = pb.CreateNodeKeyRequest

    def handle(
        self, enclave: Enclave, request: pb.CreateNodeKeyRequest
    ) -> pb.CreateNodeKeyResponse:
        """Makes node_key and the KEM secret of the request's epoch.

        Raises:
            Refusal: KEYS_EXIST without `discard`; as `check_inputs`; KEM_SECRET_MISSING or
                BAD_KEM_KEY.
        """
        keys = enclave.keys
        if enclave.state is not State.EMPTY and not request.discard:
            raise Refusal(
                Code.KEYS_EXIST,
                expected="an EMPTY enclave, or discard set to throw its keys away",
                found=f"node {keys.node_id.hex()}, {enclave.state.name}",
            )
        keys.create_node(network_from_proto(request.network))
        kem = keys.ensure_kem_secret(request.epoch, request.kem_io)
        return pb.CreateNodeKeyResponse(
            network_id=keys.network_id,
            node_id=keys.node_id,
            exchange_key=keys.node_key.public,
            kem_ciphertext=kem.ciphertext,
        )
