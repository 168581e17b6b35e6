"""No option, and no variable of ours, may be empty: in a script that is one that was never set.

An empty --home would be a node in the current folder, an empty --chain-id any chain.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Final

import click

from node.cli.failures import usage

MAY_BE_EMPTY: Final = frozenset({"memo"})

_Callback = Callable[[click.Context, click.Parameter, Any], Any]


def refuse_empty(command: click.Command) -> None:
    """Makes each option of a command, and of those below it, refuse to be empty."""
    for param in command.params:
        if isinstance(param, click.Option) and param.name not in MAY_BE_EMPTY:
            param.callback = _refusing(param.callback)
    if isinstance(command, click.Group):
        for below in command.commands.values():
            refuse_empty(below)


def _refusing(then: _Callback | None) -> _Callback:
    def check(ctx: click.Context, param: click.Parameter, value: object) -> object:
        if not ctx.resilient_parsing:
            _check(ctx, param, value)
        return then(ctx, param, value) if then is not None else value

    return check


def _check(ctx: click.Context, param: click.Parameter, value: object) -> None:
    """Raises Failure: WRONG_USAGE."""
    source = ctx.get_parameter_source(str(param.name))
    chosen = {click.core.ParameterSource.COMMANDLINE, click.core.ParameterSource.ENVIRONMENT}
    if source in chosen:
        values = value if isinstance(value, tuple) else (value,)
        if "" in values or b"" in values:
            raise usage(f"{param.opts[0]} with a value, or left out", "an empty one")
        return
    variable = param.envvar
    if isinstance(variable, str) and os.environ.get(variable) == "":
        raise usage(f"{variable} with a value, or unset", "an empty one")
