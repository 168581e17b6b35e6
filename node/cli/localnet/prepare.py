"""`seedpactd localnet prepare`: homes, genesis and seed of a network that something else runs."""

from __future__ import annotations

from dataclasses import replace

import click

from enclave.crypto.labels import Mode
from node.cli.help_text import examples
from node.cli.localnet.options import folder_option, port_offset_option
from node.cli.options import output_option
from node.cli.output import Output
from node.join.enclave_process import enclave_of
from node.localnet.building import discard_homes, make_genesis, make_homes
from node.localnet.plan import DEFAULT_VALIDATORS, MAX_VALIDATORS, Stage, new_localnet
from node.localnet.store import Folder


@click.command(
    short_help="Make homes, genesis and seed; start nothing.",
    epilog=examples("seedpactd localnet prepare --containers --home /localnet"),
)
@click.option(
    "--validators",
    type=click.IntRange(1, MAX_VALIDATORS),
    default=DEFAULT_VALIDATORS,
    show_default=True,
    help="In genesis.",
)
@click.option("--containers", is_flag=True, help="For one container a process (docker compose).")
@port_offset_option
@folder_option
@output_option
def prepare(
    *,
    validators: int,
    containers: bool,
    port_offset: int | None,
    folder: Folder,
    output: Output,
) -> None:
    """Make the homes of validators and one newcomer, the genesis, and the network's seed.

    The bootstrap node's enclave runs for that time alone. Where it was done before, nothing is
    changed.
    """
    with folder.claimed():
        found = folder.load() if folder.file.exists() else None
        if found is not None and found.stage is Stage.HOMES:
            discard_homes(folder, found)
        elif found is not None:
            output.answer({"made": False}, headline=f"{folder.path} was prepared before")
            return
        localnet, _ = new_localnet(
            validators=validators, port_offset=port_offset or 0
        ).with_newcomer()
        folder.save(localnet)
        make_homes(folder, localnet, containers=containers)
        first = folder.home(localnet.bootstrap)
        with enclave_of(first.enclave, mode=Mode.SOFTWARE, address=None, configured="") as client:
            network_id = make_genesis(folder, localnet, client)
        folder.save(replace(localnet, stage=Stage.GENESIS))
    output.answer(
        {"made": True, "network_id": network_id.hex()},
        headline=f"made {len(localnet.nodes)} homes at {folder.path}",
        rows=[("network_id", network_id.hex())],
    )
