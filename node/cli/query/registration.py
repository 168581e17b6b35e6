"""`seedpactd query registration`: the nodes, the network's keys, its parameters and policy."""

from __future__ import annotations

from typing import Final

import click

from chain_module.address import to_text
from chain_module.registration import keys
from chain_module.registration.records import decode_identity
from enclave.registration.network_codec import floor_to_proto
from enclave.registration.records import NODE_ID_BYTES
from node.chain_client import ChainCode, ChainFailure
from node.cli.argument_types import Hex, OneOf
from node.cli.chain_options import AccountAddress, Target, chain_options
from node.cli.files import check_writable, write_file
from node.cli.help_text import examples
from node.cli.json_files import dump_object
from node.cli.numbers import integer
from node.cli.options import force_option
from node.cli.output import Output, Row
from node.cli.query.proofs import ProofWish, Shown, checked, proof_options
from node.cli.times import utc_seconds
from node.cli.values import short_hex
from node.json_form import Json, message_to_json
from seedpact.registration.v1 import genesis_pb2, query_pb2, types_pb2

STATUSES: Final = ("confirmed", "expired", "revoked")
LONG: Final = 128
"""Characters from which on a value is cut in text; JSON has it whole."""
_PREFIX: Final = "NODE_STATUS_"


@click.group(short_help="Nodes, keys, nonces, parameters, policy.")
def registration() -> None:
    """Ask who holds the seed, under which policy."""


@registration.command(
    short_help="One node.",
    epilog=examples(
        "seedpactd query registration node 3f1c...",
        "seedpactd query registration node 3f1c... --prove --output json",
    ),
)
@click.argument("node_id", metavar="NODE_ID", type=Hex(NODE_ID_BYTES))
@proof_options
@chain_options
def node(*, node_id: bytes, wish: ProofWish, target: Target, output: Output) -> None:
    """Show the record of the node NODE_ID; with --prove also that there is none."""
    proof = Shown()
    with target.client() as chain:
        if wish.prove:
            answer = chain.proven_node(node_id, height=wish.height)
            proof = checked(chain, wish, answer.proof, keys.node(node_id))
            record = proof.read(types_pb2.NodeRecord)
        else:
            record = chain.node(node_id)
    if record is None and wish.prove:
        rows = [("node_id", node_id.hex()), *proof.rows]
        output.answer({"node": None, **proof.json}, headline="no such node", rows=rows)
        return
    if record is None:
        raise ChainFailure(
            ChainCode.NOT_ON_CHAIN, expected=f"a node {node_id.hex()}", found="none on this chain"
        )
    rows = [*record_rows(record), *proof.rows]
    output.answer({"node": record_json(record), **proof.json}, rows=rows)


@registration.command(
    short_help="All nodes.",
    epilog=examples("seedpactd query registration nodes --status confirmed --limit 10"),
)
@click.option("--status", type=OneOf(STATUSES), help="Of this status alone.")
@click.option("--operator", type=AccountAddress(), help="Of this account alone.")
@click.option("--limit", type=integer(1), metavar="N", help="At most so many.")
@chain_options
def nodes(
    *,
    status: str | None,
    operator: bytes | None,
    limit: int | None,
    target: Target,
    output: Output,
) -> None:
    """List the nodes, in the order of their ids."""
    number = types_pb2.NodeStatus.Value(_PREFIX + status.upper()) if status else 0
    with target.client() as chain:
        found = list(chain.nodes(status=number, operator=operator or b"", limit=limit))
    rows = [(record.node_id.hex(), _summary(record)) for record in found]
    output.answer(
        {"nodes": [record_json(record) for record in found]},
        headline=f"{len(found)} node{'' if len(found) == 1 else 's'}",
        rows=rows,
    )


@registration.command(
    "network-keys",
    short_help="The network's public keys.",
    epilog=examples("seedpactd query registration network-keys --epoch 0"),
)
@click.option("--epoch", type=integer(0), metavar="N", help="[default: the current one]")
@proof_options
@chain_options
def network_keys(*, epoch: int | None, wish: ProofWish, target: Target, output: Output) -> None:
    """Show the keys that the chain has for an epoch; with --prove also that there are none.

    The current epoch is proven by two proofs: its keys, and `next_epoch`, that there is no next
    one, or when it begins.
    """
    proof, following = Shown(), Shown()
    with target.client() as chain:
        if wish.prove:
            answer = chain.proven_network_keys(epoch, height=wish.height)
            number = answer.keys.epoch if epoch is None else epoch
            proof = checked(chain, wish, answer.proof, keys.network(number))
            found = proof.read(types_pb2.NetworkKeys)
            if epoch is None:
                following = checked(chain, wish, answer.next_epoch, keys.network(number + 1))
        else:
            found = chain.network_keys(epoch)
    shown = None if found is None else message_to_json(found)
    data: dict[str, Json] = {"network_keys": shown, **proof.json}
    rows: list[Row] = []
    if found is not None:
        rows += [
            ("epoch", str(found.epoch)),
            ("pk_io", short_hex(found.pk_io)),
            ("kem_io", short_hex(found.kem_io)),
            ("from_height", str(found.from_height)),
        ]
    if following.json:
        data["next_epoch"] = following.json
    output.answer(data, headline="" if found else "no such epoch", rows=[*rows, *proof.rows])


