"""`seedpactd receipt export`: one file with all that shows that a node was registered."""

from __future__ import annotations

import sys

import click

from enclave.registration.records import NODE_ID_BYTES
from node.cli.argument_types import Hex
from node.cli.chain_options import Target, chain_options
from node.cli.files import check_writable, write_file
from node.cli.help_text import examples
from node.cli.numbers import integer
from node.cli.options import force_option
from node.cli.output import Output
from node.receipts import NodeSource
from node.receipts import export as export_receipt


@click.command(
    short_help="The receipt of a node.",
    epilog=examples(
        "seedpactd receipt export 3f1c... > r.json",
        "seedpactd receipt export 3f1c... --out r.json --node http://127.0.0.1:26657",
    ),
)
@click.argument("node_id", metavar="NODE_ID", type=Hex(NODE_ID_BYTES))
@click.option(
    "--height",
    type=integer(1),
    metavar="N",
    help="Show the record as it was after block N.  [default: the newest that can be proven]",
)
@click.option("--out", metavar="FILE", help="Write it there, and not to stdout.")
@force_option
@chain_options
def export(
    *,
    node_id: bytes,
    height: int | None,
    out: str | None,
    force: bool,
    target: Target,
    output: Output,
) -> None:
    """Write the receipt of the node NODE_ID: one JSON file, verified before it is written.

    It needs a node that has the block of the registration, and for a receipt that begins with the
    genesis, the first block. Whoever registered does well to do this soon: the chain keeps only
    the newest collateral, and nodes keep the states of their last blocks alone.
    """
    if out is not None:
        check_writable(out, force=force)
    with target.client() as chain:
        chain.chain_id()
        made = export_receipt(NodeSource(chain), node_id, version=height)
    if out is None:
        sys.stdout.write(made.decode("ascii"))
        sys.stdout.flush()
        return
    write_file(out, made, force=force)
    output.answer(
        {"node_id": node_id.hex(), "out": out, "bytes": len(made)},
        headline=f"receipt of node {node_id.hex()}",
        rows=[("file", f"{out}, {len(made):,} bytes")],
        hints=[f"seedpactd receipt verify {out}"],
    )
