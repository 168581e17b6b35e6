"""`seedpactd query tx` and `query block`."""

from __future__ import annotations

import click
from cosmpy.protos.cosmos.tx.v1beta1.tx_pb2 import TxBody, TxRaw
from google.protobuf.message import DecodeError

from node.chain_client import ChainClient, ChainCode, ChainFailure, Committed, tx_hash
from node.cli.chain_options import Target, TxHash, chain_options
from node.cli.help_text import examples
from node.cli.numbers import integer
from node.cli.output import Output, Row
from node.cli.times import utc
from node.engine_rpc import Block
from node.json_form import Json


@click.command(short_help="A transaction.", epilog=examples("seedpactd query tx 5A0C..."))
@click.argument("hash_", metavar="HASH", type=TxHash())
@chain_options
def tx(*, hash_: str, target: Target, output: Output) -> None:
    """Show the transaction HASH and what became of it."""
    with target.client() as chain:
        found = find_tx(chain, hash_)
        kinds = _kinds_at(chain, found)
    output.answer(tx_json(found, kinds), rows=tx_rows(found, kinds), hints=_explain(found))


@click.command(
    short_help="A block.", epilog=examples("seedpactd query block", "seedpactd query block 12")
)
@click.argument("height", metavar="[HEIGHT]", type=integer(1), required=False)
@chain_options
def block(*, height: int | None, target: Target, output: Output) -> None:
    """Show the block at HEIGHT, or the newest one."""
    with target.client() as chain:
        found = chain.block(height)
    txs = [(tx_hash(raw), kinds_of(raw)) for raw in found.txs]
    rows: list[Row] = [
        ("height", str(found.header.height)),
        ("time", utc(found.header.time_ns)),
        ("hash", found.block_id.hash.hex().upper()),
        ("app_hash", found.header.app_hash.hex().upper()),
        ("proposer", found.header.proposer_address.hex().upper()),
        ("transactions", str(len(txs))),
        *((f"  {index}", f"{name} {', '.join(kinds)}") for index, (name, kinds) in enumerate(txs)),
    ]
    output.answer(_block_json(found), rows=rows)


def find_tx(chain: ChainClient, name: str) -> Committed:
    """A transaction in a block. Raises ChainFailure: NOT_ON_CHAIN."""
    found = chain.tx(name)
    if found is None:
        raise ChainFailure(
            ChainCode.NOT_ON_CHAIN,
            expected=f"a block with transaction {name}",
            found=f"none up to block {chain.height()}",
        )
    return found


def tx_json(found: Committed, kinds: list[str]) -> dict[str, Json]:
    """A committed transaction, for programs."""
    refusal = found.refusal()
    return {
        "tx_hash": found.hash,
        "height": found.height,
        "messages": kinds,
        "code": found.code,
        "codespace": found.codespace,
        "name": None if refusal is None else refusal.code,
        "log": found.log,
        "gas_wanted": found.gas_wanted,
        "gas_used": found.gas_used,
    }


def tx_rows(found: Committed, kinds: list[str]) -> list[Row]:
    """A committed transaction, for people."""
    refusal = found.refusal()
    result = "done" if refusal is None else f"refused, {found.codespace}/{found.code}: {refusal}"
    return [
        ("tx_hash", found.hash),
        ("height", str(found.height)),
        *([("messages", ", ".join(kinds))] if kinds else []),
        ("result", result),
        ("gas", f"{found.gas_used} used of {found.gas_wanted}"),
    ]


def kinds_of(raw: bytes) -> list[str]:
    """The type URLs of a transaction's messages; none where it is no transaction."""
    try:
        body = TxBody.FromString(TxRaw.FromString(raw).body_bytes)
    except DecodeError:
        return []
    return [str(message.type_url) for message in body.messages]


def _kinds_at(chain: ChainClient, found: Committed) -> list[str]:
    for raw in chain.block(found.height).txs:
        if tx_hash(raw) == found.hash:
            return kinds_of(raw)
    return []


def _explain(found: Committed) -> list[str]:
    return [f"seedpactd explain {found.hash}"] if found.code else []


def _block_json(found: Block) -> dict[str, Json]:
    return {
        "chain_id": found.header.chain_id,
        "height": found.header.height,
        "time": utc(found.header.time_ns),
        "hash": found.block_id.hash.hex().upper(),
        "app_hash": found.header.app_hash.hex().upper(),
        "validators_hash": found.header.validators_hash.hex().upper(),
        "proposer_address": found.header.proposer_address.hex().upper(),
        "txs": [{"tx_hash": tx_hash(raw), "messages": kinds_of(raw)} for raw in found.txs],
    }
