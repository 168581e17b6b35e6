"""Options that may stand before the command as well: `seedpactd --home DIR keys list`.

Cosmos daemons take their global flags anywhere. Here each command has them, and a group takes them
for the commands below it; the place nearest to the command counts, and each beats the environment.
"""

from __future__ import annotations

from typing import Final

import click

_KEY: Final = "seedpact.inherited."


class InheritedOption(click.Option):
    """An option of a command that a group above it may have been given."""

    def resolve_envvar_value(self, ctx: click.Context) -> str | None:
        """The value from a group above, else from the environment."""
        given: object = ctx.meta.get(_KEY + str(self.name))
        return given if isinstance(given, str) else super().resolve_envvar_value(ctx)


def let_groups_inherit(group: click.Group, names: tuple[str, ...], *, shown: bool = True) -> None:
    """Gives a group, and all groups in it, these options for the commands below.

    Args:
        group: the root.
        names: with their dashes: --home.
        shown: whether --help lists them.
    """
    group.params += [_for_group(name, shown=shown) for name in names]
    for command in group.commands.values():
        if isinstance(command, click.Group):
            let_groups_inherit(command, names, shown=False)


def _for_group(name: str, *, shown: bool) -> click.Option:
    return click.Option(
        [name],
        expose_value=False,
        callback=_keep,
        hidden=not shown,
        metavar="VALUE",
        help="As the command's own option of that name.",
    )


def _keep(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    if value is not None and not ctx.resilient_parsing:
        ctx.meta[_KEY + str(param.name)] = value
