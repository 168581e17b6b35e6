"""A collateral file of an operator, made the one form that chain and enclave take."""

from __future__ import annotations

import json
from typing import Final

from enclave.attestation.collateral import Collateral
from enclave.attestation.strict_json import parse_object
from enclave.errors import Code, Refusal
from node.collateral.fields import chain, crl, malformed, signature, signed_text, text_of

_BOM: Final = b"\xef\xbb\xbf"
_MARKS: Final = _BOM + b" \t\r\n"
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
_DROPPED: Final = "pck_certificate_chain"
_CHAINS: Final = ("pck_crl_issuer_chain", "qe_identity_issuer_chain", "tcb_info_issuer_chain")
_CRLS: Final = ("pck_crl", "root_ca_crl")
_SIGNATURES: Final = ("qe_identity_signature", "tcb_info_signature")
_TEXTS: Final = {"qe_identity": "enclaveIdentity", "tcb_info": "tcbInfo"}
FIELDS: Final = (*_CHAINS, *_CRLS, *_SIGNATURES, *_TEXTS)


def canonical(raw: bytes) -> bytes:
    """The collateral in its one form; one that is in it already stays byte for byte.

    Args:
        raw: of a file, at most 1 MiB.

    Raises:
        Refusal: MALFORMED_COLLATERAL with the field and what it looks like; as `Collateral.parse`.
    """
    try:
        Collateral.parse(raw)
    except Refusal as refusal:
        if refusal.code is Code.TOO_LARGE and not raw.lstrip(_MARKS).startswith(b"{"):
            raise
        return _canonical(raw)
    return raw


def assemble(fields: dict[str, object]) -> bytes:
    """The canonical form of nine fields, each in any form that is taken. Raises Refusal."""
    values = {
        **{name: chain(name, text_of(name, fields[name], "certificates")) for name in _CHAINS},
        **{name: _crl(name, fields[name]).hex() for name in _CRLS},
        **{name: signature(name, fields[name]) for name in _SIGNATURES},
        **{name: signed_text(name, fields[name], whole=key) for name, key in _TEXTS.items()},
    }
    return Collateral.parse(json.dumps(values, separators=(",", ":")).encode("ascii")).encode()


def _canonical(raw: bytes) -> bytes:
    found = _read_object(raw)
    found.pop(_DROPPED, None)
    missing = [name for name in FIELDS if name not in found]
    unknown = sorted(found.keys() - set(FIELDS))
    if missing or unknown:
        says = [f"without {', '.join(missing)}"] if missing else []
        says += [f"with {', '.join(unknown)} besides"] if unknown else []
        raise malformed("the nine fields of a collateral", f"an object {' and '.join(says)}")
    return assemble(found)


def _read_object(raw: bytes) -> dict[str, object]:
    expected = "a collateral: one JSON object of nine texts, in UTF-8"
    if raw.startswith(_UTF_16):
        raise malformed(expected, "UTF-16, which some editors and shells write")
    try:
        return parse_object(raw.removeprefix(_BOM).decode("utf-8"))
    except UnicodeDecodeError:
        raise malformed(expected, "bytes that are no UTF-8") from None
    except ValueError as error:
        raise malformed(expected, f"{error}{_hint(raw)}") from None


def _hint(raw: bytes) -> str:
    for begin, words in (
        (b"-----BEGIN", ": certificates or a CRL in PEM"),
        (b"HTTP/", ": an answer with its headers"),
        (b"<", ": a page"),
    ):
        if raw.lstrip().startswith(begin):
            return words
    return ": an empty file" if not raw.strip() else ""


def _crl(name: str, value: object) -> bytes:
    return crl(name, text_of(name, value, "a CRL").encode("ascii"))
