"""`attest verify` over Intel's real evidence: every field against the vectors' manifest."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any, Final

import pytest

from enclave.attestation.intel import INTEL_SGX_ROOT_CA_DER
from enclave.attestation.quote import strip_padding
from node.cli.exit_codes import ExitCode
from tests.support.cli import Answer, Cli, run_for_real

FOLDER: Final = Path(__file__).parents[2] / "vectors" / "dcap"
MANIFEST: Final[dict[str, dict[str, Any]]] = {
    entry["name"]: entry for entry in json.loads((FOLDER / "manifest.json").read_text())
}
JUDGED: Final = [name for name in MANIFEST if (FOLDER / f"{name}.collateral.json").exists()]
GOOD: Final = [name for name in JUDGED if MANIFEST[name]["expect"]["ok"]]
REFUSED: Final = {
    "neg-sgx3-debug": "debug_enclave",
    "neg-tdx5-service-td": "td_rejected",
    "neg-tdx5-no-tcb-level": "tcb_level_not_found",
    "neg-tdx4-wrong-tee-qe-identity": "collateral_mismatch",
    "neg-sgx3-secret-tcbinfo-v2": "malformed_collateral",
}
FIELDS: Final = {
    "accepted",
    "code",
    "tee",
    "version",
    "measurement",
    "report_data",
    "tcb_status",
    "advisories",
    "fmspc",
    "platform_id",
    "debug",
}
SGX: Final = "sgx3-phala-2025"
TDX: Final = "tdx4-phala-uptodate-2025"


def arguments(name: str, **changes: str) -> list[str]:
    """The command line for a vector, by default at its own time under Intel's root."""
    options = {
        "collateral": str(FOLDER / f"{name}.collateral.json"),
        "time": str(MANIFEST[name]["verify_at"]),
        "output": "json",
        **{key.replace("_", "-"): value for key, value in changes.items() if key != "quote"},
    }
    quote = changes.get("quote", str(FOLDER / f"{name}.quote"))
    flat = [text for key, value in options.items() for text in (f"--{key}", value)]
    return ["attest", "verify", quote, *flat]


def refused(answer: Answer, code: str) -> dict[str, Any]:
    return answer.failed(code).json


@pytest.mark.parametrize("name", GOOD)
def test_genuine_evidence_is_accepted_whatever_its_status(name: str, cli: Cli) -> None:
    entry, found = MANIFEST[name], cli(*arguments(name)).done().json
    assert set(found) >= FIELDS
    assert found["accepted"] is True
    assert found["code"] == "ok"
    assert found["tee"] == entry["tee"].lower()
    assert found["version"] == entry["version"]
    assert found["fmspc"] == entry["fmspc"].upper()
    assert found["tcb_status"] == entry["expect"]["status"]
    assert found["advisories"] == sorted(entry["expect"].get("advisory_ids", []))
    assert found["report_data"] == entry["report_data"]
    assert found["debug"] is False
    assert len(bytes.fromhex(found["platform_id"])) == 32
    measurement = found["measurement"]
    if found["tee"] == "sgx":
        assert set(measurement) == {"mr_enclave", "mr_signer", "isv_prod_id", "isv_svn"}
        assert measurement["mr_enclave"] == entry["measurement"]
    else:
        assert set(measurement) == {"mr_td", "rtmrs"}
        assert measurement["mr_td"] == entry["measurement"]
        assert [len(rtmr) for rtmr in measurement["rtmrs"]] == [96] * 4


@pytest.mark.parametrize("name", REFUSED)
def test_what_must_be_refused_still_shows_what_the_quote_says(name: str, cli: Cli) -> None:
    entry, found = MANIFEST[name], refused(cli(*arguments(name)), REFUSED[name])
    assert set(found) >= FIELDS
    assert found["tee"] == entry["tee"].lower()
    assert found["version"] == entry["version"]
    assert found["report_data"] == entry["report_data"]
    assert entry["measurement"] in found["measurement"].values()
    for unknown in ("tcb_status", "advisories", "fmspc", "platform_id"):
        assert found[unknown] is None


def test_every_vector_with_collateral_is_in_a_table() -> None:
    assert sorted([*GOOD, *REFUSED]) == sorted(JUDGED)
    assert len(JUDGED) == 15


def test_a_debug_quote_says_so(cli: Cli) -> None:
    assert refused(cli(*arguments("neg-sgx3-debug")), "debug_enclave")["debug"] is True


@pytest.mark.parametrize("name", GOOD)
def test_another_root_is_refused(name: str, cli: Cli, tmp_path: Path) -> None:
    cli("attest", "issue", "--out-dir", str(tmp_path)).done()
    answer = cli(*arguments(name, trust_anchor=str(tmp_path / "root.der")))
    refused(answer, "untrusted_root")


