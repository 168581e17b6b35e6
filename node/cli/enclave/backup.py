"""`seedpactd enclave backup` and `restore`: the sealed state, for another disk of one machine."""

from __future__ import annotations

import hashlib
from typing import Final

import click

from node.cli.argument_types import Hex
from node.cli.enclave.info import state_name
from node.cli.enclave.place import Place, place_options
from node.cli.files import check_writable, read_file, write_file
from node.cli.help_text import command_line, examples
from node.cli.options import force_option, output_option
from node.cli.output import Output
from seedpact.enclave.v1 import service_pb2 as pb

MAX_BACKUP_BYTES: Final = 1024 * 1024
"""As the enclave's own limit."""


@click.command(
    short_help="Write the sealed backup to a file.",
    epilog=examples("seedpactd enclave backup --out /mnt/other-disk/enclave.backup"),
)
@place_options
@click.option("--out", required=True, metavar="FILE", help="Where; mode 0600, written whole.")
@force_option
@output_option
def backup(*, place: Place, out: str, force: bool, output: Output) -> None:
    """Write a copy of the sealed state, to survive a lost disk.

    Only the same code on the same machine opens it (in software mode: with the key file of its
    --home beside it). It does not survive a lost machine: that one registers anew. Make one after
    each quote and each import.
    """
    check_writable(out, force=force)
    with place.client() as client:
        data = client.backup().backup
        network_id = client.get_info().network_id.hex()
    write_file(out, data, force=force, private=True)
    output.answer(
        {
            "out": out,
            "bytes": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
            "network_id": network_id,
        },
        headline=f"wrote {out}, {len(data):,} bytes; to take it back into an empty enclave:",
        hints=[command_line("enclave", "restore", out, "--network-id", network_id)],
    )


@click.command(
    short_help="Take a backup of this machine back.",
    epilog=examples("seedpactd enclave restore enclave.backup --network-id 3f1c..."),
)
@click.argument("file", metavar="FILE")
@click.option(
    "--network-id",
    required=True,
    type=Hex(32),
    help="The network that you mean; a backup of another one is refused.",
)
@place_options
@output_option
def restore(*, file: str, network_id: bytes, place: Place, output: Output) -> None:
    """Take the backup in FILE back, into an EMPTY enclave of the machine that sealed it."""
    data = read_file(file, what="a backup", limit=MAX_BACKUP_BYTES)
    with place.client() as client:
        request = pb.RestoreRequest(backup=data, network_id=network_id)
        state = state_name(client.restore(request).state)
    output.answer(
        {"state": state, "network_id": network_id.hex()},
        headline=f"restored: state {state}",
        hints=["seedpactd enclave info"],
        changes=True,
    )
