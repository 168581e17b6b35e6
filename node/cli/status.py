"""`seedpactd status`: engine, chain and enclave of one node, on one page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from chain_module.address import to_text
from chain_module.bank.coins import DENOM
from node.chain_client import ChainClient, ChainFailure, Price
from node.chain_proof import follows, lacks_start, older_blocks_missing, start_height
from node.cli.argument_types import Address
from node.cli.chain_options import Target, chain_options
from node.cli.enclave.info import newer_backup_rows, state_name, unproven_rows
from node.cli.first_block import FirstBlock, awaited
from node.cli.help_text import examples
from node.cli.output import Output, Row
from node.cli.query.registration import status_name
from node.cli.times import utc, utc_seconds
from node.config import NodeConfig
from node.enclave_client import EnclaveClient, EnclaveFailure
from node.host.freshness import MARGIN_HEADERS, confirms, headers_left, nonce_fee
from node.json_form import Json
from seedpact.enclave.v1 import service_pb2 as pb
from seedpact.registration.v1 import types_pb2

ENCLAVE_SECS: Final = 3.0

_FORKED: Final = (
    "two signed headers of one height were proven to the enclave: it confirms nobody, for ever"
)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the page: values for programs, rows for people."""

    data: dict[str, Json] | None
    rows: list[Row]


@click.command(
    short_help="Heights, peers, the enclave, this node's record.",
    epilog=examples("seedpactd status", "seedpactd status --output json"),
)
@click.option(
    "--enclave",
    type=Address(),
    help="Where the enclave serves.  [default: node.toml's, where the home has one]",
)
@chain_options
def status(*, enclave: str | None, target: Target, output: Output) -> None:
    """Show how far the node came, who its peers are, and what its enclave and record say.

    A part that does not answer is shown as such; the command fails only where the engine is away,
    and not where it waits for the genesis time.
    """
    address, price = enclave, Price()
    token: Path | None = target.home.enclave_token
    if target.home.is_initialized:
        config = NodeConfig.load(target.home)
        address = address or config.enclave_address
        token = config.enclave_token
        price = Price(gas_price=config.minimum_gas_price.amount)
    info = None if address is None else _info(address, token)
    with target.client() as chain:
        try:
            engine = _engine(chain)
        except ChainFailure:
            waits = awaited(target.home, target.node)
            if waits is None:
                raise
            parts = {"engine": _waiting(waits), "enclave": _enclave(address, info, token)}
        else:
            parts = {
                "engine": engine,
                "node": _node(chain),
                "enclave": _enclave(address, info, token),
                "record": _record(chain, info),
                "headers": _headers(chain, info),
                "freshness": _freshness(chain, info, price),
            }
    output.answer(
        {name: part.data for name, part in parts.items()},
        rows=[row for part in parts.values() for row in part.rows],
    )


def _engine(chain: ChainClient) -> Part:
    found = chain.status()
    peers = chain.peers()
    behind = "catching up" if found.catching_up else "in sync"
    newest = f"{found.latest_height} of {utc(found.latest_time_ns)}"
    nobody = "none"
    if not found.latest_height:
        newest, nobody = "none yet", "no peer, so no block: `seedpactd register` again finds one"
    return Part(
        data={
            "chain_id": found.chain_id,
            "node_id": found.node_id,
            "moniker": found.moniker,
            "version": found.version,
            "latest_block_height": found.latest_height,
            "latest_block_time": utc(found.latest_time_ns),
            "catching_up": found.catching_up,
            "voting_power": found.validator_power,
            "peers": [{"node_id": p.node_id, "moniker": p.moniker} for p in peers],
        },
        rows=[
            ("chain", found.chain_id),
            ("block", f"{newest}, {behind}"),
            ("peers", ", ".join(f"{p.moniker} {p.node_id}" for p in peers) or nobody),
            ("voting power", str(found.validator_power) if found.validator_power else "none"),
        ],
    )


def _waiting(waits: FirstBlock) -> Part:
    """An engine that answers nobody before its genesis time."""
    return Part(
        data={
            "chain_id": waits.chain_id,
            "latest_block_height": 0,
            "starts_at": utc(waits.time_ns),
            "starts_in_secs": waits.left_secs,
        },
        rows=[("chain", waits.chain_id), ("block", f"none yet: {waits.words}")],
    )


def _node(chain: ChainClient) -> Part:
    try:
        height = chain.height()
        params = chain.params()
        libraries = chain.libraries()
    except ChainFailure as failure:
        return Part(data=None, rows=[("node", str(failure))])
    return Part(
        data={
            "height": height,
            "state_height": params.height,
            "network_id": params.network_id.hex(),
            "grpc": chain.connection.address,
            "libraries": dict(libraries),
        },
        rows=[
            ("node", f"state of block {params.height} at {chain.connection.address}"),
            ("network_id", params.network_id.hex()),
            ("libraries", ", ".join(f"{name} {found}" for name, found in libraries.items())),
        ],
    )