def test_the_trust_anchor_is_der_or_pem(cli: Cli, tmp_path: Path) -> None:
    der, pem = tmp_path / "root.der", tmp_path / "root.pem"
    der.write_bytes(INTEL_SGX_ROOT_CA_DER)
    body = base64.encodebytes(INTEL_SGX_ROOT_CA_DER)
    pem.write_bytes(b"-----BEGIN CERTIFICATE-----\n" + body + b"-----END CERTIFICATE-----\n")
    for anchor in ("intel", str(der), str(pem)):
        cli(*arguments(SGX, trust_anchor=anchor)).done()


@pytest.mark.parametrize(
    ("time", "codes"),
    [
        ("0", {"collateral_not_yet_valid", "certificate_not_yet_valid"}),
        ("4102444800", {"collateral_expired", "crl_expired", "certificate_expired"}),
    ],
)
def test_the_time_is_an_argument(time: str, codes: set[str], cli: Cli) -> None:
    answer = cli(*arguments(SGX, time=time))
    assert answer.exit_code == ExitCode.REFUSED
    assert answer.json["code"] in codes


# What a quote file may be.


def test_a_quote_is_raw_or_hex_in_a_file_or_on_standard_input(cli: Cli, tmp_path: Path) -> None:
    raw = (FOLDER / f"{SGX}.quote").read_bytes()
    folded = "\n".join(raw.hex()[i : i + 64] for i in range(0, 2 * len(raw), 64))
    expected = cli(*arguments(SGX)).done().json
    for data in (
        raw,
        raw.hex().encode(),
        b"0x" + raw.hex().upper().encode() + b"\n",
        folded.encode(),
    ):
        file = tmp_path / "quote"
        file.write_bytes(data)
        assert cli(*arguments(SGX, quote=str(file))).done().json == expected
        assert cli(*arguments(SGX, quote="-"), stdin=data).done().json == expected


def test_zeros_after_the_quotes_end_do_not_count_and_other_bytes_do(
    cli: Cli, tmp_path: Path
) -> None:
    raw = strip_padding((FOLDER / f"{SGX}.quote").read_bytes())
    file = tmp_path / "quote"
    file.write_bytes(raw + bytes(100))
    cli(*arguments(SGX, quote=str(file))).done()
    file.write_bytes(raw + bytes(100) + b"\1")
    refused(cli(*arguments(SGX, quote=str(file))), "malformed_quote")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "malformed_quote"),
        (b"\x03", "malformed_quote"),
        (b"\x03\x00" + bytes(500), "unsupported_quote"),
        (b"\xff" * 5000, "unsupported_quote"),
        (b"0300zz", "malformed_quote"),
        (b"030", "malformed_quote"),
        (b"not a quote at all\n", "malformed_quote"),
        (bytes(16_385), "too_large"),
        (b"00" * 16_385, "too_large"),
        (bytes(2**20 + 1), "too_large"),
    ],
    ids=lambda value: f"{len(value)} bytes" if isinstance(value, bytes) else value,
)
def test_a_readable_file_that_is_no_quote_is_refused(
    data: bytes, code: str, cli: Cli, tmp_path: Path
) -> None:
    file = tmp_path / "quote"
    file.write_bytes(data)
    answer = cli(*arguments(SGX, quote=str(file)))
    answer.failed(code)
    if len(data) <= 2**20:
        assert all(answer.json[key] is None for key in FIELDS - {"accepted", "code"})


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "malformed_collateral"),
        (b"{}", "malformed_collateral"),
        (b"\xff\xfe", "malformed_collateral"),
        (b"[" * 60_000, "malformed_collateral"),
        (b" " * 65_537, "too_large"),
        (bytes(2**20 + 1), "too_large"),
    ],
    ids=lambda value: f"{len(value)} bytes" if isinstance(value, bytes) else value,
)
def test_a_readable_file_that_is_no_collateral_is_refused(
    data: bytes, code: str, cli: Cli, tmp_path: Path
) -> None:
    file = tmp_path / "collateral"
    file.write_bytes(data)
    cli(*arguments(SGX, collateral=str(file))).failed(code)


# Policy: gate 5.


def policy(name: str, **changes: object) -> dict[str, Any]:
    """A policy that admits a vector, as people write it."""
    entry = MANIFEST[name]
    quote = strip_padding((FOLDER / f"{name}.quote").read_bytes())
    report = quote[48 : 48 + 384] if entry["tee"] == "SGX" else quote[48 : 48 + 584]
    if entry["tee"] == "SGX":
        code: dict[str, object] = {
            "mr_enclave": report[64:96].hex(),
            "mr_signer": report[128:160].hex(),
            "isv_prod_id": int.from_bytes(report[256:258], "little"),
            "isv_svn": int.from_bytes(report[258:260], "little"),
        }
        measurement = {"sgx": code}
    else:
        rtmrs = [report[328 + 48 * n : 376 + 48 * n].hex() for n in range(4)]
        measurement = {"tdx": {"mr_td": report[136:184].hex(), "rtmrs": rtmrs}}
    statuses = {
        "UpToDate": "TCB_STATUS_UP_TO_DATE",
        "ConfigurationAndSWHardeningNeeded": "TCB_STATUS_CONFIGURATION_AND_SW_HARDENING_NEEDED",
    }
    return {
        "measurements": [measurement],
        "tcb_statuses": [statuses[entry["expect"]["status"]]],
        "advisories": sorted(entry["expect"].get("advisory_ids", [])),
        "allow_dynamic_platform": True,
        "allow_cached_keys": True,
        "allow_smt": True,
        **changes,
    }


