"""The founder file: what a network's first enclave says of itself, with its bootstrap quote.

A chain will have it in its genesis. By hand it goes from the first node to the others, who check
it before they believe it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from enclave.attestation.collateral import Collateral
from enclave.attestation.quote import parse_quote
from enclave.attestation.report_data import bootstrap_report_data, check_report_data
from enclave.attestation.types import VerifiedReport
from enclave.attestation.verifier import verify_quote
from enclave.errors import Code, Refusal
from enclave.registration.network import NetworkInputs, network_id
from node.cli.failures import malformed
from node.cli.files import read_file
from node.cli.json_files import (
    dump_object,
    message_from_json,
    message_to_json,
    parse_object,
    take_text,
)
from seedpact.enclave.v1 import service_pb2 as pb

_WHAT: Final = "a founder file"


@dataclass(frozen=True, slots=True)
class Founder:
    """The first node, and the network's keys of epoch 0, unverified."""

    network_id: bytes
    node_id: bytes
    exchange_key: bytes
    tls_key: bytes
    pk_io: bytes
    kem_io: bytes
    quote: bytes
    collateral: bytes


def write_founder(response: pb.BootstrapResponse) -> bytes:
    """The founder file of a bootstrap."""
    value = message_to_json(response)
    del value["evidence"]
    value["quote"] = response.evidence.quote.hex()
    value["collateral"] = response.evidence.collateral.decode("ascii")
    return dump_object(value)


def read_founder(path: str) -> Founder:
    """A founder file. Raises Failure."""
    value = parse_object(read_file(path, what=_WHAT), what=_WHAT)
    collateral = take_text(value, "collateral", what=_WHAT)
    value["evidence"] = {"quote": take_text(value, "quote", what=_WHAT)}
    message = message_from_json(value, pb.BootstrapResponse, what=_WHAT)
    if not collateral.isascii():
        raise malformed(f"{_WHAT} with an ASCII collateral", "other characters")
    return Founder(
        network_id=message.network_id,
        node_id=message.node_id,
        exchange_key=message.exchange_key,
        tls_key=message.tls_key,
        pk_io=message.pk_io,
        kem_io=message.kem_io,
        quote=message.evidence.quote,
        collateral=collateral.encode("ascii"),
    )


def check_founder(founder: Founder, network: NetworkInputs) -> VerifiedReport:
    """That a genuine enclave of this network made these keys, judged at genesis time.

    Raises:
        Refusal: WRONG_NETWORK, REPORT_DATA_MISMATCH, or what `verify_quote` says.
    """
    expected = network_id(network)
    if founder.network_id != expected:
        raise Refusal(
            Code.WRONG_NETWORK,
            expected=f"a founder of network {expected.hex()}",
            found=f"one of network {founder.network_id.hex()}",
        )
    report = verify_quote(
        parse_quote(founder.quote),
        Collateral.parse(founder.collateral),
        root_der=network.floor.attestation_root,
        now=network.genesis_time,
    )
    bound = bootstrap_report_data(
        network.floor.mode,
        network_id=expected,
        exchange_key=founder.exchange_key,
        pk_io=founder.pk_io,
        kem_io=founder.kem_io,
        tls_key=founder.tls_key,
    )
    check_report_data(report.report_data, expected=bound)
    return report
