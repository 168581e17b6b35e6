"""The network file: the inputs of network_id, as JSON of seedpact.registration.v1.NetworkInputs."""

from __future__ import annotations

from typing import Final

from enclave.errors import Refusal
from enclave.registration.network import NetworkInputs
from enclave.registration.network_codec import network_from_proto, network_to_proto
from node.cli.exit_codes import ExitCode
from node.cli.failures import of_refusal
from node.cli.files import read_file
from node.cli.json_files import dump_object, message_from_json, parse_object
from node.json_form import message_to_json
from seedpact.registration.v1 import types_pb2

_WHAT: Final = "a network file"


def read_network(path: str) -> NetworkInputs:
    """A network file; what its values mean is the enclave's to judge. Raises Failure."""
    value = parse_object(read_file(path, what=_WHAT), what=_WHAT)
    message = message_from_json(value, types_pb2.NetworkInputs, what=_WHAT)
    try:
        return network_from_proto(message)
    except Refusal as refusal:
        raise of_refusal(refusal, exit_code=ExitCode.USAGE) from None


def write_network(inputs: NetworkInputs) -> bytes:
    """The file's bytes."""
    return dump_object(message_to_json(network_to_proto(inputs)))
