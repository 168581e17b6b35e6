"""Single fields of collateral in the forms in which they are met: chains, CRLs, signed texts."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Final
from urllib.parse import unquote

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from enclave.errors import Code, Refusal

# No dash is in base64: each position is read once, whatever the text.
_CERTIFICATE: Final = re.compile(r"-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----")
_CRL: Final = re.compile(r"-----BEGIN X509 CRL-----([^-]*)-----END X509 CRL-----")
_HEX: Final = re.compile(r"(?:0[xX])?((?:[0-9a-fA-F]{2})+)")
_SEQUENCE: Final = b"\x30"
_ISSUER_AND_ROOT: Final = 2
_ENCODED: Final = "-----BEGIN%20"
_ESCAPED: Final = "\\n"

_BROKEN: Final = (ValueError, x509.InvalidVersion)


def chain(name: str, text: str) -> str:
    """An issuer's chain as PEM with line feeds, the CA's certificate first.

    Taken as they are meant: URL-encoded (the API's headers), with CR LF or escaped line feeds, with
    a NUL at the end (Intel's libraries), with space around.

    Raises:
        Refusal: MALFORMED_COLLATERAL.
    """
    expected = f"{name}: in PEM the CA's certificate, then the root's"
    plain = _plain(text)
    ders = [_base64(body, expected) for body in _CERTIFICATE.findall(plain)]
    if _CERTIFICATE.sub("", plain).strip() or not ders:
        raise malformed(expected, looks_like(text))
    if len(ders) != _ISSUER_AND_ROOT:
        raise malformed(expected, f"{len(ders)} certificates")
    try:
        first, second = (x509.load_der_x509_certificate(der) for der in ders)
        root_first, root_last = (one.subject == one.issuer for one in (first, second))
    except _BROKEN:
        raise malformed(expected, "PEM that holds no certificate") from None
    if root_first and not root_last:
        raise malformed(expected, "the chain reversed: the root's certificate comes first")
    return "".join(one.public_bytes(Encoding.PEM).decode("ascii") for one in (first, second))


def crl(name: str, data: bytes) -> bytes:
    """A CRL's DER, from DER, PEM, or either's text in hex or base64.

    Raises:
        Refusal: MALFORMED_COLLATERAL.
    """
    expected = f"{name}: a CRL in hex, PEM or DER"
    der = data if is_der(data) else _crl_of_text(name, data, expected)
    try:
        x509.load_der_x509_crl(der)
    except _BROKEN:
        kind = "a certificate" if b"BEGIN CERTIFICATE" in data else "bytes that are no CRL"
        raise malformed(expected, kind) from None
    return der


def is_der(data: bytes) -> bool:
    """Whether these bytes are no text: 0x30 is also the first character of `0x..`."""
    return data.startswith(_SEQUENCE) and not data.isascii()


def signed_text(name: str, value: object, *, whole: str) -> str:
    """The very text that Intel signed.

    Args:
        name: of the field.
        value: what stands there.
        whole: the key under which the API's whole answer holds it.

    Raises:
        Refusal: MALFORMED_COLLATERAL.
    """
    expected = f"{name}: the text that Intel signed, as one JSON string, byte for byte"
    if isinstance(value, dict):
        raise malformed(expected, "a JSON object: written anew, so the signed bytes are lost")
    text = text_of(name, value, "the text that Intel signed")
    try:
        inner = json.loads(text)
    except (ValueError, RecursionError):
        raise malformed(expected, looks_like(text)) from None
    if isinstance(inner, dict) and whole in inner:
        raise malformed(expected, f'the API\'s whole answer, with "{whole}" and its signature')
    return text


def signature(name: str, value: object) -> str:
    """Hex in lower case. Raises Refusal, MALFORMED_COLLATERAL."""
    text = text_of(name, value, "64 bytes in hex").strip().rstrip("\0")
    match = _HEX.fullmatch(text)
    if match is None:
        raise malformed(f"{name}: 64 bytes in hex", looks_like(text))
    return match[1].lower()


def text_of(name: str, value: object, what: str) -> str:
    """A field that has to be a text. Raises Refusal, MALFORMED_COLLATERAL."""
    kinds = {dict: "a JSON object", list: "a JSON array", bool: "true or false", int: "a number"}
    if not isinstance(value, str):
        raise malformed(f"{name}: {what}, as a text", kinds.get(type(value), "null"))
    if not value.isascii():
        raise malformed(f"{name}: {what}, in ASCII", "other characters")
    return value


def looks_like(text: str) -> str:
    """What a text seems to be, in few words."""
    stripped = text.strip()
    for begin, words in (
        (_ENCODED, "URL-encoded PEM of something else"),
        ("-----BEGIN X509 CRL", "a CRL in PEM"),
        ("-----BEGIN CERTIFICATE", "PEM with something between or around its certificates"),
        ("-----BEGIN", "PEM of something else"),
        ("%", "a URL-encoded text"),
        ("{", "a JSON object"),
        ("http", "an address"),
        ("MII", "base64 without PEM's lines"),
    ):
        if stripped.startswith(begin):
            return words
    if not stripped:
        return "nothing"
    if _HEX.fullmatch(stripped):
        return f"hex of {len(stripped) // 2} bytes"
    return f"a text of {len(text)} characters that begins with {stripped[:12]!r}"


def malformed(expected: str, found: str) -> Refusal:
    """A field, or a whole file, in a form that is not taken."""
    return Refusal(Code.MALFORMED_COLLATERAL, expected=expected, found=found)


def _plain(text: str) -> str:
    """PEM as it was before somebody packed it for a header or a JSON text."""
    plain = text.strip("\0 \t\r\n")
    if plain.startswith(_ENCODED):
        plain = unquote(plain, encoding="ascii", errors="replace")
    if _ESCAPED in plain:
        plain = plain.replace("\\r", "").replace(_ESCAPED, "\n")
    return plain.strip("\0 \t\r\n")


def _crl_of_text(name: str, data: bytes, expected: str) -> bytes:
    try:
        text = _plain(data.decode("ascii"))
    except UnicodeDecodeError:
        raise malformed(expected, "bytes that are neither DER nor a text") from None
    if match := _CRL.fullmatch(text):
        return _base64(match[1], expected)
    bare = "".join(text.split())
    if match := _HEX.fullmatch(bare):
        inner = bytes.fromhex(match[1])
        # Some services give the text of the PEM in hex.
        return _crl_of_text(name, inner, expected) if inner.startswith(b"-----BEGIN") else inner
    if bare.startswith("MI"):
        return _base64(bare, expected)
    raise malformed(expected, looks_like(text))


def _base64(body: str, expected: str) -> bytes:
    try:
        return base64.b64decode("".join(body.split()), validate=True)
    except binascii.Error:
        raise malformed(expected, "PEM whose base64 is broken") from None
