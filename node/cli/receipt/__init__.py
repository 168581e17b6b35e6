"""`seedpactd receipt`: what shows a registration for ever, and to anyone."""

from __future__ import annotations

import click

from node.cli.receipt.export import export
from node.cli.receipt.verify import verify


@click.group(short_help="Show a registration to anyone, offline.")
def receipt() -> None:
    """Make a receipt of a node's registration, or judge one.

    docs/receipts.md says what it shows and what not.
    """


receipt.add_command(export)
receipt.add_command(verify)