def _info(address: str, token: Path | None) -> pb.GetInfoResponse | EnclaveFailure:
    with EnclaveClient(address, token=token, timeout=ENCLAVE_SECS) as client:
        try:
            return client.get_info()
        except EnclaveFailure as failure:
            return failure


def _enclave(
    address: str | None, info: pb.GetInfoResponse | EnclaveFailure | None, token: Path | None
) -> Part:
    if info is None:
        return Part(data=None, rows=[("enclave", "none: the home has no node.toml")])
    if isinstance(info, EnclaveFailure):
        return Part(data=None, rows=[("enclave", str(info))])
    mode = types_pb2.Mode.Name(info.mode).removeprefix("MODE_").lower()
    return Part(
        data={
            "address": address,
            "proven": bool(info.endpoint_proof),
            "state": state_name(info.state),
            "mode": mode,
            "version": info.version,
            "node_id": info.node_id.hex() or None,
            "network_id": info.network_id.hex() or None,
            "epochs": list(info.epochs),
            "trusted_height": info.trusted_height,
            "forked": info.forked,
            "backup_current": info.backup_current,
            "backup_newer": info.backup_newer,
        },
        rows=[
            ("enclave", f"{state_name(info.state)}, {mode} mode, {info.version} at {address}"),
            *unproven_rows(info, token),
            *([("node_id", info.node_id.hex())] if info.node_id else []),
            *([("forked", _FORKED)] if info.forked else []),
            *newer_backup_rows(info),
        ],
    )


def _record(chain: ChainClient, info: pb.GetInfoResponse | EnclaveFailure | None) -> Part:
    if not isinstance(info, pb.GetInfoResponse) or not info.node_id:
        return Part(data=None, rows=[])
    try:
        record = chain.node(info.node_id)
    except ChainFailure as failure:
        return Part(data=None, rows=[("record", str(failure))])
    if record is None:
        return Part(data=None, rows=[("record", "none: this node is not registered")])
    until = utc_seconds(record.expires_at.seconds)
    return Part(
        data={
            "status": status_name(record),
            "height": record.height,
            "expires_at": until,
            "register_tx_hash": record.register_tx_hash.hex().upper(),
        },
        rows=[("record", f"{status_name(record)} in block {record.height}, until {until}")],
    )


def _headers(chain: ChainClient, info: pb.GetInfoResponse | EnclaveFailure | None) -> Part:
    """Whether this node has the block from which the enclave goes on."""
    if not isinstance(info, pb.GetInfoResponse) or not follows(info):
        return Part(data=None, rows=[])
    base = chain.status().earliest_height
    lacking = lacks_start(info, base)
    said = str(older_blocks_missing(info, base, ["`seedpactd doctor` asks others"]))
    return Part(
        data={"from_height": start_height(info), "earliest_height": base, "missing": lacking},
        rows=[("older blocks", said)] if lacking else [],
    )


def _freshness(
    chain: ChainClient, info: pb.GetInfoResponse | EnclaveFailure | None, price: Price
) -> Part:
    """Whether the enclave confirms, for how long, and whether the next nonce can be paid."""
    if not isinstance(info, pb.GetInfoResponse) or not confirms(info):
        return Part(data=None, rows=[])
    try:
        engine, record = chain.status(), chain.node(info.node_id)
        held = 0 if record is None else chain.balance(record.operator)
    except ChainFailure as failure:
        return Part(data=None, rows=[("freshness", str(failure))])
    if record is None or not engine.validator_power:
        return Part(data=None, rows=[])
    left, needed = headers_left(info, engine.latest_height), nonce_fee(price)
    operator = to_text(record.operator)
    fresh = f"confirms up to block {info.fresh_until}, {left} more"
    rows: list[Row] = [("freshness", fresh if left else "none proven: it confirms nobody yet")]
    if held < needed:
        rows.append(("cannot pay", _unpaid(operator, held=held, needed=needed, left=left)))
    return Part(
        data={
            "fresh_until": info.fresh_until,
            "headers_left": left,
            "operator": operator,
            "balance": held,
            "fee": needed,
            "can_pay": held >= needed,
        },
        rows=rows,
    )


def _unpaid(operator: str, *, held: int, needed: int, left: int) -> str:
    when = f"in {left - MARGIN_HEADERS} blocks" if left > MARGIN_HEADERS else "now"
    return (
        f"{operator} has {held}{DENOM}, and the next nonce, due {when}, costs {needed}{DENOM}: "
        "send it coins, or the enclave will confirm nobody"
    )
