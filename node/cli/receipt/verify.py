"""`seedpactd receipt verify`: a judgement over one receipt; no network, no clock."""

from __future__ import annotations

from typing import Final

import click

from chain_module.address import to_text
from enclave.light_client.hashes import header_hash
from enclave.registration.network import HASH_BYTES
from enclave.registration.records import verdict_to_proto
from node.cli.argument_types import Hex
from node.cli.failures import Failure
from node.cli.files import MAX_INPUT_FILE_BYTES, read_file
from node.cli.help_text import examples
from node.cli.options import output_option
from node.cli.output import Output, Row
from node.cli.remedies import remedy_for
from node.cli.times import utc_seconds
from node.json_form import Json, message_to_json
from node.receipts import MAX_RECEIPT_BYTES, Judgement, RestsOn, Trust
from node.receipts import read as read_receipt
from node.receipts import verify as judge
from node.receipts.failures import ReceiptCode
from node.receipts.subject import Subject
from node.receipts.verifying import Outcome

_HEADLINES: Final = {
    RestsOn.NOTHING: "consistent with itself; what it rests on is yours to check",
    RestsOn.NETWORK_ID: "shown, down to the genesis of the network that you named",
    RestsOn.HEADER: "shown, by the header that you named",
}
_NEXT: Final = (
    "compare network_id with what you know of the network, and give it with --network-id; "
    "or name a header that you trust with --trust-hash"
)


@click.command(
    short_help="Judge a receipt, offline.",
    epilog=examples(
        "seedpactd receipt verify r.json --network-id 6a3d...",
        "seedpactd receipt verify r.json --trust-hash 5A0C... --output json",
    ),
)
@click.argument("receipt", metavar="FILE")
@click.option(
    "--network-id",
    type=Hex(HASH_BYTES),
    metavar="HEX",
    help="The network that you mean: its genesis validators are then trusted.",
)
@click.option(
    "--trust-hash",
    type=Hex(HASH_BYTES),
    metavar="HEX",
    help="Hash of a header of that chain which you trust, and which the receipt has.",
)
@output_option
def verify(
    *, receipt: str, network_id: bytes | None, trust_hash: bytes | None, output: Output
) -> None:
    """Judge the receipt in FILE (- reads standard input) by itself alone: no network, no clock.

    Every check runs, and each that says no is a line with its code. Without --network-id and
    --trust-hash a receipt can only agree with itself: anyone can make such of his own network.
    Fails with 1 where a check says no, with 2 where the file is no receipt.
    """
    limit = min(MAX_RECEIPT_BYTES, MAX_INPUT_FILE_BYTES)
    subject = read_receipt(read_file(receipt, what="a receipt", limit=limit, stdin=True))
    judgement = judge(subject, Trust(network_id=network_id, header_hash=trust_hash))
    rows = [row for outcome in judgement.outcomes for row in _rows(outcome)]
    data: dict[str, Json] = {"checks": [_json(one) for one in judgement.outcomes]}
    if judgement.failed:
        output.facts(rows)
        raise Failure(
            ReceiptCode.RECEIPT_REFUSED,
            expected=f"{len(judgement.outcomes)} checks without a fault",
            found=f"{len(judgement.failed)} failed: "
            + ", ".join(outcome.name for outcome in judgement.failed),
            details=data,
        )
    output.answer(
        {**_facts(subject, judgement), **data},
        headline=_HEADLINES[judgement.rests_on],
        rows=[*_summary(subject), *rows],
        hints=[_NEXT] if judgement.rests_on is RestsOn.NOTHING else [],
    )


def _facts(subject: Subject, judgement: Judgement) -> dict[str, Json]:
    record, header = subject.record, subject.proving
    return {
        "rests_on": str(judgement.rests_on),
        "node_id": subject.node_id.hex(),
        "operator_address": to_text(record.operator),
        "chain_id": subject.network.chain_id,
        "network_id": subject.network_id.hex(),
        "mode": subject.network.floor.mode.value,
        "register_tx_hash": record.register_tx_hash.hex().upper() if subject.register else None,
        "height": record.height,
        "status": record.status.name,
        "verdict": message_to_json(verdict_to_proto(record.verdict)),
        "header": {
            "height": header.height,
            "hash": header_hash(header).hex(),
            "time": utc_seconds(header.time.seconds),
        },
    }


def _summary(subject: Subject) -> list[Row]:
    record, header = subject.record, subject.proving
    shown = f"header {header.height} of {utc_seconds(header.time.seconds)}"
    return [
        ("node", f"{subject.node_id.hex()}, {record.status.name} as of {shown}"),
        ("operator", to_text(record.operator)),
        ("network_id", subject.network_id.hex()),
    ]


def _json(outcome: Outcome) -> dict[str, Json]:
    if outcome.refusal is None:
        return {"check": outcome.name, "result": "ok", "found": outcome.found}
    return {
        "check": outcome.name,
        "result": "failed",
        "code": str(outcome.refusal.code),
        "expected": outcome.refusal.expected,
        "found": outcome.refusal.found,
        "remedy": remedy_for(outcome.refusal.code).step,
    }


def _rows(outcome: Outcome) -> list[Row]:
    return [(outcome.name, f"{'failed: ' if outcome.refusal else 'ok, '}{outcome.found}")]
