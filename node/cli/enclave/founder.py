"""The founder file: what a network's first enclave says of itself, with its bootstrap quote.

Public: `seedpactd genesis bootstrap` puts the same into the genesis of a chain.
"""

from __future__ import annotations

from node.cli.json_files import dump_object
from node.json_form import message_to_json
from seedpact.enclave.v1 import service_pb2 as pb


def write_founder(response: pb.BootstrapResponse) -> bytes:
    """The founder file of a bootstrap."""
    value = message_to_json(response)
    del value["evidence"]
    value["quote"] = response.evidence.quote.hex()
    value["collateral"] = response.evidence.collateral.decode("ascii")
    return dump_object(value)
