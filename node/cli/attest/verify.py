"""`seedpactd attest verify`: a verdict over one quote, offline (gate 3, debug; gate 5 if asked).

This judges evidence, not a network: accepted means genuine and not debug, whatever the TCB status.
"""

from __future__ import annotations

import click

from enclave.attestation.collateral import Collateral
from enclave.attestation.policy import Policy, predicates
from enclave.attestation.quote import parse_quote
from enclave.attestation.verifier import verify_quote
from enclave.errors import Code, Refusal
from node.cli.argument_types import UnixTime
from node.cli.attest.facts import Facts
from node.cli.attest.inputs import (
    INTEL,
    read_collateral,
    read_policy,
    read_quote,
    read_trust_anchor,
)
from node.cli.failures import Failure
from node.cli.help_text import examples, paragraphs, verbatim
from node.cli.options import output_option
from node.cli.output import Output
from node.collateral import canonical, check_authority

ACCEPTED = "ok"
"""What `code` says of accepted evidence."""


_EPILOG = paragraphs(
    examples(
        "seedpactd attest verify quote.bin --collateral collateral.json --time 1751624924",
        "seedpactd attest verify quote.hex --collateral collateral.json --time $(date +%s) \\",
        "  --policy policy.json --output json",
    ),
    verbatim(
        "A policy that admits one SGX enclave on up-to-date machines:",
        '{"measurements": [{"sgx": {"mr_enclave": "33d8...", "mr_signer": "815f...",',
        '                           "isv_prod_id": 0, "isv_svn": 0}}],',
        ' "tcb_statuses": ["TCB_STATUS_UP_TO_DATE"]}',
    ),
)


@click.command(short_help="Judge a quote with its collateral.", epilog=_EPILOG)
@click.argument("quote", metavar="QUOTE")
@click.option(
    "--collateral", required=True, metavar="FILE", help="Collateral, as JSON (`attest collateral`)."
)
@click.option(
    "--time",
    "now",
    required=True,
    type=UnixTime(),
    metavar="UNIX",
    help="The time to judge at, in unix seconds; no clock is asked. `date +%s` is now.",
)
@click.option(
    "--trust-anchor",
    default=INTEL,
    show_default=True,
    metavar="intel|FILE",
    help="The root that every chain must end in: Intel's, or a certificate in DER or PEM.",
)
@click.option("--policy", metavar="FILE", help="Also judge by this policy (gate 5), as JSON.")
@output_option
def verify(
    *, quote: str, collateral: str, now: int, trust_anchor: str, policy: str | None, output: Output
) -> None:
    """Judge the QUOTE of an enclave with its collateral, as every node of a network does.

    QUOTE is a file of raw bytes or hex; - reads standard input. Zeros that a platform or a
    publication left after its end are ignored here, and nowhere else. Accepted means: genuine
    under the trust anchor at that time, and not debug. What the TCB status is worth is a policy's
    business.

    A policy file is a seedpact.registration.v1.Policy as JSON, bytes in hex; its canonical
    protobuf JSON, with bytes in base64, is taken too. A refused quote exits with 1; wrong
    arguments, a policy or a trust anchor that makes no sense, and files that cannot be read
    exit with 2.
    """
    root = read_trust_anchor(trust_anchor)
    rules = read_policy(policy) if policy is not None else None
    facts = Facts()
    try:
        _judge(facts, quote, collateral, root=root, now=now, rules=rules)
    except Refusal as refusal:
        output.facts(facts.as_rows())
        raise Failure(
            refusal.code,
            expected=refusal.expected,
            found=refusal.found,
            details=facts.as_json(),
        ) from None
    verdict = {"code": ACCEPTED, **facts.as_json()}
    headline = "accepted: genuine and not debug" + (", allowed by the policy" if rules else "")
    output.answer(verdict, headline=headline, rows=facts.as_rows())


def _judge(
    facts: Facts, quote: str, collateral: str, *, root: bytes, now: int, rules: Policy | None
) -> None:
    """Fills `facts` step by step, so that a refusal shows what was established before it."""
    endorsements = read_collateral(collateral)
    facts.quote = parse_quote(read_quote(quote))
    parsed = Collateral.parse(canonical(endorsements))
    try:
        facts.report = verify_quote(facts.quote, parsed, root_der=root, now=now)
    except Refusal as refusal:
        if refusal.code is Code.CERTIFICATE_INVALID:
            check_authority(facts.quote, parsed)
        raise
    if rules is not None:
        predicates(rules).check(facts.report)
