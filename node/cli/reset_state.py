"""`seedpactd reset-state`: the way out where a node's state is damaged."""

from __future__ import annotations

import click

from node.cli.help_text import examples
from node.cli.options import home_option, output_option
from node.cli.output import Output
from node.config import Home
from node.storage import reset_storage
from node.supervisor.node_group import Part
from node.supervisor.preflight import check_home, check_not_running, claimed


@click.command(
    "reset-state",
    short_help="Remove the state; it is made anew from the blocks.",
    epilog=examples("seedpactd reset-state --home node1"),
)
@home_option
@output_option
def reset_state(*, home: Home, output: Output) -> None:
    """Remove what the node computed from its blocks: state, snapshots, the index of transactions.

    Nothing is lost: CometBFT keeps every block, and gives them all again at the next start. The
    enclave, the keys and CometBFT's own data stay as they are.
    """
    check_home(home)
    with claimed(home):
        check_not_running(home, list(Part))
        reset_storage(home.application_data)
    output.answer(
        {"removed": str(home.application_data)},
        headline="State removed",
        rows=[("removed", str(home.application_data))],
        hints=["seedpactd start, which makes it anew from CometBFT's blocks"],
    )
