"""`seedpactd query`: what the chain says, as one node of it tells."""

from __future__ import annotations

import click

from node.cli.query.accounts import auth, bank
from node.cli.query.blocks import block, tx
from node.cli.query.registration import registration


@click.group(short_help="Ask the chain.")
def query() -> None:
    """Ask a node what is on the chain.

    Answers are that node's word, but for what `query registration .. --prove` proves.
    """


for command in (auth, bank, block, registration, tx):
    query.add_command(command)
