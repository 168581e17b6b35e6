"""`seedpactd enclave make-context`: a pretended chain of a software network, at its first block."""

from __future__ import annotations

import hashlib
from typing import Final

import click

from enclave.attestation.policy import Policy
from enclave.attestation.types import TcbStatus, VerifiedReport
from enclave.registration.network import NetworkInputs
from enclave.registration.policy_codec import policy_to_proto
from enclave.registration.records import (
    NetworkKeys,
    NodeRecord,
    NodeStatus,
    Time,
    anchor_to_proto,
    encode_node_record,
    network_keys_to_proto,
    time_to_proto,
    verdict_of,
)
from enclave.registration.wire import encode
from node.cli.enclave.context_file import (
    ANCHOR_DEPTH,
    RECORD_LIFE_SECS,
    HandChain,
    hand_anchor,
    write_context,
)
from node.cli.enclave.founder import Founder, check_founder, read_founder
from node.cli.enclave.network_file import read_network
from node.cli.files import check_writable, write_file
from node.cli.help_text import command_line, examples
from node.cli.options import force_option, output_option
from node.cli.output import Output
from seedpact.enclave.v1 import service_pb2 as pb
from seedpact.registration.v1 import types_pb2

MAX_QUOTE_AGE_BLOCKS: Final = 100
_FOUNDER: Final = bytes(20)
"""The operator of a founder by hand: nobody pays for it."""


@click.command(
    "make-context",
    short_help="By hand: a pretended chain for a software network.",
    epilog=examples("seedpactd enclave make-context network.json founder.json --out context.json"),
)
@click.argument("network", metavar="NETWORK")
@click.argument("founder", metavar="FOUNDER")
@click.option("--out", required=True, metavar="FILE", help="Where to write it.")
@force_option
@output_option
def make_context(*, network: str, founder: str, out: str, force: bool, output: Output) -> None:
    """Write the context file of a network that has no chain yet.

    Takes the network file and the founder file of `enclave init --bootstrap`; checks that a genuine
    enclave of this network made the founder's keys. The file says what a chain would prove: height
    and time, a policy that admits the founder's code, the network's keys, headers to bind, and the
    records of the nodes. It is JSON: edit it to see what an enclave refuses.
    """
    check_writable(out, force=force)
    inputs, first = read_network(network), read_founder(founder)
    report = check_founder(first, inputs)
    chain = _first_block(inputs, first, report)
    write_file(out, write_context(chain), force=force)
    output.answer(
        {
            "out": out,
            "network_id": first.network_id.hex(),
            "height": chain.view.height,
            "founder": first.node_id.hex(),
        },
        headline=f"wrote {out}: the founder's quote is genuine and binds the network's keys",
        rows=[("network_id", first.network_id.hex()), ("founder", first.node_id.hex())],
        hints=[command_line("enclave", "init", network, "--context", out) + ", as a newcomer"],
    )


def _first_block(inputs: NetworkInputs, founder: Founder, report: VerifiedReport) -> HandChain:
    start, first = Time(inputs.genesis_time), inputs.initial_height
    keys = NetworkKeys(
        epoch=0, pk_io=founder.pk_io, kem_io=founder.kem_io, from_height=first, prev_seed=b""
    )
    view = pb.ChainContext(
        network_id=founder.network_id,
        height=first + ANCHOR_DEPTH,
        gate_time=time_to_proto(start),
        epoch=0,
        policy=encode(policy_to_proto(_policy(report))),
        network_keys=[encode(network_keys_to_proto(keys))],
        anchors=[encode(anchor_to_proto(hand_anchor(founder.network_id, first, start)))],
    )
    record = NodeRecord(
        node_id=founder.node_id,
        operator=_FOUNDER,
        exchange_key=founder.exchange_key,
        tls_key=founder.tls_key,
        epoch=0,
        report_data=report.report_data,
        envelope=bytes(48),  # a founder opens none
        verdict=verdict_of(report),
        quote_hash=hashlib.sha256(founder.quote).digest(),
        register_tx_hash=bytes(32),
        height=first,
        time=start,
        expires_at=Time(start.seconds + RECORD_LIFE_SECS),
        status=NodeStatus.CONFIRMED,
    )
    stored = types_pb2.NodeRecord.FromString(encode_node_record(record))
    return HandChain(view=view, records=(stored,))


def _policy(report: VerifiedReport) -> Policy:
    """The founder's code, on platforms like the founder's or better in nothing."""
    return Policy(
        serial=1,
        frozen=False,
        measurements=(report.measurement,),
        tcb_statuses=tuple(sorted({TcbStatus.UP_TO_DATE, report.tcb_status})),
        advisories=report.advisories,
        minimum_evaluation_number=report.evaluation_number,
        denied_fmspcs=(),
        max_quote_age_blocks=MAX_QUOTE_AGE_BLOCKS,
        require_machine_list=False,
        one_node_per_machine=False,
        allow_dynamic_platform=False,
        allow_cached_keys=False,
        allow_smt=False,
        upgrades=(),
    )
