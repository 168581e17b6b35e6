"""get_network_keys: the public keys of each epoch that this enclave holds."""

from __future__ import annotations

from typing import Final

from enclave.crypto.key_schedule import seal_previous_seed
from enclave.framework.enclave import Enclave
from enclave.framework.key_manager import KeyManager
from enclave.framework.states import Operation
from enclave.registration.records import NetworkKeys, network_keys_to_proto
from seedpact.enclave.v1 import service_pb2 as pb


class GetNetworkKeys:
    """HOLDER; changes nothing."""

    operation: Final = Operation.GET_NETWORK_KEYS
    request: Final = pb.GetNetworkKeysRequest

    def handle(
        self, enclave: Enclave, _request: pb.GetNetworkKeysRequest
    ) -> pb.GetNetworkKeysResponse:
        """Ascending by epoch, each with its prev_seed. `from_height` is the chain's and stays 0."""
        keys = enclave.keys
        return pb.GetNetworkKeysResponse(
            keys=[network_keys_to_proto(_public(keys, epoch)) for epoch in keys.epochs()]
        )


def _public(keys: KeyManager, epoch: int) -> NetworkKeys:
    io = keys.io_keys(epoch)
    prev_seed = b""
    if epoch:
        prev_seed = seal_previous_seed(
            keys.seed(epoch),
            keys.seed(epoch - 1),
            keys=io,
            previous_pk_io=keys.io_keys(epoch - 1).pk_io,
        )
    return NetworkKeys(
        epoch=epoch, pk_io=io.pk_io, kem_io=io.kem_public, from_height=0, prev_seed=prev_seed
    )
