"""bootstrap: the first enclave of a network makes its first seed (protocol.md section 9).

Once for ever for this seal. A wiped enclave makes a *different* seed, which the chain's pk_io
exposes; that is the chain's check, not this file's.
"""

from __future__ import annotations

from typing import Final

from enclave.framework.enclave import Enclave
from enclave.framework.states import Operation
from enclave.handlers.evidence import bootstrap_quote, evidence_to_proto
from enclave.registration.network_codec import network_from_proto
from seedpact.enclave.v1 import service_pb2 as pb


class Bootstrap:
    """EMPTY -> HOLDER."""

    operation: Final = Operation.BOOTSTRAP
    request: Final = pb.BootstrapRequest

    def handle(self, enclave: Enclave, request: pb.BootstrapRequest) -> pb.BootstrapResponse:
        """Makes node_key, tls_key and epoch 0 in one write, and the bootstrap quote.

        Raises:
            Refusal: as `check_inputs`; ATTESTATION_UNAVAILABLE.
        """
        keys = enclave.keys
        keys.create_node(network_from_proto(request.network))
        keys.create_first_seed()
        _, evidence = bootstrap_quote(enclave)
        return pb.BootstrapResponse(
            network_id=keys.network_id,
            node_id=keys.node_id,
            exchange_key=keys.node_key.public,
            tls_key=keys.tls_key,
            pk_io=keys.io_keys(0).pk_io,
            kem_io=keys.io_keys(0).kem_public,
            evidence=evidence_to_proto(evidence),
        )