@registration.command(
    short_help="Parameters, floor, network id.",
    epilog=examples("seedpactd query registration params"),
)
@proof_options
@chain_options
def params(*, wish: ProofWish, target: Target, output: Output) -> None:
    """Show the module's parameters, the floor that no vote changes, and the network's id.

    Two records have them: with --prove `identity_proof` is that of floor and network id.
    """
    proof, identity = Shown(), Shown()
    with target.client() as chain:
        if wish.prove:
            found = chain.proven_params(height=wish.height)
            proof = checked(chain, wish, found.proof, keys.PARAMS)
            identity = checked(chain, wish, found.identity_proof, keys.IDENTITY)
            found = proven_params(proof, identity)
        else:
            found = chain.params()
    data = {**message_to_json(found), **proof.json}
    if identity.json:
        data["identity_proof"] = identity.json
    rows: list[Row] = [("network_id", found.network_id.hex())]
    rows += [(key, _plain(value)) for key, value in message_to_json(found.params).items()]
    rows += [(f"floor.{key}", _plain(v)) for key, v in message_to_json(found.floor).items()]
    output.answer(data, rows=[*rows, *proof.rows])


@registration.command(
    short_help="The policy in force.",
    epilog=examples("seedpactd query registration policy --out policy.json"),
)
@click.option("--out", metavar="FILE", help="Also write it there, to be changed and proposed.")
@force_option
@proof_options
@chain_options
def policy(
    *, out: str | None, force: bool, wish: ProofWish, target: Target, output: Output
) -> None:
    """Show what a newcomer has to be: code, platform, age of its quote."""
    if out is not None:
        check_writable(out, force=force)
    proof = Shown()
    with target.client() as chain:
        if wish.prove:
            answer = chain.proven_policy(height=wish.height)
            proof = checked(chain, wish, answer.proof, keys.POLICY)
            found = message_to_json(proof.read(types_pb2.Policy) or types_pb2.Policy())
        else:
            found = message_to_json(chain.policy())
    if out is not None:
        write_file(out, dump_object(found), force=force)
    rows = [*((key, _plain(value)) for key, value in found.items()), *proof.rows]
    output.answer({"policy": found, "out": out, **proof.json}, rows=rows)


@registration.command(
    short_help="A node's newest nonce.",
    epilog=examples("seedpactd query registration freshness 3f1c..."),
)
@click.argument("node_id", metavar="NODE_ID", type=Hex(NODE_ID_BYTES))
@proof_options
@chain_options
def freshness(*, node_id: bytes, wish: ProofWish, target: Target, output: Output) -> None:
    """Show the nonce that the operator of NODE_ID published last, and in which block."""
    proof = Shown()
    with target.client() as chain:
        if wish.prove:
            answer = chain.proven_freshness(node_id, height=wish.height)
            proof = checked(chain, wish, answer.proof, keys.freshness(node_id))
            found = proof.read(types_pb2.Freshness)
        else:
            found = chain.freshness(node_id)
    if found is None and wish.prove:
        output.answer({"freshness": None, **proof.json}, headline="no nonce", rows=proof.rows)
        return
    if found is None:
        raise ChainFailure(
            ChainCode.NOT_ON_CHAIN,
            expected=f"a nonce of node {node_id.hex()}",
            found="none on this chain",
        )
    rows: list[Row] = [
        ("nonce", found.nonce.hex()),
        ("height", str(found.height)),
        ("recent_heights", ", ".join(map(str, found.recent_heights))),
    ]
    data = {"freshness": message_to_json(found), **proof.json}
    output.answer(data, rows=[*rows, *proof.rows])


def proven_params(proof: Shown, identity: Shown) -> query_pb2.QueryParamsResponse:
    """What two proven records say, as a query answers it."""
    known = decode_identity(identity.value)
    return query_pb2.QueryParamsResponse(
        params=proof.read(genesis_pb2.Params),
        floor=floor_to_proto(known.network.floor),
        network_id=known.network_id,
    )


def status_name(record: types_pb2.NodeRecord) -> str:
    """CONFIRMED, EXPIRED or REVOKED."""
    return types_pb2.NodeStatus.Name(record.status).removeprefix(_PREFIX)


def record_json(record: types_pb2.NodeRecord) -> dict[str, Json]:
    """A record for programs: bytes in hex, the operator also as an address."""
    return {**message_to_json(record), "operator_address": to_text(record.operator)}


def record_rows(record: types_pb2.NodeRecord) -> list[Row]:
    """A record for people."""
    return [
        ("node_id", record.node_id.hex()),
        ("status", status_name(record)),
        ("operator", to_text(record.operator)),
        ("epoch", str(record.epoch)),
        ("height", str(record.height)),
        ("time", utc_seconds(record.time.seconds)),
        ("expires_at", utc_seconds(record.expires_at.seconds)),
        ("register_tx", record.register_tx_hash.hex().upper()),
        ("exchange_key", record.exchange_key.hex()),
        ("platform_id", record.verdict.platform_id.hex()),
    ]


def _summary(record: types_pb2.NodeRecord) -> str:
    expiry = utc_seconds(record.expires_at.seconds)
    return f"{status_name(record)} {to_text(record.operator)}, until {expiry}"


def _plain(value: Json) -> str:
    if isinstance(value, list):
        return ", ".join(_plain(entry) for entry in value) or "none"
    if isinstance(value, dict):
        return " ".join(_pair(key, entry) for key, entry in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value) if value not in {None, ""} else "none"
    return text if len(text) <= LONG else f"{text[: LONG // 2]}… ({len(text) // 2:,} bytes)"


def _pair(key: str, entry: Json) -> str:
    return f"{key} {_plain(entry)}" if isinstance(entry, dict) else f"{key}={_plain(entry)}"
