"""`seedpactd enclave make-network`: the inputs of network_id for a software network by hand."""

from __future__ import annotations

from typing import Final

import click

from enclave.attestation.development_root import development_root_der
from enclave.attestation.types import TcbStatus
from enclave.crypto.labels import Mode
from enclave.registration.network import Floor, NetworkInputs, check_inputs, network_id
from node.cli.argument_types import Hex, OneOf, UnixTime
from node.cli.enclave.network_file import write_network
from node.cli.files import check_writable, write_file
from node.cli.help_text import command_line, examples
from node.cli.numbers import MAX_UINT32, integer
from node.cli.options import force_option, output_option
from node.cli.output import Output

NANOSECONDS: Final = 10**9
_NO_CHAIN: Final = bytes(32)
"""Validators, consensus parameters and app state of a network without a chain."""

FLOORS: Final = {s.text: s for s in TcbStatus if s is not TcbStatus.REVOKED}


@click.command(
    "make-network",
    short_help="By hand: the file of a software network.",
    epilog=examples(
        "seedpactd enclave make-network --chain-id by-hand-1 --genesis-time $(date +%s) \\",
        "  --out network.json",
    ),
)
@click.option("--chain-id", required=True, metavar="TEXT", help="The network's name.")
@click.option(
    "--genesis-time",
    required=True,
    type=UnixTime(),
    help="When it starts; its evidence is valid from one day before, for ten years.",
)
@click.option(
    "--worst-tcb-status",
    type=OneOf(list(FLOORS)),
    default=TcbStatus.UP_TO_DATE.text,
    show_default=True,
    metavar="STATUS",
    help="Part of the floor, which no vote can change.",
)
@click.option(
    "--upgrade-key",
    "upgrade_keys",
    type=Hex(32),
    multiple=True,
    help="Ed25519; repeatable. Without one, only the founder's own code can ever join.",
)
@click.option(
    "--threshold", type=integer(0, MAX_UINT32), metavar="T", help="Of the keys. Default: all."
)
@click.option("--out", required=True, metavar="FILE", help="Where to write it.")
@force_option
@output_option
def make_network(
    *,
    chain_id: str,
    genesis_time: int,
    worst_tcb_status: str,
    upgrade_keys: tuple[bytes, ...],
    threshold: int | None,
    out: str,
    force: bool,
    output: Output,
) -> None:
    """Write the network file of a software network without a chain.

    It holds everything that network_id is computed from, with the floor's root being the
    development root of this chain id. Every enclave of the network gets the same file, and computes
    network_id by itself.
    """
    check_writable(out, force=force)
    keys = tuple(sorted(set(upgrade_keys)))
    inputs = NetworkInputs(
        chain_id=chain_id,
        genesis_time_unix_nanos=genesis_time * NANOSECONDS,
        initial_height=1,
        genesis_validators_hash=_NO_CHAIN,
        consensus_params_hash=_NO_CHAIN,
        floor=Floor(
            mode=Mode.SOFTWARE,
            attestation_root=development_root_der(chain_id),
            upgrade_keys=keys,
            threshold=len(keys) if threshold is None else threshold,
            worst_tcb_status=FLOORS[worst_tcb_status],
        ),
        app_state_hash=_NO_CHAIN,
    )
    check_inputs(inputs, mode=Mode.SOFTWARE)
    identity = network_id(inputs).hex()
    write_file(out, write_network(inputs), force=force)
    output.answer(
        {"network_id": identity, "chain_id": chain_id, "out": out},
        headline=f"wrote {out}, a software network, which protects nothing",
        rows=[("chain_id", chain_id), ("network_id", identity)],
        hints=[command_line("enclave", "init", out, "--bootstrap", "--out", "founder.json")],
        changes=True,
    )
