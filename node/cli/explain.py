"""`seedpactd explain`: what a code means and what to do; of a transaction, what became of it."""

from __future__ import annotations

import difflib

import click

from node.cli.chain_options import Target, chain_options, is_tx_hash
from node.cli.failures import usage
from node.cli.help_text import examples
from node.cli.output import Output
from node.cli.query.blocks import find_tx
from node.cli.remedies import remedies, remedy_for
from node.json_form import Json


@click.command(
    short_help="What a code or a transaction's end means, and what to do.",
    epilog=examples("seedpactd explain debug_enclave", "seedpactd explain 5A0C..."),
)
@click.argument("code", metavar="CODE|TXHASH")
@chain_options
def explain(*, code: str, target: Target, output: Output) -> None:
    """Say what the CODE at the start of an error means, and what to do about it.

    With the hash of a transaction, a node is asked what became of it (--grpc).
    """
    text = code.strip()
    if is_tx_hash(text):
        _explain_tx(text.removeprefix("0x").upper(), target, output)
        return
    name = text.rstrip(":").lower().replace("-", "_")
    remedy = remedies().get(name)
    if remedy is None:
        near = difflib.get_close_matches(name, remedies(), n=3)
        raise usage("a code of an error", f"{code!r}; near: {', '.join(near) or 'none'}")
    output.answer(
        {"code": name, "meaning": remedy.why, "remedy": remedy.step},
        headline=name,
        rows=[("meaning", remedy.why), ("remedy", remedy.step)],
    )


def _explain_tx(tx_hash: str, target: Target, output: Output) -> None:
    with target.client() as chain:
        found = find_tx(chain, tx_hash)
    refusal = found.refusal()
    data: dict[str, Json] = {"tx_hash": tx_hash, "height": found.height}
    if refusal is None:
        output.answer(
            {**data, "code": "ok", "meaning": "It was done.", "remedy": None},
            headline=f"done, in block {found.height}",
        )
        return
    remedy = remedy_for(refusal.code)
    output.answer(
        {
            **data,
            "code": refusal.code,
            "codespace": found.codespace,
            "number": found.code,
            "expected": refusal.expected,
            "found": refusal.found,
            "meaning": remedy.why,
            "remedy": remedy.step,
        },
        headline=f"{refusal.code}, in block {found.height}",
        rows=[
            ("expected", refusal.expected),
            ("found", refusal.found),
            ("meaning", remedy.why),
            ("remedy", remedy.step),
        ],
    )
