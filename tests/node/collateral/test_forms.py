"""Collateral files as they are met: what is meant is taken, and a refusal names field and form."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from enclave.attestation.collateral import Collateral
from enclave.errors import Code, Refusal
from node.collateral import canonical
from tests.support.cli import Cli

FORMS: Final = Path(__file__).parents[2] / "vectors" / "collateral_forms"
BASE: Final = (FORMS / "base-sgx.collateral").read_bytes()
FIELDS: Final[dict[str, str]] = json.loads(BASE)
TIME: Final = "1751624924"
PEM: Final = "pck_crl_issuer_chain"

ACCEPTED: Final = ("c-bom", "c-chain-crlf", "c-chain-urlencoded", "c-crl-pem")
REFUSED: Final = {
    "c-chain-reversed": (
        Code.MALFORMED_COLLATERAL,
        "pck_crl_issuer_chain: in PEM the CA's certificate, then the root's",
        "the chain reversed: the root's certificate comes first",
    ),
    "c-tcbinfo-object": (
        Code.MALFORMED_COLLATERAL,
        "tcb_info: the text that Intel signed, as one JSON string, byte for byte",
        "a JSON object: written anew, so the signed bytes are lost",
    ),
    "c-crl-other-ca": (
        Code.CERTIFICATE_INVALID,
        "pck_crl: the CRL of the quote's own CA, Intel SGX PCK Processor CA",
        "that of Intel SGX PCK Platform CA",
    ),
}


def changed(**fields: Any) -> bytes:
    return json.dumps({**FIELDS, **fields}).encode()


def refusal(raw: bytes) -> Refusal:
    with pytest.raises(Refusal) as caught:
        canonical(raw)
    return caught.value


def test_every_case_has_its_answer() -> None:
    names = {path.stem for path in FORMS.glob("c-*.collateral")}
    assert names == {*ACCEPTED, *REFUSED}


def verify(cli: Cli, name: str) -> Any:
    paths = str(FORMS / "base-sgx.quote"), str(FORMS / f"{name}.collateral")
    return cli("attest", "verify", paths[0], "--collateral", paths[1], "--time", TIME)


@pytest.mark.parametrize("name", ["base-sgx", *ACCEPTED])
def test_a_form_that_means_one_thing_is_taken(name: str, cli: Cli) -> None:
    verify(cli, name).done()
    made = Collateral.parse(canonical((FORMS / f"{name}.collateral").read_bytes()))
    # The very content of the usual form: what is signed, byte for byte.
    assert made.encode() == Collateral.parse(BASE).encode()


@pytest.mark.parametrize("name", REFUSED)
def test_another_is_refused_by_field_and_form_with_the_command(name: str, cli: Cli) -> None:
    code, expected, found = REFUSED[name]
    answer = verify(cli, name).failed(code)
    for text in (expected, found, "seedpactd attest collateral --help"):
        assert text in answer.stderr


def test_the_usual_form_stays_byte_for_byte() -> None:
    assert canonical(BASE) is BASE


def crl_of(name: str) -> x509.CertificateRevocationList:
    return x509.load_der_x509_crl(bytes.fromhex(FIELDS[name]))


@pytest.mark.parametrize(
    "text",
    [
        FIELDS[PEM] + "\0",
        "\n " + FIELDS[PEM].replace("-----\n-----", "-----\n\n-----"),
        FIELDS[PEM].replace("\n", "\\n"),
        quote(FIELDS[PEM]) + "\r\n",
        quote(FIELDS[PEM].replace("\n", "\r\n"), safe=""),
    ],
    ids=["nul", "gaps", "escaped", "encoded", "encoded-crlf"],
)
def test_chains_as_headers_and_libraries_pack_them(text: str) -> None:
    assert canonical(changed(pck_crl_issuer_chain=text)) == Collateral.parse(BASE).encode()


@pytest.mark.parametrize("name", ["pck_crl", "root_ca_crl"])
def test_crls_as_they_are_met(name: str) -> None:
    der = bytes.fromhex(FIELDS[name])
    pem = crl_of(name).public_bytes(Encoding.PEM).decode()
    forms = [
        der.hex().upper(),
        "0x" + der.hex(),
        der.hex() + "\n",
        pem,
        pem.replace("\n", "\r\n"),
        quote(pem),
        base64.b64encode(der).decode(),
        pem.encode().hex(),
    ]
    for text in forms:
        raw = changed(**{name: text})
        assert Collateral.parse(canonical(raw)).encode() == Collateral.parse(BASE).encode()


@pytest.mark.parametrize(
    ("fields", "name", "found"),
    [
        ({PEM: {}}, PEM, "a JSON object"),
        ({PEM: None}, PEM, "null"),
        ({PEM: ""}, PEM, "nothing"),
        ({PEM: "https://example.org"}, PEM, "an address"),
        ({PEM: FIELDS[PEM] * 2}, PEM, "4 certificates"),
        ({PEM: FIELDS[PEM] + "x"}, PEM, "something between or around"),
        ({PEM: FIELDS[PEM].replace("MII", "M!I")}, PEM, "base64 is broken"),
        ({PEM: FIELDS["pck_crl"]}, PEM, "hex of"),
        ({PEM: "é"}, PEM, "other characters"),
        ({"pck_crl": FIELDS[PEM]}, "pck_crl", "PEM"),
        ({"pck_crl": "00"}, "pck_crl", "no CRL"),
        ({"pck_crl": []}, "pck_crl", "a JSON array"),
        ({"root_ca_crl": "http://x"}, "root_ca_crl", "an address"),
        ({"tcb_info": []}, "tcb_info", "a JSON array"),
        ({"tcb_info": "nonsense"}, "tcb_info", "'nonsense'"),
        ({"tcb_info": '{"tcbInfo":{},"signature":""}'}, "tcb_info", "whole answer"),
        ({"qe_identity": '{"enclaveIdentity":{}}'}, "qe_identity", "whole answer"),
        ({"tcb_info_signature": "zz"}, "tcb_info_signature", "'zz'"),
        ({"qe_identity_signature": 5}, "qe_identity_signature", "a number"),
    ],
    ids=str,
)
def test_a_refusal_names_the_field_and_what_it_looks_like(
    fields: dict[str, Any], name: str, found: str
) -> None:
    said = refusal(changed(**fields))
    assert said.code is Code.MALFORMED_COLLATERAL
    assert said.expected.startswith(name)
    assert found in said.found


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b"", "an empty file"),
        (BASE.decode().encode("utf-16"), "UTF-16"),
        (b"\xff" + BASE, "no UTF-8"),
        (FIELDS[PEM].encode(), "in PEM"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + BASE, "with its headers"),
        (b"<html>", "a page"),
        (b"[" * 60_000, "not an object"),
        (json.dumps({**FIELDS, "tee_type": 0}).encode(), "with tee_type besides"),
        (b'{"tcb_info":""}', "without pck_crl_issuer_chain"),
    ],
    ids=["empty", "utf16", "bytes", "pem", "http", "page", "deep", "unknown", "missing"],
)
def test_a_file_of_another_kind_is_named(raw: bytes, found: str) -> None:
    said = refusal(raw)
    assert said.code is Code.MALFORMED_COLLATERAL
    assert found in said.found


def test_what_hangs_together_wrongly_keeps_its_code() -> None:
    info = FIELDS["tcb_info"].replace('"id":"SGX"', '"id":"TDX"')
    assert refusal(changed(tcb_info=info)).code is Code.COLLATERAL_MISMATCH


def test_megabytes_are_read_once() -> None:
    """Nothing in a chain makes its reader go back: work grows with the text alone."""
    text = "-----BEGIN CERTIFICATE-----" * 20_000 + " " * 400_000
    assert refusal(changed(pck_crl_issuer_chain=text)).code is Code.MALFORMED_COLLATERAL
