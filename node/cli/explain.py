"""`seedpactd explain`: what a code means and what to do."""

from __future__ import annotations

import difflib

import click

from node.cli.failures import known_codes, usage
from node.cli.help_text import examples
from node.cli.options import output_option
from node.cli.output import Output
from node.cli.remedies import find_remedy


@click.command(
    short_help="What a code of an error means, and what to do.",
    epilog=examples("seedpactd explain debug_enclave"),
)
@click.argument("code")
@output_option
def explain(code: str, output: Output) -> None:
    """Say what the CODE at the start of an error means, and what to do about it."""
    name = code.strip().rstrip(":").lower().replace("-", "_")
    remedy = find_remedy(name)
    if remedy is None:
        near = difflib.get_close_matches(name, known_codes(), n=3)
        raise usage("a code of an error", f"{code!r}; near: {', '.join(near) or 'none'}")
    output.answer(
        {"code": name, "meaning": remedy.why, "remedy": remedy.step},
        headline=name,
        rows=[("meaning", remedy.why), ("remedy", remedy.step)],
    )
