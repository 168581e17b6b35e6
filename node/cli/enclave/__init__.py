"""`seedpactd enclave`: run an enclave, give it keys, look at it, keep its backup."""

from __future__ import annotations

import click

from node.cli.enclave.backup import backup, restore
from node.cli.enclave.info import info, network_keys
from node.cli.enclave.init import init
from node.cli.enclave.make_network import make_network
from node.cli.enclave.run import run


@click.group(short_help="Run an enclave, give it keys, keep its backup.")
def enclave() -> None:
    """Run the enclave of a node, give it keys, look at it, keep its backup.

    `seedpactd start` runs a node's own enclave, and `seedpactd register` takes it through all steps
    of joining. An enclave confirms and imports against proofs of a chain alone, so these two steps
    have no command of their own.
    """


for command in (
    run,
    init,
    info,
    backup,
    restore,
    network_keys,
    make_network,
):
    enclave.add_command(command)
