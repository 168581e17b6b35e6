"""Types of options that end in CometBFT's config.toml, by the engine's own rules."""

from __future__ import annotations

from collections.abc import Callable

import click

from node.cli.failures import usage
from node.config import engine_values
from node.config.toml_reader import WrongValue


class EngineValue(click.ParamType[str]):
    """A text of one of the forms in `node.config.engine_values`."""

    def __init__(self, name: str, form: Callable[[object], str]) -> None:
        self.name = name
        self._form = form

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """The text as it came. Raises Failure: WRONG_USAGE."""
        del ctx
        try:
            return self._form(value)
        except WrongValue as wrong:
            option = isinstance(param, click.Option)
            named = param.opts[0] if option and param else self.name.upper()
            raise usage(f"{named}: {wrong.expected}", repr(str(value)[:100])) from None


MONIKER = EngineValue("moniker", engine_values.moniker)
PEER = EngineValue("peer", engine_values.peer)
