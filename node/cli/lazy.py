"""The commands of `seedpactd` by name; the module of one is imported when it is asked for.

`start` must be on its feet soon, and so must a completion at each key: neither needs what the
others import.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Final

import click

from node.cli.empty import refuse_empty
from node.cli.inherited import let_groups_inherit
from node.cli.options import INHERITED

COMMANDS: Final = (
    "attest",
    "completion",
    "doctor",
    "enclave",
    "engine",
    "explain",
    "genesis",
    "init",
    "keys",
    "localnet",
    "query",
    "receipt",
    "register",
    "reset-state",
    "start",
    "status",
    "tx",
)
"""Each is in the module of its name, under its name; a dash is an underscore there."""


class LazyGroup(click.Group):
    """The root of the command line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, sorted."""
        del ctx
        return sorted({*COMMANDS, *self.commands})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now if it was not yet."""
        if cmd_name in COMMANDS and cmd_name not in self.commands:
            self._load(cmd_name)
        return super().get_command(ctx, cmd_name)

    def all_commands(self) -> Mapping[str, click.Command]:
        """Every command, by its name."""
        for name in COMMANDS:
            if name not in self.commands:
                self._load(name)
        return self.commands

    def _load(self, name: str) -> None:
        attribute = name.replace("-", "_")
        command = getattr(importlib.import_module(f"node.cli.{attribute}"), attribute)
        refuse_empty(command)
        if isinstance(command, click.Group):
            let_groups_inherit(command, INHERITED, shown=False)
        self.add_command(command)
