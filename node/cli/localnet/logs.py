"""`seedpactd localnet logs`: what the processes wrote, each line with its node and process."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from node.cli.failures import usage
from node.cli.help_text import examples
from node.cli.localnet.options import folder_option, named, parts_of
from node.cli.options import output_option
from node.cli.output import Format, Output
from node.config.parts import log_file
from node.localnet.store import Folder

DEFAULT_LINES: Final = 20
POLL_SECS: Final = 0.3
_CHUNK: Final = 256 * 1024


@click.command(
    short_help="What the processes wrote.",
    epilog=examples("seedpactd localnet logs", "seedpactd localnet logs validator1/enclave -f"),
)
@click.argument("name", metavar="[NAME[/PROCESS]]", required=False)
@click.option("-f", "--follow", is_flag=True, help="Go on until Ctrl-C.")
@click.option(
    "-n",
    "--lines",
    type=click.IntRange(0, 100_000),
    default=DEFAULT_LINES,
    show_default=True,
    metavar="N",
    help="Of each file, the last N lines.",
)
@folder_option
@output_option
def logs(*, name: str | None, follow: bool, lines: int, folder: Folder, output: Output) -> None:
    """Print the last lines of the logs of all nodes, of one node, or of one process."""
    if follow and output.format is Format.JSON:
        raise usage("--output json, which is one object, without --follow", "both")
    files = [_Followed(label, path) for label, path in _files(folder, name)]
    if output.format is Format.JSON:
        output.answer({"logs": {file.label: file.last(lines) for file in files}})
        return
    for file in files:
        for line in file.last(lines):
            _print(file.label, line)
    with contextlib.suppress(KeyboardInterrupt):  # that is how it ends
        while follow:
            time.sleep(POLL_SECS)
            for file in files:
                for line in file.new():
                    _print(file.label, line)


def _files(folder: Folder, name: str | None) -> Iterator[tuple[str, Path]]:
    localnet = folder.load()
    node_name, _, process = (name or "").partition("/")
    nodes = list(localnet.nodes) if name is None else [named(localnet, node_name)]
    for node in nodes:
        for part in parts_of(process):
            yield f"{node.name}/{part}", log_file(folder.home(node), part)


class _Followed:
    """One log file and how far it was printed."""

    def __init__(self, label: str, path: Path) -> None:
        self.label = label
        self._path = path
        self._offset = 0
        self._rest = b""

    def last(self, count: int) -> list[str]:
        """The last lines now."""
        try:
            with self._path.open("rb") as file:
                end = file.seek(0, os.SEEK_END)
                file.seek(max(0, end - _CHUNK))
                data = file.read(_CHUNK)
        except FileNotFoundError:
            return []
        self._offset = end
        return data.decode("utf-8", "replace").splitlines()[-count:] if count else []

    def new(self) -> list[str]:
        """The lines that were completed since."""
        try:
            with self._path.open("rb") as file:
                if file.seek(0, os.SEEK_END) < self._offset:
                    self._offset, self._rest = 0, b""  # it was put aside, and begins anew
                file.seek(self._offset)
                data = file.read(_CHUNK)
        except FileNotFoundError:
            return []
        self._offset += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [line.decode("utf-8", "replace") for line in lines]


def _print(label: str, line: str) -> None:
    sys.stdout.write(f"{label}  {line}\n")
    sys.stdout.flush()
