"""`seedpactd localnet add-node`: one newcomer more, in a network that runs."""

from __future__ import annotations

import sys
import time
from typing import Final

import click

from node.cli.failures import Failure
from node.cli.help_text import examples
from node.cli.localnet.options import folder_option
from node.cli.localnet.status import registration_json, registration_rows
from node.cli.options import output_option
from node.cli.output import Format, Output
from node.join import Progress
from node.localnet.building import add_newcomer, network_id_of
from node.localnet.failures import LocalnetCode
from node.localnet.joining import fund, register
from node.localnet.plan import LocalNode
from node.localnet.status import NodeStatus, look_at
from node.localnet.store import Folder

READY_SECS: Final = 120.0
_POLL_SECS: Final = 0.2


@click.command(
    "add-node", short_help="One newcomer more.", epilog=examples("seedpactd localnet add-node")
)
@folder_option
@output_option
def add_node(*, folder: Folder, output: Output) -> None:
    """Add a newcomer to the network that runs: its home, its processes, funds, the registration."""
    localnet = folder.load()
    if folder.running() is None:
        raise Failure(
            LocalnetCode.LOCALNET_NOT_RUNNING,
            expected=f"the localnet at {folder.path} to run",
            found="it does not",
        )
    node, through = add_newcomer(folder), localnet.bootstrap

    def say(text: str) -> None:
        if output.format is Format.TEXT:
            sys.stderr.write(f"{node.name}: {text}\n")
            sys.stderr.flush()

    def progress(now: Progress) -> None:
        if now.done:
            say(f"{now.step} in {now.elapsed_ms} ms, {now.text}")

    fund(folder, through, node)
    say("has coins")
    _wait(folder, node, enclave=True)
    network_id = network_id_of(folder.home(through))
    register(folder, through, node, network_id=network_id, progress=progress)
    status = _wait(folder, node, enclave=False)
    done = folder.load().last_registration
    output.answer(
        {"name": node.name, "rpc": status.rpc, "registration": registration_json(done)},
        headline=f"{node.name} holds the seed and is in sync at block {status.height}",
        rows=[("RPC", status.rpc), ("gRPC", status.grpc), *registration_rows(done)],
        hints=["seedpactd localnet status"],
    )


def _wait(folder: Folder, node: LocalNode, *, enclave: bool) -> NodeStatus:
    """Until its enclave answers, or until it is in sync. Raises Failure: LOCALNET_FAILED."""
    deadline = time.monotonic() + READY_SECS
    while True:
        status = look_at(folder, node)
        if status.enclave_state is not None if enclave else status.in_sync:
            return status
        if time.monotonic() >= deadline or folder.running() is None:
            raise Failure(
                LocalnetCode.LOCALNET_FAILED,
                expected=f"{node.name} {'ready' if enclave else 'in sync'}",
                found=f"it is not; logs in {folder.home(node).logs}",
            )
        time.sleep(_POLL_SECS)
