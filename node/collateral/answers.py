"""The answers of Intel's v4 API, as they were saved, made one collateral.

An answer is a body, and a header with the chain of whoever signed it. The signed text is cut out
of the body as it stands: who parses and writes it anew loses the signature.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from enclave.attestation.collateral import Collateral
from enclave.errors import Code, Refusal
from node.collateral.fields import chain, looks_like, malformed
from node.collateral.reading import assemble

_HEADERS: Final = {
    "tcb_info": ("TCB-Info-Issuer-Chain", "SGX-TCB-Info-Issuer-Chain"),
    "qe_identity": ("SGX-Enclave-Identity-Issuer-Chain",),
    "pck_crl": ("SGX-PCK-CRL-Issuer-Chain",),
}
"""By part: the header that brings its chain; the second name is that of older services."""
_KEYS: Final = {"tcb_info": "tcbInfo", "qe_identity": "enclaveIdentity"}
_END: Final = re.compile(r'\s*,\s*"signature"\s*:\s*"([0-9a-fA-F]{128})"\s*\}\s*')
_SPLIT: Final = re.compile(rb"\r?\n\r?\n")
_STATUS: Final = re.compile(rb"HTTP/[0-9.]+ (\d{3})")
_OK: Final = b"200"
_HEAD_AND_BODY: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Files as they were saved.

    A chain is a header's value, a dump of headers, or PEM. It may be left out where the body's own
    file begins with the headers (`curl -i`).
    """

    tcb_info: bytes
    qe_identity: bytes
    pck_crl: bytes
    root_ca_crl: bytes
    tcb_info_chain: bytes = b""
    qe_identity_chain: bytes = b""
    pck_crl_chain: bytes = b""


def from_answers(answers: Answers) -> bytes:
    """The collateral in its one form.

    Raises:
        Refusal: MALFORMED_COLLATERAL with the part and what it looks like;
            COLLATERAL_SIGNATURE_INVALID where a text is not what its issuer signed; as
            `Collateral.parse`.
    """
    fields: dict[str, object] = {}
    for name, raw, given in (
        ("tcb_info", answers.tcb_info, answers.tcb_info_chain),
        ("qe_identity", answers.qe_identity, answers.qe_identity_chain),
    ):
        headers, body = _split(name, raw)
        fields[name], fields[f"{name}_signature"] = _signed(name, body)
        fields[f"{name}_issuer_chain"] = _chain(name, given or headers)
    headers, body = _split("pck_crl", answers.pck_crl)
    fields["pck_crl"] = _text(body)
    fields["pck_crl_issuer_chain"] = _chain("pck_crl", answers.pck_crl_chain or headers)
    fields["root_ca_crl"] = _text(_split("root_ca_crl", answers.root_ca_crl)[1])
    made = assemble(fields)
    _check_signatures(made)
    return made


def _split(name: str, raw: bytes) -> tuple[bytes, bytes]:
    """Headers, b"" where the file has none, and body. Of several answers the last counts.

    A proxy's, or a 100 Continue, stands before the one that was asked for.
    """
    headers, body = b"", raw
    while _STATUS.match(body):
        parts = _SPLIT.split(body, maxsplit=1)
        if len(parts) != _HEAD_AND_BODY:
            raise malformed(f"{name}: an answer with its body", "headers alone")
        headers, body = parts
    status = _STATUS.match(headers)
    if status is not None and status[1] != _OK:
        raise malformed(f"{name}: an answer 200 with its body", status[1].decode())
    return headers, body


def _signed(name: str, body: bytes) -> tuple[str, str]:
    key = _KEYS[name]
    expected = f'{name}: the API\'s answer, {{"{key}": .., "signature": ..}}, as it came'
    try:
        text = body.decode("ascii").strip()
    except UnicodeDecodeError:
        raise malformed(expected, "other bytes") from None
    begin = re.match(rf'\{{\s*"{key}"\s*:\s*', text)
    if begin is None:
        raise malformed(expected, looks_like(text))
    try:
        _, end = json.JSONDecoder().raw_decode(text, begin.end())
    except (ValueError, RecursionError):
        raise malformed(expected, "a text that breaks off") from None
    rest = _END.fullmatch(text, end)
    if rest is None:
        raise malformed(expected, "no signature of 64 bytes in hex behind it")
    return text[begin.end() : end], rest[1]


def _chain(part: str, raw: bytes) -> str:
    """The chain's text, out of a header's value, a dump of headers or PEM."""
    name = f"{part}_issuer_chain"
    expected = f"{name}: the header {_HEADERS[part][0]} of the answer"
    try:
        text = raw.decode("ascii")
    except UnicodeDecodeError:
        raise malformed(expected, "other bytes") from None
    for line in text.splitlines():
        key, colon, value = line.partition(":")
        if colon and key.strip().lower() in {header.lower() for header in _HEADERS[part]}:
            return chain(name, value.strip())
    if not text.strip() or text.startswith("HTTP/"):
        found = "headers without it" if text.strip() else "neither it nor a file with it"
        raise malformed(expected, found)
    return chain(name, text)


def _text(body: bytes) -> str:
    """A CRL's body as a text: DER in hex, a text as it is."""
    return body.decode("ascii") if body.isascii() else body.hex()


def _check_signatures(made: bytes) -> None:
    content = Collateral.parse(made).content
    for name, text, raw, issuer in (
        ("tcb_info", content.tcb_info, content.tcb_info_signature, content.tcb_info_issuer_chain),
        (
            "qe_identity",
            content.qe_identity,
            content.qe_identity_signature,
            content.qe_identity_issuer_chain,
        ),
    ):
        if not _holds(text.encode("ascii"), raw, issuer):
            raise Refusal(
                Code.COLLATERAL_SIGNATURE_INVALID,
                expected=f"{name} as its issuer signed it",
                found="another text: was it formatted anew, or is its chain another answer's?",
            )


def _holds(text: bytes, raw: bytes, issuer: str) -> bool:
    certificate = x509.load_pem_x509_certificates(issuer.encode("ascii"))[0]
    half = len(raw) // 2
    r, s = (int.from_bytes(part, "big") for part in (raw[:half], raw[half:]))
    try:
        key = certificate.public_key()
        if not isinstance(key, ec.EllipticCurvePublicKey):
            return False
        key.verify(utils.encode_dss_signature(r, s), text, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True
