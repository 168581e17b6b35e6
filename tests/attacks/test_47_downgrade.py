"""Attack 47: downgrade of a version or cipher suite; an unknown critical field.

[reject]: there is one version and one suite of everything, and every byte must be known.
"""

from __future__ import annotations

import json

import pytest
from google.protobuf.message import Message

from enclave.attestation.collateral import Collateral
from enclave.attestation.quote import parse_quote
from enclave.crypto.labels import Mode, Name, label
from enclave.crypto.sealing import Role
from enclave.errors import Code
from enclave.registration.network_codec import network_to_proto
from enclave.service.dispatch import METHODS
from enclave.wire import encode
from seedpact.enclave.v1 import chain_pb2
from seedpact.enclave.v1 import service_pb2 as pb
from tests.support.enclaves import Node, inputs
from tests.support.refusals import refused, refused_unchanged
from tests.support.world import Ledger, network

UNKNOWN_FIELD = b"\xf8\x07\x01"
"""Field 127, a varint."""


def requests(ledger: Ledger, founder: Node) -> dict[str, Message]:
    """A well-formed request of every method."""
    chain = ledger.proof(founder)
    network_message = network_to_proto(inputs())
    kem_io = ledger.keys[0].kem_io
    return {
        "GetInfo": pb.GetInfoRequest(),
        "Bootstrap": pb.BootstrapRequest(network=network_message),
        "CreateNodeKey": pb.CreateNodeKeyRequest(network=network_message, kem_io=kem_io),
        "MakeQuote": pb.MakeQuoteRequest(register=ledger.purpose()),
        "ConfirmNodes": pb.ConfirmNodesRequest(chain=chain),
        "ImportSeed": pb.ImportSeedRequest(chain=chain),
        "FollowChain": chain_pb2.FollowChainRequest(steps=chain.steps),
        "ReportFork": chain_pb2.ReportForkRequest(first=chain.steps, second=chain.steps),
        "GetNetworkKeys": pb.GetNetworkKeysRequest(),
        "Backup": pb.BackupRequest(),
        "Restore": pb.RestoreRequest(backup=b"x"),
    }


@pytest.mark.parametrize("method", sorted(METHODS))
def test_47_an_unknown_field_in_any_request_is_refused(method: str) -> None:
    ledger, (founder,) = network("founder")
    data = encode(requests(ledger, founder)[method]) + UNKNOWN_FIELD
    for node in (founder, Node("empty")):
        with refused_unchanged(node, Code.MALFORMED_REQUEST):
            METHODS[method](node.enclave, data)


def test_47_an_unknown_field_deep_inside_a_request_is_refused() -> None:
    node = Node("empty")
    floor = encode(network_to_proto(inputs()).floor) + UNKNOWN_FIELD
    message = network_to_proto(inputs())
    message.floor.MergeFromString(floor)
    request = pb.BootstrapRequest(network=message)
    with refused_unchanged(node, Code.MALFORMED_REQUEST):
        METHODS["Bootstrap"](node.enclave, request.SerializeToString(deterministic=True))


@pytest.mark.parametrize("version", [0, 1, 3, 0xFFFF])
def test_47_a_sealed_file_of_another_version_is_refused(version: int) -> None:
    _, (founder,) = network("founder")
    blob = founder.storage.load(Role.STATE)
    assert blob is not None
    founder.storage.save(Role.STATE, blob[:8] + version.to_bytes(2, "big") + blob[10:])
    with refused(Code.SEALED_VERSION_UNKNOWN):
        founder.start()


@pytest.mark.parametrize(("offset", "value"), [(0, 2), (0, 6), (2, 3), (2, 0)])
def test_47_another_quote_version_or_signature_suite_is_refused(offset: int, value: int) -> None:
    """Bytes 0-1: version; 2-3: attestation key type, 2 is ECDSA P-256."""
    quote = bytearray(Node("founder").bootstrap(inputs()).evidence.quote)
    quote[offset : offset + 2] = value.to_bytes(2, "little")
    with refused(Code.UNSUPPORTED_QUOTE):
        parse_quote(bytes(quote))


def test_47_collateral_with_an_unknown_key_is_refused() -> None:
    collateral = json.loads(Node("founder").bootstrap(inputs()).evidence.collateral)
    with refused(Code.MALFORMED_COLLATERAL):
        Collateral.parse(json.dumps({**collateral, "critical": "yes"}).encode())


def test_47_every_label_names_the_protocols_version() -> None:
    for mode in Mode:
        for name in Name:
            assert label(mode, name).text.split("/")[1] == "v1"
