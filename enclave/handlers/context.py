"""How a handler gets its `ProvenContext`: the one place that the light client will replace."""

from __future__ import annotations

from enclave.errors import Code, Refusal
from enclave.framework.enclave import Enclave
from enclave.registration.context import ProvenContext, unproven_context
from seedpact.enclave.v1 import service_pb2 as pb


def context_of(enclave: Enclave, request: pb.ChainContext) -> ProvenContext:
    """The context of a request, for this enclave's own network.

    Raises:
        Refusal: UNPROVEN_CONTEXT in hardware mode; WRONG_NETWORK; or a fault of form.
    """
    context = unproven_context(request, mode=enclave.mode)
    if context.network_id != enclave.keys.network_id:
        raise Refusal(
            Code.WRONG_NETWORK,
            expected=f"network {enclave.keys.network_id.hex()}",
            found=f"network {context.network_id.hex()}",
        )
    return context
