"""`seedpactd tx registration`: take a node out, change the policy, publish a nonce by hand."""

from __future__ import annotations

from typing import Final

import click

from enclave.registration.freshness import NONCE_BYTES
from enclave.registration.records import NODE_ID_BYTES
from node.cli.argument_types import Hex
from node.cli.files import read_file
from node.cli.help_text import examples
from node.cli.json_files import message_from_json, parse_object
from node.cli.tx.sending import Signing, signing_options
from node.host.freshness import message_of
from seedpact.registration.v1 import tx_pb2, types_pb2

_WHAT: Final = "a policy file"


@click.group(short_help="Nodes and policy.")
def registration() -> None:
    """Take a node out, change the policy, or publish a nonce by hand.

    To join, use `seedpactd register`.
    """


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


@registration.command(
    short_help="By hand: a nonce of a node's enclave.",
    epilog=examples("seedpactd tx registration freshness 3f1c... 42ab... --from alice"),
)
@click.argument("node_id", metavar="NODE_ID", type=Hex(NODE_ID_BYTES))
@click.argument("nonce", metavar="NONCE", type=Hex(NONCE_BYTES))
@signing_options
def freshness(*, node_id: bytes, nonce: bytes, signing: Signing) -> None:
    """Publish the NONCE of the enclave of the node NODE_ID, so that it confirms newcomers.

    A node does this by itself, with the key that operator.key in its node.toml names. By hand it is
    for a node that runs without that key: at each start of its enclave, and again before the 1,000
    blocks are over that a nonce is good for (`seedpactd status` there counts them).

    `seedpactd enclave info` on that machine shows NODE_ID and NONCE, both public. --from is the
    operator's key: no other may publish for this node.
    """
    message = message_of(signing.info().raw_address, node_id, nonce)
    signing.send([message], done=f"published the nonce of node {node_id.hex()}")
