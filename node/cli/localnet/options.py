"""What the commands of `localnet` share."""

from __future__ import annotations

from typing import Final

import click

from node.cli.failures import usage
from node.cli.help_text import command_line
from node.config.files import expanded
from node.config.home import check_path
from node.config.parts import Part
from node.localnet.plan import Localnet, LocalNode
from node.localnet.store import Folder

DEFAULT_FOLDER: Final = "~/.seedpact-localnet"
FOLDER_VARIABLE: Final = "SEEDPACT_LOCALNET"
MAX_OFFSET: Final = 30_000


def _as_folder(_ctx: click.Context, _param: click.Parameter, value: str) -> Folder:
    path = expanded(value).absolute()
    check_path(path)
    return Folder(path)


folder_option = click.option(
    "--home",
    "folder",
    default=DEFAULT_FOLDER,
    show_default=True,
    envvar=FOLDER_VARIABLE,
    show_envvar=True,
    metavar="DIR",
    callback=_as_folder,
    help="Where the network lies: localnet.json, and a home for each node.",
)
"""The command gets `folder: Folder`."""


port_offset_option = click.option(
    "--port-offset",
    type=click.IntRange(0, MAX_OFFSET),
    help="Added to every port; nodes are 100 apart.  [default: 0]",
)


def typed(command: str, folder: Folder) -> str:
    """A command of `seedpactd localnet` as it is typed for this network."""
    is_default = folder.path == expanded(DEFAULT_FOLDER).absolute()
    return command_line("localnet", command, *([] if is_default else ["--home", str(folder.path)]))


def named(localnet: Localnet, name: str) -> LocalNode:
    """The node of that name. Raises Failure: WRONG_USAGE."""
    node = localnet.node(name)
    if node is None:
        raise usage(" or ".join(node.name for node in localnet.nodes), repr(name))
    return node


def parts_of(process: str) -> list[Part]:
    """The process of that name; "" is all. Raises Failure: WRONG_USAGE."""
    if not process:
        return list(Part)
    if process not in frozenset(Part):
        raise usage(" or ".join(Part), repr(process))
    return [Part(process)]
