"""`seedpactd enclave`: run an enclave, give it keys, let it join, keep its backup."""

from __future__ import annotations

import click

from node.cli.enclave.backup import backup, restore
from node.cli.enclave.confirm import confirm
from node.cli.enclave.import_seed import import_seed
from node.cli.enclave.info import info, network_keys
from node.cli.enclave.init import init
from node.cli.enclave.make_context import make_context
from node.cli.enclave.make_network import make_network
from node.cli.enclave.quote import quote
from node.cli.enclave.run import run


@click.group(short_help="Run an enclave, and let it join a network.")
def enclave() -> None:
    """Run the enclave of a node, give it keys, let it join a network, keep its backup.

    `seedpactd start` runs a node's own enclave, and `seedpactd register` takes it through all steps
    of a real chain. By hand, in software mode, make-network and make-context stand in for a chain,
    and a newcomer's way is run, init, quote, (be confirmed,) import: see docs/operators.md.
    """


for command in (
    run,
    init,
    info,
    backup,
    restore,
    network_keys,
    quote,
    confirm,
    import_seed,
    make_network,
    make_context,
):
    enclave.add_command(command)
