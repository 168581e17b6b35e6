"""`seedpactd localnet stop`: ends the network that runs; its state stays."""

from __future__ import annotations

import signal
import time
from typing import Final

import click

from node.cli.failures import Failure
from node.cli.help_text import examples
from node.cli.localnet.options import folder_option, typed
from node.cli.options import output_option
from node.cli.output import Output
from node.localnet.failures import LocalnetCode
from node.localnet.store import Folder

STOP_SECS: Final = 60.0
_POLL_SECS: Final = 0.05


@click.command(
    short_help="Stop the network; its state stays.", epilog=examples("seedpactd localnet stop")
)
@folder_option
@output_option
def stop(*, folder: Folder, output: Output) -> None:
    """Stop every process of the network, in order. `localnet up` starts it again as it was."""
    folder.load()
    process = folder.running()
    if process is None:
        output.answer({"stopped": False}, headline="the network did not run")
        return
    process.kill(signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECS
    while process.alive():
        if time.monotonic() >= deadline:
            raise Failure(
                LocalnetCode.LOCALNET_RUNNING,
                expected=f"the end of process {process.pid} within {STOP_SECS:.0f} s",
                found="it still runs",
            )
        time.sleep(_POLL_SECS)
    output.answer({"stopped": True}, headline="the network stopped", hints=[typed("up", folder)])
