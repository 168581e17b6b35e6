"""`attest issue`: good evidence is accepted by the printed command, each bad case is refused."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from enclave.attestation.types import TcbStatus
from enclave.service.measure_package import measure_package
from enclave.software.blueprint import QuoteKind
from node.attest.bad_cases import BAD_CASES, BadCase, cases_of
from node.cli.exit_codes import ExitCode
from tests.support.cli import Answer, Cli

SGX, TDX = QuoteKind.SGX_V3, QuoteKind.TDX_V5_TD15


def issue(cli: Cli, folder: Path, *arguments: str) -> Answer:
    return cli("attest", "issue", "--out-dir", str(folder), "--output", "json", *arguments)


def judge(cli: Cli, issued: dict[str, Any]) -> Answer:
    """Runs the command that `attest issue` printed."""
    program, *arguments = shlex.split(issued["verify"])
    assert program == "seedpactd"
    return cli(*arguments, "--output", "json")


@pytest.mark.parametrize("kind", QuoteKind, ids=lambda kind: kind.text)
def test_good_evidence_of_every_kind_is_accepted(kind: QuoteKind, cli: Cli, tmp_path: Path) -> None:
    issued = issue(cli, tmp_path, "--kind", kind.text).done().json
    found = judge(cli, issued).done().json
    assert (found["tee"], found["version"]) == (kind.tee.name.lower(), kind.version)
    assert found["tcb_status"] == "UpToDate"
    assert found["measurement"] == issued["measurement"]


# Of a TD only what an enclave has not: the rest is the issuer's own tests' business.
CASES = [(SGX, case) for case in cases_of(SGX)]
CASES += [(TDX, case) for case in cases_of(TDX) if case not in cases_of(SGX)]


@pytest.mark.parametrize(("kind", "case"), CASES, ids=lambda value: getattr(value, "text", value))
def test_every_bad_case_gets_the_verdict_that_is_promised(
    kind: QuoteKind, case: BadCase, cli: Cli, tmp_path: Path
) -> None:
    issued = issue(cli, tmp_path, "--kind", kind.text, "--bad-case", case).done().json
    answer, refusal = judge(cli, issued), BAD_CASES[case].refusal
    assert issued["refused_with"] == refusal
    if refusal is None:
        answer.done()
    else:
        answer.failed(refusal)
    # Every reserved bit of the first byte of a TD's attributes gives its memory away.
    assert answer.json["debug"] is (case in {BadCase.DEBUG, BadCase.RESERVED_TD_ATTRIBUTE})


def test_what_is_asked_for_is_in_the_quote(cli: Cli, tmp_path: Path) -> None:
    issued = issue(
        cli,
        tmp_path,
        *("--measurement", "11" * 32, "--mr-signer", "0x" + "22" * 32),
        *("--isv-prod-id", "3", "--isv-svn", "4", "--report-data", "55" * 64),
        *("--tcb-status", "OutOfDate", "--advisory", "INTEL-SA-2", "--advisory", "INTEL-SA-1"),
        *("--chain-id", "mine-1", "--genesis-time", "1900000000", "--ppid", "66" * 16),
    )
    assert issued.done().json["time"] == 1_900_000_000
    found = judge(cli, issued.json).done().json
    assert found["measurement"] == {
        "mr_enclave": "11" * 32,
        "mr_signer": "22" * 32,
        "isv_prod_id": 3,
        "isv_svn": 4,
    }
    assert found["report_data"] == "55" * 64
    assert found["tcb_status"] == "OutOfDate"
    assert found["advisories"] == ["INTEL-SA-1", "INTEL-SA-2"]


@pytest.mark.parametrize("status", [s for s in TcbStatus if s.name.startswith(("TD_", "R"))])
def test_statuses_of_their_own_rules(status: TcbStatus, cli: Cli, tmp_path: Path) -> None:
    answer = issue(cli, tmp_path, "--kind", TDX.text, "--tcb-status", status.text).done()
    if status is TcbStatus.REVOKED:
        judge(cli, answer.json).failed("tcb_revoked")
    else:
        assert judge(cli, answer.json).done().json["tcb_status"] == status.text
        issue(cli, tmp_path, "--tcb-status", status.text, "--force").failed("bad_value")


def test_the_default_measurement_is_this_enclaves_code(cli: Cli, tmp_path: Path) -> None:
    found = issue(cli, tmp_path).done().json
    assert found["measurement"]["mr_enclave"] == measure_package().hex()


def test_the_same_arguments_give_the_same_bytes(cli: Cli, tmp_path: Path) -> None:
    for name in ("one", "two"):
        issue(cli, tmp_path / name).done()
    for file in ("quote", "collateral.json", "root.der"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_several_cases_at_once(cli: Cli, tmp_path: Path) -> None:
    both = ("--bad-case", "out-of-date", "--bad-case", "advisory")
    found = judge(cli, issue(cli, tmp_path, *both).done().json).done().json
    assert found["tcb_status"] == "OutOfDate"
    assert found["advisories"]


def test_nothing_is_overwritten_without_force(cli: Cli, tmp_path: Path) -> None:
    issue(cli, tmp_path).done()
    before = (tmp_path / "quote").read_bytes()
    (tmp_path / "collateral.json").unlink()
    issue(cli, tmp_path, "--isv-svn", "1").failed("file_exists")
    assert (tmp_path / "quote").read_bytes() == before
    assert not (tmp_path / "collateral.json").exists()
    issue(cli, tmp_path, "--isv-svn", "1", "--force").done()
    assert (tmp_path / "quote").read_bytes() != before


@pytest.mark.parametrize(
    "arguments",
    [
        ("--measurement", "11" * 48),
        ("--kind", "tdx-v4", "--measurement", "11" * 32),
        ("--kind", "tdx-v4", "--isv-svn", "1"),
        ("--kind", "sgx-v4"),
        ("--bad-case", "terrible"),
        ("--tcb-status", "Great"),
        ("--report-data", "00"),
        ("--ppid", "xyz"),
        ("--genesis-time", "-1"),
    ],
)
def test_wrong_usage_writes_nothing(arguments: tuple[str, ...], cli: Cli, tmp_path: Path) -> None:
    issue(cli, tmp_path / "new", *arguments).failed("wrong_usage", ExitCode.USAGE)
    assert not (tmp_path / "new").exists()


def test_a_case_of_another_kind_of_quote_is_refused(cli: Cli, tmp_path: Path) -> None:
    issue(cli, tmp_path / "new", "--bad-case", "service-td").failed("bad_value")
    assert not (tmp_path / "new").exists()


def test_text_says_what_to_run_next(cli: Cli, tmp_path: Path) -> None:
    text = cli("attest", "issue", "--out-dir", str(tmp_path)).done().stdout
    assert "proves nothing" in text
    command = text.splitlines()[-1].removeprefix("next: seedpactd ")
    assert cli(*shlex.split(command)).done().stdout.startswith("accepted")
