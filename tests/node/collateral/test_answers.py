"""The answers of Intel's v4 API, as curl saves them, made one collateral file."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from enclave.attestation.collateral import Collateral
from enclave.errors import Code, Refusal
from node.collateral import Answers, from_answers
from tests.node.collateral.test_forms import BASE, FIELDS, FORMS, TIME, crl_of
from tests.support.cli import Cli

TCB: Final = "TCB-Info-Issuer-Chain"
QE: Final = "SGX-Enclave-Identity-Issuer-Chain"
CRL: Final = "SGX-PCK-CRL-Issuer-Chain"


def body(key: str, name: str) -> bytes:
    """The API's own form."""
    return f'{{"{key}":{FIELDS[name]},"signature":"{FIELDS[f"{name}_signature"]}"}}'.encode()


def header(name: str, field: str) -> bytes:
    return f"{name}: {quote(FIELDS[field])}\r\n".encode()


def with_headers(line: bytes, content: bytes) -> bytes:
    proxy = b"HTTP/1.1 200 Connection established\r\n\r\n"
    return proxy + b"HTTP/2 200\r\nContent-Type: x\r\n" + line + b"\r\n" + content


def answers(**changes: bytes) -> Answers:
    """Bodies and headers apart, as `curl -D` saves them."""
    plain = Answers(
        tcb_info=body("tcbInfo", "tcb_info"),
        tcb_info_chain=b"HTTP/1.1 200 OK\r\n" + header(TCB, "tcb_info_issuer_chain"),
        qe_identity=body("enclaveIdentity", "qe_identity"),
        qe_identity_chain=quote(FIELDS["qe_identity_issuer_chain"]).encode() + b"\n",
        pck_crl=bytes.fromhex(FIELDS["pck_crl"]),
        pck_crl_chain=FIELDS["pck_crl_issuer_chain"].encode(),
        root_ca_crl=bytes.fromhex(FIELDS["root_ca_crl"]),
    )
    return replace(plain, **changes)


def test_bodies_and_headers_apart() -> None:
    assert from_answers(answers()) == Collateral.parse(BASE).encode()


def test_bodies_with_their_headers() -> None:
    together = Answers(
        tcb_info=with_headers(header(TCB, "tcb_info_issuer_chain"), body("tcbInfo", "tcb_info")),
        qe_identity=with_headers(
            header(QE.lower(), "qe_identity_issuer_chain"), body("enclaveIdentity", "qe_identity")
        ),
        pck_crl=with_headers(header(CRL, "pck_crl_issuer_chain"), bytes.fromhex(FIELDS["pck_crl"])),
        root_ca_crl=FIELDS["root_ca_crl"].encode(),
    )
    assert from_answers(together) == Collateral.parse(BASE).encode()


@pytest.mark.parametrize("name", ["pck_crl", "root_ca_crl"])
def test_crls_in_pem_hex_and_base64(name: str) -> None:
    pem = crl_of(name).public_bytes(Encoding.PEM)
    for data in (pem, FIELDS[name].encode(), FIELDS[name].upper().encode() + b"\r\n"):
        assert from_answers(answers(**{name: data})) == Collateral.parse(BASE).encode()


def formatted(data: bytes) -> bytes:
    return json.dumps(json.loads(data), indent=1).encode()


@pytest.mark.parametrize(
    ("changes", "code", "expected", "found"),
    [
        (
            {"tcb_info": formatted(body("tcbInfo", "tcb_info"))},
            Code.COLLATERAL_SIGNATURE_INVALID,
            "tcb_info as its issuer signed it",
            "formatted anew",
        ),
        (
            {"qe_identity": body("tcbInfo", "tcb_info")},
            Code.MALFORMED_COLLATERAL,
            "qe_identity: the API's answer",
            "a JSON object",
        ),
        (
            {"tcb_info": b"HTTP/1.1 200 OK\r\nServer: x\r\n"},
            Code.MALFORMED_COLLATERAL,
            "tcb_info: an answer with its body",
            "headers alone",
        ),
        (
            {"tcb_info": b"HTTP/1.1 404 Not Found\r\n\r\n"},
            Code.MALFORMED_COLLATERAL,
            "tcb_info: an answer 200",
            "404",
        ),
        (
            {"tcb_info": body("tcbInfo", "tcb_info")[:-20]},
            Code.MALFORMED_COLLATERAL,
            "tcb_info: the API's answer",
            "no signature",
        ),
        (
            {"tcb_info": body("tcbInfo", "tcb_info")[:500]},
            Code.MALFORMED_COLLATERAL,
            "tcb_info: the API's answer",
            "breaks off",
        ),
        (
            {"tcb_info_chain": b""},
            Code.MALFORMED_COLLATERAL,
            f"tcb_info_issuer_chain: the header {TCB}",
            "neither it nor a file",
        ),
        (
            {"tcb_info_chain": b"HTTP/1.1 200 OK\r\nServer: x\r\n"},
            Code.MALFORMED_COLLATERAL,
            f"tcb_info_issuer_chain: the header {TCB}",
            "headers without it",
        ),
        (
            {"pck_crl": b"\xff\xfe"},
            Code.MALFORMED_COLLATERAL,
            "pck_crl: a CRL",
            "no CRL",
        ),
        (
            {"tcb_info": b"\xff"},
            Code.MALFORMED_COLLATERAL,
            "tcb_info: the API's answer",
            "other bytes",
        ),
    ],
    ids=[
        "formatted",
        "swapped",
        "headers",
        "404",
        "no-end",
        "cut",
        "no-chain",
        "no-header",
        "crl",
        "bytes",
    ],
)
def test_what_is_wrong_is_named(
    changes: dict[str, bytes], code: Code, expected: str, found: str
) -> None:
    with pytest.raises(Refusal) as caught:
        from_answers(answers(**changes))
    assert caught.value.code is code
    assert caught.value.expected.startswith(expected)
    assert found in caught.value.found


@pytest.fixture
def files(tmp_path: Path) -> Callable[..., list[str]]:
    """The command over these answers, saved."""

    def save(**changes: bytes) -> list[str]:
        words = ["attest", "collateral", "--out", str(tmp_path / "made.json")]
        made: Any = answers(**changes)
        for name in made.__dataclass_fields__:
            path = tmp_path / name
            path.write_bytes(getattr(made, name))
            words += [f"--{name.replace('_', '-')}", str(path)]
        return words

    return save


def test_the_command_makes_what_the_others_take(
    files: Callable[..., list[str]], tmp_path: Path, cli: Cli
) -> None:
    found = cli(*files(), "--output", "json").done().json
    assert found["fmspc"] == "00A067110000"
    assert found["issued"]["tcb_info"] == "2025-06-19T10:56:11Z"
    path = str(tmp_path / "made.json")
    quoted = str(FORMS / "base-sgx.quote")
    cli("attest", "verify", quoted, "--collateral", path, "--time", TIME).done()
    cli(*files()).failed("file_exists")
    cli(*files(), "--force").done()


def test_the_command_refuses_another_root(
    files: Callable[..., list[str]], tmp_path: Path, cli: Cli
) -> None:
    root = tmp_path / "root.der"
    cli("attest", "issue", "--out-dir", str(tmp_path / "evidence")).done()
    root.write_bytes((tmp_path / "evidence" / "root.der").read_bytes())
    cli(*files(), "--trust-anchor", str(root)).failed("untrusted_root")
    assert not (tmp_path / "made.json").exists()
