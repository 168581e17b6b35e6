"""`seedpactd enclave`: run an enclave, look at it, keep its backup."""

from __future__ import annotations

import click

from node.cli.enclave.backup import backup, restore
from node.cli.enclave.info import info, network_keys
from node.cli.enclave.run import run


@click.group(short_help="Run an enclave, look at it, keep its backup.")
def enclave() -> None:
    """Run the enclave of a node, look at it, keep its backup.

    `seedpactd start` runs a node's own enclave. Its keys and its seed come with a chain alone:
    `seedpactd genesis bootstrap` founds one, and `seedpactd register` joins one.
    """


for command in (run, info, backup, restore, network_keys):
    enclave.add_command(command)
