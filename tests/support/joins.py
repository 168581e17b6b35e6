"""What a newcomer has before it joins the one-validator chain: an operator, or keys as well."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from enclave.crypto.labels import Mode
from enclave.registration.network import NetworkInputs
from enclave.registration.network_codec import network_to_proto
from node.config import Home
from node.join import Join
from node.join.enclave_process import enclave_of
from node.localnet.homes import ensure_key
from seedpact.enclave.v1 import service_pb2 as pb
from tests.support.one_validator import OneValidator

FUNDS: Final = 100_000
"""useed: what a newcomer's operator is given."""


def make_keys(
    home: Home, network: NetworkInputs, kem_io: bytes, *, quoted: bool, quotes: int = 1
) -> bytes:
    """Gives the enclave of a home keys by hand; its node_id."""
    with enclave_of(home.enclave, mode=Mode.SOFTWARE, address=None, configured="") as enclave:
        made = enclave.create_node_key(
            pb.CreateNodeKeyRequest(network=network_to_proto(network), kem_io=kem_io)
        )
        if quoted:
            purpose = pb.RegisterPurpose(operator=bytes(20), anchor_height=1, anchor_hash=bytes(32))
            for _ in range(quotes):
                enclave.make_quote(pb.MakeQuoteRequest(register=purpose))
        return made.node_id


def funded_join(chain: OneValidator, path: Path) -> Join:
    """Of an empty home, by an operator with funds."""
    operator = ensure_key(Home.of(str(path)), "operator")
    chain.fund(operator.info.address, FUNDS)
    return Join(
        home=path,
        peer_rpc=chain.rpc,
        peer_grpc=chain.grpc,
        operator=operator,
        network_id=chain.network_id,
    )
