"""`seedpactd localnet`: a whole network on this machine."""

from __future__ import annotations

import click

from node.cli.localnet.add_node import add_node
from node.cli.localnet.join import join
from node.cli.localnet.kill import kill
from node.cli.localnet.logs import logs
from node.cli.localnet.prepare import prepare
from node.cli.localnet.reset import reset
from node.cli.localnet.status import status
from node.cli.localnet.stop import stop
from node.cli.localnet.up import up


@click.group(short_help="A whole network on this machine.")
def localnet() -> None:
    """Run validators and a newcomer on this machine, to see or to develop against.

    Software mode: it protects nothing. Everything listens on 127.0.0.1.
    """


for command in (up, status, logs, add_node, kill, stop, reset, prepare, join):
    localnet.add_command(command)
