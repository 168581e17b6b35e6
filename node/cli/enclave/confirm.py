"""`seedpactd enclave confirm`: a holder judges newcomers and encrypts the seed for each."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

import click

from enclave.attestation.quote import parse_quote
from enclave.registration.records import NodeRecord, NodeStatus, Time, verdict_from_proto
from node.cli.enclave.context_file import (
    RECORD_LIFE_SECS,
    HandChain,
    read_context,
    write_context,
)
from node.cli.enclave.registration_file import read_registration
from node.cli.failures import CliCode, Failure, usage
from node.cli.files import check_writable, write_file
from node.cli.help_text import command_line, examples
from node.cli.options import address_option, force_option, output_option, timeout_option
from node.cli.output import Output, Row
from node.cli.remedies import remedy_for
from node.cli.values import Json
from node.enclave_client import EnclaveClient, Registration, pack_newcomers
from seedpact.enclave.v1 import service_pb2 as pb

MAX_NEWCOMERS: Final = 100


@click.command(
    short_help="As a holder: verify newcomers, encrypt the seed for each.",
    epilog=examples("seedpactd enclave confirm context.json b.json --out confirmed.json"),
)
@click.argument("context", metavar="CONTEXT")
@click.argument("registrations", metavar="REGISTRATION...", nargs=-1, required=True)
@click.option("--out", required=True, metavar="FILE", help="Where the next context file goes.")
@force_option
@address_option
@timeout_option
@output_option
def confirm(
    *,
    context: str,
    registrations: tuple[str, ...],
    out: str,
    force: bool,
    address: str,
    timeout: float,
    output: Output,
) -> None:
    """Let a holder's enclave judge each REGISTRATION, and encrypt the seed for those that pass.

    Writes the next context file: one block later, with a record and an envelope for each newcomer
    that was confirmed. Nothing in it is secret; only the newcomer's enclave opens its envelope. One
    that is refused stops no other, but then the command exits with 1.
    """
    if len(registrations) > MAX_NEWCOMERS:
        raise usage(f"at most {MAX_NEWCOMERS} registrations", str(len(registrations)))
    check_writable(out, force=force)
    chain = read_context(context)
    shown = [read_registration(path) for path in registrations]
    with EnclaveClient(address, timeout=timeout) as client:
        own = client.get_info().node_id
        answer = client.confirm_nodes(pack_newcomers(chain.context_for(own), shown))
    outcomes = list(zip(registrations, shown, answer.confirmations, strict=True))
    confirmed = [(entry, found) for _, entry, found in outcomes if not found.HasField("refusal")]
    if confirmed:
        records = [_record(chain, entry, found) for entry, found in confirmed]
        write_file(out, write_context(chain.with_records(records)), force=force)
    data: dict[str, Json] = {
        "out": out if confirmed else None,
        "confirmations": [_outcome(path, found) for path, _, found in outcomes],
    }
    rows = [_outcome_row(path, found) for path, _, found in outcomes]
    if len(confirmed) < len(outcomes):
        output.facts(rows)
        raise _not_all(answer.confirmations, data)
    output.answer(
        data,
        headline=f"confirmed {len(confirmed)}; the next context is in {out}",
        rows=rows,
        hints=[command_line("enclave", "import", out) + ", as each newcomer"],
    )


def _record(chain: HandChain, entry: Registration, found: pb.Confirmation) -> NodeRecord:
    time = Time(chain.view.gate_time.seconds, chain.view.gate_time.nanos)
    return NodeRecord(
        node_id=found.node_id,
        operator=entry.operator,
        exchange_key=entry.exchange_key,
        tls_key=entry.tls_key,
        epoch=entry.epoch,
        report_data=parse_quote(entry.quote).report_data,
        envelope=found.envelope,
        verdict=verdict_from_proto(found.verdict),
        quote_hash=hashlib.sha256(entry.quote).digest(),
        register_tx_hash=bytes(32),  # there is no transaction
        height=chain.view.height,
        time=time,
        expires_at=Time(time.seconds + RECORD_LIFE_SECS, time.nanos),
        status=NodeStatus.CONFIRMED,
    )


def _outcome(path: str, found: pb.Confirmation) -> dict[str, Json]:
    if not found.HasField("refusal"):
        return {
            "registration": path,
            "accepted": True,
            "code": "ok",
            "node_id": found.node_id.hex(),
            "envelope": found.envelope.hex(),
        }
    refusal = found.refusal
    return {
        "registration": path,
        "accepted": False,
        "code": refusal.code,
        "expected": refusal.expected,
        "found": refusal.found,
        "remedy": remedy_for(refusal.code).step,
    }


def _outcome_row(path: str, found: pb.Confirmation) -> Row:
    if not found.HasField("refusal"):
        return path, f"confirmed node {found.node_id.hex()}"
    refusal = found.refusal
    return path, f"{refusal.code}: expected {refusal.expected}, found {refusal.found}"


def _not_all(found: Sequence[pb.Confirmation], data: dict[str, Json]) -> Failure:
    """The failure of a batch; of one alone its own refusal."""
    refusals = [entry.refusal for entry in found if entry.HasField("refusal")]
    if len(found) == 1:
        only = refusals[0]
        return Failure(only.code, expected=only.expected, found=only.found, details=data)
    return Failure(
        CliCode.NOT_ALL_CONFIRMED,
        expected=f"{len(found)} newcomers that pass every gate",
        found=f"{len(refusals)} refused",
        details=data,
    )
