"""`seedpactd localnet add-node`: one newcomer more, in a network that runs."""

from __future__ import annotations

from typing import Final

import click

from node.cli.failures import Failure
from node.cli.help_text import examples
from node.cli.localnet.join import enter, wait_for
from node.cli.localnet.options import folder_option, typed
from node.cli.localnet.status import registration_json, registration_rows
from node.cli.options import output_option
from node.cli.output import Output
from node.localnet.building import add_newcomer
from node.localnet.failures import LocalnetCode
from node.localnet.plan import Stage
from node.localnet.store import Folder

START_SECS: Final = 30.0


@click.command(
    "add-node", short_help="One newcomer more.", epilog=examples("seedpactd localnet add-node")
)
@click.option(
    "--state-sync", is_flag=True, help="It begins with a snapshot of the others, not with block 1."
)
@folder_option
@output_option
def add_node(*, state_sync: bool, folder: Folder, output: Output) -> None:
    """Add a newcomer to the network that runs: home, processes, funds, registration."""
    localnet = folder.load()
    if folder.running() is None or localnet.stage is not Stage.COMPLETE:
        raise Failure(
            LocalnetCode.LOCALNET_NOT_RUNNING,
            expected=f"the localnet at {folder.path} to run, complete",
            found=f"one that is built to {localnet.stage}"
            if folder.running()
            else "it does not run",
        )
    # `localnet up` sees it, and starts its processes.
    node = add_newcomer(folder, state_sync=state_sync)
    wait_for(folder, node, enclave=True, secs=START_SECS)
    enter(folder, through=localnet.bootstrap, node=node, output=output)
    status = wait_for(folder, node, enclave=False)
    done = folder.load().last_registration
    output.answer(
        {"name": node.name, "rpc": status.rpc, "registration": registration_json(done)},
        headline=f"{node.name} holds the seed and is in sync at block {status.height}",
        rows=[("RPC", status.rpc), ("gRPC", status.grpc), *registration_rows(done)],
        hints=[typed("status", folder)],
        changes=True,
    )
