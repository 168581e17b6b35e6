"""`seedpactd localnet join`: registers one node of a prepared network, through its own chain."""

from __future__ import annotations

import sys
import time
from typing import Final

import click

from node.cli.failures import Failure
from node.cli.help_text import examples
from node.cli.localnet.options import folder_option, named
from node.cli.localnet.status import registration_json, registration_rows
from node.cli.options import output_option
from node.cli.output import Format, Output
from node.join import Progress
from node.localnet.building import network_id_of
from node.localnet.failures import LocalnetCode
from node.localnet.joining import fund, register
from node.localnet.plan import LocalNode
from node.localnet.status import NodeStatus, look_at
from node.localnet.store import Folder

READY_SECS: Final = 300.0
_POLL_SECS: Final = 0.2


@click.command(
    short_help="Register one node of a prepared network.",
    epilog=examples("seedpactd localnet join validator1 --home /localnet"),
)
@click.argument("name")
@folder_option
@output_option
def join(*, name: str, folder: Folder, output: Output) -> None:
    """Wait until the node follows its chain, fund its operator if needed, and register it.

    For networks whose processes something else runs, as docker compose; `localnet up` does it by
    itself. It can be repeated: a node is registered once.
    """
    node = named(folder.load(), name)
    wait_for(folder, node, enclave=True)
    wait_for(folder, node, enclave=False)
    enter(folder, through=node, node=node, output=output)
    done = folder.load().last_registration
    output.answer(
        {"name": node.name, "registration": registration_json(done)},
        headline=f"{node.name} holds the seed",
        rows=registration_rows(done),
        changes=True,
    )


def enter(folder: Folder, *, through: LocalNode, node: LocalNode, output: Output) -> None:
    """Funds and registers a node whose enclave answers; its steps go to stderr."""

    def say(text: str) -> None:
        if output.format is Format.TEXT:
            sys.stderr.write(f"{node.name}: {text}\n")
            sys.stderr.flush()

    def progress(now: Progress) -> None:
        if now.done:
            say(f"{now.step} in {now.elapsed_ms} ms, {now.text}")

    fund(folder, through, node)
    say("has coins")
    network_id = network_id_of(folder.home(through))
    register(folder, through, node, network_id=network_id, progress=progress)


def wait_for(
    folder: Folder, node: LocalNode, *, enclave: bool, secs: float = READY_SECS
) -> NodeStatus:
    """Until a node's enclave answers, or until it is in sync. Raises Failure: LOCALNET_FAILED."""
    deadline = time.monotonic() + secs
    while True:
        status = look_at(folder, node)
        ready = status.in_sync and bool(status.height)
        if status.enclave_state is not None if enclave else ready:
            return status
        if time.monotonic() >= deadline:
            raise Failure(
                LocalnetCode.LOCALNET_FAILED,
                expected=f"{node.name} {'ready' if enclave else 'in sync'}",
                found=f"it is not after {secs:.0f} s; logs in {folder.home(node).logs}",
            )
        time.sleep(_POLL_SECS)
