"""`seedpactd tx`: sign a transaction with a key of the keyring, send it, wait for its block."""

from __future__ import annotations

import click

from node.cli.tx.bank import bank
from node.cli.tx.registration import registration


@click.group(short_help="Send a transaction.")
def tx() -> None:
    """Sign a transaction, send it, and wait until it is in a block.

    Gas is simulated and paid at --gas-prices unless --fees or --gas say otherwise.
    """


for command in (bank, registration):
    tx.add_command(command)
