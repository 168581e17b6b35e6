"""`seedpactd localnet reset`: removes the network's folder."""

from __future__ import annotations

import shutil

import click

from node.cli.failures import Failure
from node.cli.help_text import examples
from node.cli.localnet.options import folder_option
from node.cli.options import output_option
from node.cli.output import Output
from node.localnet.failures import LocalnetCode
from node.localnet.store import Folder


@click.command(short_help="Remove the network.", epilog=examples("seedpactd localnet reset"))
@folder_option
@output_option
def reset(*, folder: Folder, output: Output) -> None:
    """Remove the folder of a network that does not run: chain, keys and logs of every node.

    A folder without localnet.json is left alone.
    """
    if not folder.file.is_file():
        folder.load()  # says that there is none
    process = folder.running()
    if process is not None:
        raise Failure(
            LocalnetCode.LOCALNET_RUNNING,
            expected="a network that does not run",
            found=f"process {process.pid}",
        )
    shutil.rmtree(folder.path)
    output.answer({"removed": str(folder.path)}, headline=f"removed {folder.path}")
