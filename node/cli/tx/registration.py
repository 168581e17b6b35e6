"""`seedpactd tx registration`: take a node out, change the policy."""

from __future__ import annotations

from typing import Final

import click

from enclave.registration.records import NODE_ID_BYTES
from node.cli.files import read_file
from node.cli.help_text import examples
from node.cli.json_files import message_from_json, parse_object
from node.cli.options import Hex
from node.cli.tx.sending import Signing, signing_options
from seedpact.registration.v1 import tx_pb2, types_pb2

_WHAT: Final = "a policy file"


@click.group(short_help="Nodes and policy.")
def registration() -> None:
    """Take a node out, or change the policy. To join, use `seedpactd register`."""


@registration.command(
    "revoke-node",
    short_help="Take a node out for ever.",
    epilog=examples("seedpactd tx registration revoke-node 3f1c... --from alice"),
)
@click.argument("node_id", metavar="NODE_ID", type=Hex(NODE_ID_BYTES))
@signing_options
def revoke_node(*, node_id: bytes, signing: Signing) -> None:
    """Take the node NODE_ID out: its operator leaves, or the authority puts it out.

    A revoked node never returns; its machine joins again with new keys.
    """
    message = tx_pb2.MsgRevokeNode(signer=signing.info().address, node_id=node_id)
    signing.send([message], done=f"revoked node {node_id.hex()}")


@registration.command(
    "update-policy",
    short_help="Change the policy.",
    epilog=examples("seedpactd tx registration update-policy policy.json --from authority"),
)
@click.argument("file", metavar="FILE")
@signing_options
def update_policy(*, file: str, signing: Signing) -> None:
    """Replace the policy by the one in FILE: whole, its serial one higher than the present one.

    Start from `seedpactd query registration policy --out FILE`. What narrows takes effect at once,
    what widens two blocks later; a change that does both is refused.
    """
    value = parse_object(read_file(file, what=_WHAT), what=_WHAT)
    policy = message_from_json(value, types_pb2.Policy, what=_WHAT)
    message = tx_pb2.MsgUpdatePolicy(authority=signing.info().address, policy=policy)
    signing.send([message], done=f"policy {policy.serial} decided")