@pytest.fixture
def with_policy(cli: Cli, tmp_path: Path) -> Cli:
    def call(name: str, value: object) -> Answer:
        file = tmp_path / "policy.json"
        file.write_text(value if isinstance(value, str) else json.dumps(value))
        return cli(*arguments(name, policy=str(file)))

    return call


@pytest.mark.parametrize("name", [SGX, TDX])
def test_a_policy_that_lists_it_admits_it(name: str, with_policy: Cli) -> None:
    assert with_policy(name, policy(name)).done().json["code"] == "ok"


def test_the_canonical_json_of_protobuf_is_a_policy_too(with_policy: Cli) -> None:
    value = policy(SGX)
    code = value["measurements"][0]["sgx"]
    for key in ("mr_enclave", "mr_signer"):
        code[key] = base64.b64encode(bytes.fromhex(code[key])).decode()
    code["mrEnclave"] = code.pop("mr_enclave")
    with_policy(SGX, value).done()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"measurements": []}, "empty_policy"),
        ({"tcb_statuses": []}, "empty_policy"),
        ({"tcb_statuses": ["TCB_STATUS_UP_TO_DATE"]}, "tcb_status_not_allowed"),
        ({"advisories": ["INTEL-SA-00289"]}, "advisory_not_allowed"),
        ({"minimum_evaluation_number": 1000}, "evaluation_number_too_low"),
        ({"denied_fmspcs": ["00a067110000"]}, "fmspc_denied"),
    ],
)
def test_a_policy_refuses_with_its_own_code(
    change: dict[str, object], code: str, with_policy: Cli
) -> None:
    found = refused(with_policy(SGX, policy(SGX, **change)), code)
    # The evidence itself is genuine: everything about it is known.
    assert found["tcb_status"] == MANIFEST[SGX]["expect"]["status"]
    assert found["fmspc"] == "00A067110000"


def test_other_code_is_not_admitted(with_policy: Cli) -> None:
    value = policy(SGX)
    value["measurements"][0]["sgx"]["mr_enclave"] = "00" * 32
    refused(with_policy(SGX, value), "measurement_not_allowed")


def test_a_platform_flag_has_to_be_allowed(with_policy: Cli) -> None:
    refused(with_policy(TDX, policy(TDX, allow_smt=False)), "platform_flag_not_allowed")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "[]",
        "{",
        '{"surplus": 1}',
        '{"serial": 1, "serial": 1}',
        '{"tcb_statuses": ["TCB_STATUS_REVOKED"]}',
        '{"tcb_statuses": ["TCB_STATUS_OUT_OF_DATE", "TCB_STATUS_UP_TO_DATE"]}',
        '{"denied_fmspcs": ["00"]}',
        '{"denied_fmspcs": ["wrong"]}',
    ],
)
def test_a_policy_that_makes_no_sense_judges_nothing(value: str, with_policy: Cli) -> None:
    answer = with_policy(SGX, value)
    assert answer.exit_code == ExitCode.USAGE
    answer.failed("malformed_policy", ExitCode.USAGE)


def test_a_measurement_of_wrong_size_is_named(with_policy: Cli) -> None:
    value = policy(SGX)
    value["measurements"][0]["sgx"]["mr_enclave"] = "00"
    with_policy(SGX, value).failed("bad_length", ExitCode.USAGE)


# Text, and for real.


def test_text_has_every_fact_on_a_line_of_its_own(cli: Cli) -> None:
    lines = dict(
        line.split(maxsplit=1)
        for line in cli(*arguments(SGX, output="text")).done().stdout.splitlines()
    )
    entry = MANIFEST[SGX]
    assert lines["accepted:"].startswith("genuine")
    assert lines["mr_enclave"] == entry["measurement"]
    assert lines["report_data"] == entry["report_data"]
    assert lines["tcb_status"] == entry["expect"]["status"]
    assert lines["debug"] == "no"


def test_text_of_a_refusal_is_facts_on_stdout_and_one_line_on_stderr(cli: Cli) -> None:
    answer = cli(*arguments("neg-sgx3-debug", output="text")).failed("debug_enclave")
    assert MANIFEST["neg-sgx3-debug"]["measurement"] in answer.stdout


def test_for_real_without_a_terminal() -> None:
    assert run_for_real(*arguments(TDX)).done().json["tcb_status"] == "UpToDate"
    raw = (FOLDER / f"{TDX}.quote").read_bytes()
    assert run_for_real(*arguments(TDX, quote="-"), stdin=raw).done().json["tee"] == "tdx"
    run_for_real(*arguments("neg-sgx3-debug")).failed("debug_enclave")
    plain = {"PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    answer = run_for_real(*arguments("neg-sgx3-debug", output="text"), env=plain)
    answer.failed("debug_enclave")
    assert "\x1b" not in answer.stdout + answer.stderr
