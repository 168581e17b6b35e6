"""`seedpactd attest issue`: byte-true evidence of software mode, good or spoilt in a named way."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from enclave.attestation.development_root import development_root_der
from enclave.attestation.types import Measurement, SgxMeasurement, TcbStatus, TdxMeasurement, Tee
from enclave.errors import words_of
from enclave.service.measure_package import measure_package
from enclave.software.attestor import ISSUED_BEFORE_GENESIS
from enclave.software.blueprint import DEFAULT_ISSUED_AT, Blueprint, QuoteKind
from enclave.software.issuer import issue as issue_evidence
from node.attest.bad_cases import BAD_CASES, BadCase, spoil
from node.cli.argument_types import Hex, OneOf, UnixTime
from node.cli.attest.facts import measurement_json, measurement_rows
from node.cli.failures import Failure, usage
from node.cli.files import check_writable, write_file
from node.cli.help_text import command_line, examples, paragraphs, verbatim
from node.cli.options import force_option, output_option
from node.cli.output import Output
from node.config.failures import ConfigCode

KINDS: Final = {kind.text: kind for kind in QuoteKind}
STATUSES: Final = {status.text: status for status in TcbStatus}
DEFAULT_GENESIS_TIME: Final = DEFAULT_ISSUED_AT + ISSUED_BEFORE_GENESIS

_NAMES_COLUMNS: Final = 72
_MR_ENCLAVE_BYTES: Final = 32
_MR_TD_BYTES: Final = 48
_FILES: Final = ("quote", "collateral.json", "root.der")


def _list_of_cases() -> str:
    judged = [case for case, bad in BAD_CASES.items() if bad.refusal is None]
    refused = [case for case, bad in BAD_CASES.items() if bad.refusal is not None]
    return paragraphs(
        verbatim("Bad cases that verification passes, for a policy to judge:", *_fold(judged)),
        verbatim("Bad cases that verification refuses:", *_fold(refused)),
    )


def _fold(names: Sequence[str]) -> list[str]:
    """Lines of names, none of them broken at its hyphens."""
    return textwrap.wrap(", ".join(names), width=_NAMES_COLUMNS, break_on_hyphens=False)


_EXAMPLES = examples(
    "seedpactd attest issue --out-dir good",
    "seedpactd attest issue --kind tdx-v5-td15 --bad-case debug --out-dir debug-td",
    "seedpactd attest issue --tcb-status OutOfDate --advisory INTEL-SA-00615 --out-dir old",
)


@click.command(
    short_help="Issue evidence for development.", epilog=paragraphs(_EXAMPLES, _list_of_cases())
)
@click.option(
    "--kind",
    type=OneOf(list(KINDS)),
    default=QuoteKind.SGX_V3.text,
    show_default=True,
    metavar="KIND",
    help=f"TEE, version and body of the quote: {', '.join(KINDS)}.",
)
@click.option("--chain-id", default="seedpact-development", show_default=True, metavar="TEXT")
@click.option(
    "--genesis-time",
    type=UnixTime(),
    default=DEFAULT_GENESIS_TIME,
    show_default=True,
    help="The network's genesis; the collateral is issued one day before it.",
)
@click.option(
    "--measurement",
    type=Hex(_MR_ENCLAVE_BYTES, _MR_TD_BYTES),
    help="mr_enclave (32 bytes) or mr_td (48). Default: this enclave's code; zeros for TDX.",
)
@click.option("--mr-signer", type=Hex(32), help="SGX only. Default: zeros.")
@click.option("--isv-prod-id", type=click.IntRange(0, 0xFFFF), default=0, help="SGX only.")
@click.option("--isv-svn", type=click.IntRange(0, 0xFFFF), default=0, help="SGX only.")
@click.option("--report-data", type=Hex(64), default=bytes(64).hex(), help="Default: zeros.")
@click.option("--ppid", type=Hex(16), default=bytes(16).hex(), help="The machine. Default: zeros.")
@click.option(
    "--tcb-status",
    type=OneOf(list(STATUSES)),
    default=TcbStatus.UP_TO_DATE.text,
    show_default=True,
    metavar="STATUS",
    help=f"The platform's: {', '.join(STATUSES)}.",
)
@click.option("--advisory", multiple=True, metavar="ID", help="Repeatable: INTEL-SA-00615, ...")
@click.option(
    "--bad-case",
    type=OneOf([case.value for case in BadCase]),
    multiple=True,
    metavar="NAME",
    help="Spoil it in this way; repeatable. The names are listed below.",
)
@click.option("--out-dir", default="evidence", show_default=True, metavar="DIR", help="Made anew.")
@force_option
@output_option
def issue(
    *,
    kind: str,
    chain_id: str,
    genesis_time: int,
    measurement: bytes | None,
    mr_signer: bytes | None,
    isv_prod_id: int,
    isv_svn: int,
    report_data: bytes,
    ppid: bytes,
    tcb_status: str,
    advisory: tuple[str, ...],
    bad_case: tuple[str, ...],
    out_dir: str,
    force: bool,
    output: Output,
) -> None:
    """Issue evidence as hardware would make it, signed under a development root.

    Writes the quote, collateral.json and root.der, and prints the command that judges them. Keys of
    a development root follow from the chain id: such evidence proves nothing, and no hardware
    network takes it.
    """
    quote_kind = KINDS[kind]
    blueprint = Blueprint(
        kind=quote_kind,
        measurement=_measurement(quote_kind, measurement, mr_signer, isv_prod_id, isv_svn),
        chain_id=chain_id,
        ppid=ppid,
        tcb_status=STATUSES[tcb_status],
        advisories=tuple(sorted(set(advisory))),
        issued_at=max(genesis_time - ISSUED_BEFORE_GENESIS, 0),
    )
    root = development_root_der(chain_id)
    cases = [BadCase(name) for name in bad_case]
    for case in cases:
        blueprint = spoil(blueprint, case)
    evidence = issue_evidence(blueprint, report_data)
    contents = dict(zip(_FILES, (evidence.quote, evidence.collateral, root), strict=True))
    _write_all(Path(out_dir), contents, force=force)
    time = blueprint.issued_at + ISSUED_BEFORE_GENESIS
    paths = {name: str(Path(out_dir) / name) for name in _FILES}
    options = ["--collateral", paths["collateral.json"], "--time", str(time)]
    options += ["--trust-anchor", paths["root.der"]]
    command = command_line("attest", "verify", paths["quote"], *options)
    refusals = [refusal for case in cases if (refusal := BAD_CASES[case].refusal) is not None]
    output.answer(
        {
            "quote": paths["quote"],
            "collateral": paths["collateral.json"],
            "trust_anchor": paths["root.der"],
            "time": time,
            "kind": kind,
            "measurement": measurement_json(blueprint.measurement),
            "bad_cases": list(bad_case),
            "refused_with": refusals[0] if len(refusals) == 1 else None,
            "verify": command,
        },
        headline=f"issued {kind} in {out_dir}, which proves nothing",
        rows=[
            *measurement_rows(blueprint.measurement),
            ("bad cases", ", ".join(bad_case) or "none"),
            ("verdict", ", ".join(f"refused with {code}" for code in refusals) or "accepted"),
        ],
        hints=[command],
    )


def _measurement(
    kind: QuoteKind, code: bytes | None, signer: bytes | None, prod_id: int, svn: int
) -> Measurement:
    size = _MR_ENCLAVE_BYTES if kind.tee is Tee.SGX else _MR_TD_BYTES
    if code is not None and len(code) != size:
        raise usage(f"--measurement of {size} bytes for {kind.text}", f"{len(code)} bytes")
    if kind.tee is Tee.SGX:
        return SgxMeasurement(code or measure_package(), signer or bytes(32), prod_id, svn)
    if signer is not None or prod_id or svn:
        raise usage(f"options of {kind.text}", "an option of SGX")
    zeros = bytes(_MR_TD_BYTES)
    return TdxMeasurement(code or zeros, (zeros, zeros, zeros, zeros))


def _write_all(directory: Path, contents: dict[str, bytes], *, force: bool) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Failure(
            ConfigCode.CANNOT_WRITE,
            expected=f"a directory {directory} that can be made",
            found=words_of(error),
        ) from None
    for name in contents:
        check_writable(str(directory / name), force=force)
    for name, data in contents.items():
        write_file(str(directory / name), data, force=force)
