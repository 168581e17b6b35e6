"""`seedpactd attest`: judge evidence, make its collateral, issue evidence for development."""

from __future__ import annotations

import click

from node.cli.attest.collateral import collateral
from node.cli.attest.issue import issue
from node.cli.attest.verify import verify


@click.group(short_help="Judge evidence, or issue it for development.")
def attest() -> None:
    """Judge evidence of any enclave, or issue evidence for development.

    Needs no enclave and no network: everything comes from files.
    """


attest.add_command(verify)
attest.add_command(collateral)
attest.add_command(issue)
