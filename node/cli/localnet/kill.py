"""`seedpactd localnet kill`: kill -9, to see the network heal."""

from __future__ import annotations

import signal

import click

from node.cli.failures import Failure
from node.cli.help_text import examples
from node.cli.localnet.options import folder_option, named, parts_of, typed
from node.cli.options import output_option
from node.cli.output import Output
from node.config.parts import pid_file
from node.localnet.failures import LocalnetCode
from node.localnet.store import Folder
from node.supervisor import running


@click.command(
    short_help="Kill -9 a process, to see it heal.",
    epilog=examples(
        "seedpactd localnet kill validator2/enclave", "seedpactd localnet kill validator1"
    ),
)
@click.argument("name", metavar="NAME[/PROCESS]")
@folder_option
@output_option
def kill(*, name: str, folder: Folder, output: Output) -> None:
    """Send kill -9 to cometbft, node or enclave of a node, or to all three.

    Only to processes that this network has started; `localnet up` starts them again.
    """
    node_name, _, process = name.partition("/")
    node = named(folder.load(), node_name)
    killed: dict[str, int] = {}
    for part in parts_of(process):
        found = running(pid_file(folder.home(node), part))
        if found is not None and found.kill(signal.SIGKILL):
            killed[part] = found.pid
    if not killed:
        raise Failure(
            LocalnetCode.LOCALNET_NOT_RUNNING,
            expected=f"a process of {name} that runs",
            found="none",
        )
    output.answer(
        {"killed": killed},
        headline="killed " + ", ".join(f"{part} ({pid})" for part, pid in killed.items()),
        hints=[typed("status", folder)],
    )
