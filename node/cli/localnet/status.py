"""`seedpactd localnet status`: the nodes, their processes, the last registration."""

from __future__ import annotations

from dataclasses import asdict

import click

from node.cli.help_text import examples
from node.cli.localnet.options import folder_option, typed
from node.cli.options import output_option
from node.cli.output import Format, Output, Row, print_json
from node.json_form import Json
from node.localnet.plan import Localnet, Registration
from node.localnet.status import NodeStatus, look
from node.localnet.store import Folder


@click.command(
    short_help="The nodes and the last registration.",
    epilog=examples("seedpactd localnet status --output json"),
)
@folder_option
@output_option
def status(*, folder: Folder, output: Output) -> None:
    """Show each node: endpoints, process ids, height, the state of its enclave.

    A process that does not run, and what it would have said, is null.
    """
    localnet = folder.load()
    nodes = look(folder, localnet)
    if output.format is Format.JSON:
        print_json(network_json(localnet, nodes))
        return
    running = folder.running()
    output.answer(
        {},
        headline=f"localnet {localnet.chain_id} at {folder.path}: "
        + (f"runs, process {running.pid}" if running else "does not run"),
        rows=[*(_row(node) for node in nodes), *registration_rows(localnet.last_registration)],
        hints=[] if running else [typed("up", folder)],
    )


def network_json(localnet: Localnet, nodes: list[NodeStatus]) -> dict[str, Json]:
    """What `localnet status --output json` prints."""
    return {
        "nodes": [_node_json(node) for node in nodes],
        "last_registration": registration_json(localnet.last_registration),
    }


def registration_json(done: Registration | None) -> dict[str, Json] | None:
    """The last registration, or null."""
    if done is None:
        return None
    known = asdict(done)
    del known["name"]
    return known


def registration_rows(done: Registration | None) -> list[Row]:
    """The same for people."""
    if done is None:
        return []
    times = ", ".join(f"{step} {ms} ms" for step, ms in done.timings_ms.items())
    return [
        ("last registration", f"{done.name}, node {done.node_id}"),
        ("register", f"{done.tx_hash} in block {done.height}"),
        ("confirm", f"{done.confirm_tx_hash} in block {done.height}, at {done.confirm_index}"),
        ("import", _import_row(done)),
        ("receipt", done.receipt or "none"),
        ("times", times),
    ]


def _import_row(done: Registration) -> str:
    if not done.proven_height:
        return "the enclave held the seed already"
    steps = done.light_client_steps
    return f"by proof at header {done.proven_height}, light client steps: {steps}"


def _node_json(node: NodeStatus) -> dict[str, Json]:
    return {
        "name": node.name,
        "role": str(node.role),
        "home": node.home,
        "rpc": node.rpc,
        "grpc": node.grpc,
        "rest": None,  # there is no REST service yet
        "enclave": node.enclave,
        "pids": dict(node.pids),
        "height": node.height,
        "enclave_state": node.enclave_state,
        "node_id": node.node_id,
    }


def _row(node: NodeStatus) -> Row:
    down = [name for name, pid in node.pids.items() if pid is None]
    height = "no answer" if node.height is None else f"block {node.height}"
    state = f"enclave {node.enclave_state or 'away'}"
    ended = f", not running: {' '.join(down)}" if down else ""
    return node.name, f"{height}, {state}, RPC {node.rpc}, gRPC {node.grpc}{ended}"
