"""`seedpactd completion`: the script with which a shell completes commands and options."""

from __future__ import annotations

import sys
from typing import Final

import click
from click.shell_completion import get_completion_class

from node.cli.argument_types import OneOf
from node.cli.help_text import verbatim
from node.cli.options import output_option
from node.cli.output import Format, Output

SHELLS: Final = ("bash", "zsh", "fish")
_PROGRAM: Final = "seedpactd"
_VARIABLE: Final = "_SEEDPACTD_COMPLETE"


@click.command(
    short_help="A shell's completion script.",
    epilog=verbatim("Example, for this session:", "source <(seedpactd completion bash)"),
)
@click.argument("shell", type=OneOf(SHELLS))
@output_option
def completion(shell: str, output: Output) -> None:
    """Print the script that lets your SHELL complete seedpactd's commands and options."""
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"no completion for {shell}")
    root = click.get_current_context().find_root().command
    script = kind(root, {}, _PROGRAM, _VARIABLE).source()
    if output.format is Format.TEXT:
        sys.stdout.write(script)
    else:
        output.answer({"shell": shell, "script": script})
