"""`seedpactd reset-state`: the way out where a node's state is damaged."""

from __future__ import annotations

import click

from node.cli.failures import usage
from node.cli.help_text import examples
from node.cli.options import home_option, output_option
from node.cli.output import Output
from node.config import Home
from node.config.parts import Part
from node.config.state_sync import forget_blocks, is_state_sync_on
from node.storage import reset_storage
from node.supervisor.preflight import check_home, check_not_running, claimed


@click.command(
    "reset-state",
    short_help="Remove the state; it is made anew from the blocks.",
    epilog=examples("seedpactd reset-state --home node1"),
)
@click.option(
    "--blocks", is_flag=True, help="CometBFT's blocks too: the network has to give them again."
)
@home_option
@output_option
def reset_state(*, blocks: bool, home: Home, output: Output) -> None:
    """Remove what the node computed from its blocks: state, snapshots, the index of transactions.

    Nothing is lost: CometBFT keeps every block, and gives them all again at the next start. The
    enclave, the keys and CometBFT's own data stay as they are. A node that began with a snapshot
    has no blocks before it: there it takes --blocks, and then another state sync (`register
    --state-sync`) or every block of the network.
    """
    check_home(home)
    if is_state_sync_on(home) and not blocks:
        raise usage(
            "--blocks on a node that began with a snapshot", "none, and no blocks before that"
        )
    with claimed(home):
        check_not_running(home, list(Part))
        reset_storage(home.application_data)
        if blocks:
            forget_blocks(home)
    removed = str(home.data if blocks else home.application_data)
    again = "seedpactd register --state-sync, or seedpactd start, which asks for every block"
    output.answer(
        {"removed": removed},
        headline="State and blocks removed" if blocks else "State removed",
        rows=[("removed", removed)],
        hints=[again if blocks else "seedpactd start, which makes it anew from CometBFT's blocks"],
        changes=True,
    )
