"""Certificate chains and CRLs of evidence: what the verification library leaves unchecked.

The library builds the paths and verifies every signature that the verdict rests on. This file adds
the exact form: chains are PEM and nothing else, of a fixed length, and end in one root, byte for
byte (the library lets nearly every byte of that root change); and the PCK CRL comes with the chain
of its own issuer (attestation.md traps 1 and 3).
"""

from __future__ import annotations

import binascii
import functools
import hashlib
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from enclave.attestation.edition import Edition, unix_seconds
from enclave.attestation.limits import ISSUER_CHAIN_CERTIFICATES, PCK_CHAIN_CERTIFICATES
from enclave.errors import Code, Refusal

_BEGIN: Final = b"-----BEGIN CERTIFICATE-----\n"
_END: Final = b"\n-----END CERTIFICATE-----\n"

_REMEMBERED: Final = 4
"""Roots whose PEM is kept: a process serves one network."""
_REMEMBERED_CRLS: Final = 32
"""CRLs whose issuer is shown: verifying is pure, and a network has few of them at a time."""

_UNUSABLE: Final = (
    ValueError,
    TypeError,
    InvalidSignature,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.ExtensionNotFound,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
    Warning,
)
"""What `cryptography` raises for objects that are malformed, unsupported or wrongly signed.

A Warning only where warnings are made errors: what it warns of is refused here anyway.
"""


@dataclass(frozen=True, slots=True)
class CrlIssuer:
    """The issuer of the PCK CRL, shown by its own chain."""

    not_before: int
    """Unix seconds, inclusive."""
    not_after: int
    """Unix seconds, inclusive."""
    revoked: bool
    """Whether the root CA's CRL lists it."""


@dataclass(frozen=True, slots=True)
class Revocation:
    """What the CRLs of a collateral say about themselves."""

    issuer: CrlIssuer
    root_ca_crl: Edition
    pck_crl: Edition
    root_key_id: bytes
    """32 bytes: whose CRL the root CA's is (`key_id`)."""
    issuer_key_id: bytes
    """32 bytes: whose CRL the PCK CRL is."""


def issuer_chain(text: str, *, name: str) -> tuple[bytes, bytes]:
    """The issuer's and the root's DER out of one chain of a collateral.

    Raises:
        Refusal: MALFORMED_COLLATERAL.
    """
    blocks = _blocks(text.encode("ascii"), ISSUER_CHAIN_CERTIFICATES)
    if blocks is None:
        raise _malformed(f"{name} of two certificates in PEM", "something else")
    try:
        return _der(blocks[0]), _der(blocks[1])
    except binascii.Error:
        raise _malformed(f"{name} in base64", "something else") from None


def pck_leaf(data: bytes, *, root_der: bytes) -> bytes:
    """The PCK certificate of the chain inside a quote: leaf, CA and exactly the trusted root.

    Args:
        data: certification data of type 5; Intel's library ends it with a NUL byte.
        root_der: the trust anchor.

    Returns:
        The leaf's DER, its signature unverified.

    Raises:
        Refusal: CERTIFICATE_INVALID or UNTRUSTED_ROOT.
    """
    blocks = _pck_blocks(data)
    leaf, root = _pck_der(blocks[0]), blocks[2]
    # Intel breaks lines as the usual encoder does; others are decoded to be compared.
    if root != _usual_block(root_der) and _pck_der(root) != root_der:
        expected = "a PCK chain that ends in the trusted root"
        raise Refusal(Code.UNTRUSTED_ROOT, expected=expected, found="another root")
    return leaf


def pck_issuer_key_id(data: bytes) -> bytes:
    """The key of the CA in the chain inside a quote, whose CRL counts for its leaf (`key_id`).

    Raises:
        Refusal: CERTIFICATE_INVALID.
    """
    try:
        return key_id(x509.load_der_x509_certificate(_pck_der(_pck_blocks(data)[1])))
    except _UNUSABLE:
        expected = "a PCK chain whose CA is a certificate"
        raise Refusal(Code.CERTIFICATE_INVALID, expected=expected, found="other bytes") from None


def read_revocation(
    *, issuer_der: bytes, root_der: bytes, pck_crl: bytes, root_ca_crl: bytes
) -> Revocation:
    """Reads the CRLs and the chain of the PCK CRL's issuer. Verifies nothing.

    Raises:
        Refusal: MALFORMED_COLLATERAL for what is no certificate or CRL.
    """
    try:
        issuer = x509.load_der_x509_certificate(issuer_der)
        root = x509.load_der_x509_certificate(root_der)
        crl = x509.load_der_x509_crl(pck_crl)
        root_crl = x509.load_der_x509_crl(root_ca_crl)
        serial = _positive(issuer.serial_number)
        return Revocation(
            issuer=CrlIssuer(
                not_before=unix_seconds(issuer.not_valid_before_utc),
                not_after=unix_seconds(issuer.not_valid_after_utc),
                revoked=root_crl.get_revoked_certificate_by_serial_number(serial) is not None,
            ),
            root_ca_crl=_crl_edition(root_crl),
            pck_crl=_crl_edition(crl),
            root_key_id=key_id(root),
            issuer_key_id=key_id(issuer),
        )
    except _UNUSABLE:
        expected = "CRLs and the chain of their issuer in DER"
        raise _malformed(expected, "something unreadable") from None


@functools.lru_cache(maxsize=_REMEMBERED_CRLS)
def check_crl_issuer(*, issuer_der: bytes, root_der: bytes, pck_crl: bytes) -> None:
    """The PCK CRL is signed by the issuer that its chain shows, and that issuer by the root.

    Args:
        issuer_der: out of the collateral.
        root_der: the trust anchor: nothing is verified with a key that nobody trusts.
        pck_crl: DER.

    Raises:
        Refusal: CERTIFICATE_INVALID.
    """
    issuer = x509.load_der_x509_certificate(issuer_der)
    try:
        issuer.verify_directly_issued_by(x509.load_der_x509_certificate(root_der))
        signed = x509.load_der_x509_crl(pck_crl).is_signature_valid(_key(issuer))
    except _UNUSABLE:
        raise _unchained("an issuer of the PCK CRL signed by the root", "another") from None
    if not signed:
        raise _unchained("a PCK CRL signed by the issuer in its chain", "another signature")


def key_id(certificate: x509.Certificate) -> bytes:
    """32 bytes: SHA-256 of a certificate's SubjectPublicKeyInfo.

    Whose CRL it is goes by the key: a CA may hold several certificates over one.
    """
    info = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(info).digest()


@functools.lru_cache(maxsize=_REMEMBERED_CRLS)
def crl_edition(der: bytes) -> Edition:
    """The edition of one CRL that was read before. Raises ValueError for other bytes."""
    return _crl_edition(x509.load_der_x509_crl(der))


def _crl_edition(crl: x509.CertificateRevocationList) -> Edition:
    try:
        number = crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    except x509.ExtensionNotFound:
        number = 0
    issued_at = unix_seconds(crl.last_update_utc)
    return Edition.of(crl.tbs_certlist_bytes, issued_at=issued_at, number=number)


def _pck_blocks(data: bytes) -> list[bytes]:
    blocks = _blocks(data.removesuffix(b"\0"), PCK_CHAIN_CERTIFICATES)
    if blocks is None:
        expected = f"a PCK chain of {PCK_CHAIN_CERTIFICATES} certificates in PEM"
        raise Refusal(Code.CERTIFICATE_INVALID, expected=expected, found="something else")
    return blocks


def _pck_der(block: bytes) -> bytes:
    try:
        return _der(block)
    except binascii.Error:
        expected = "a PCK chain in base64"
        raise Refusal(Code.CERTIFICATE_INVALID, expected=expected, found="other text") from None


def _blocks(pem: bytes, count: int) -> list[bytes] | None:
    """The base64 in `pem` where that is `count` certificates and nothing around them."""
    *blocks, rest = (pem if pem.endswith(b"\n") else pem + b"\n").split(_END, count)
    if len(blocks) != count or rest or not all(block.startswith(_BEGIN) for block in blocks):
        return None
    return [block[len(_BEGIN) :] for block in blocks]


def _der(block: bytes) -> bytes:
    """The DER in one block of PEM. Raises binascii.Error for anything but base64 and lines."""
    return binascii.a2b_base64(block.replace(b"\n", b""), strict_mode=True)


@functools.lru_cache(maxsize=_REMEMBERED)
def _usual_block(der: bytes) -> bytes:
    """`der` as base64 in lines of 64 characters, the last without its end (RFC 7468)."""
    text = binascii.b2a_base64(der, newline=False)
    return b"\n".join(text[at : at + 64] for at in range(0, len(text), 64))


def _positive(serial: int) -> int:
    if serial <= 0:
        raise ValueError("a serial number that RFC 5280 does not allow")
    return serial


def _key(issuer: x509.Certificate) -> ec.EllipticCurvePublicKey:
    key = issuer.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise TypeError("not an elliptic curve key")
    return key


def _malformed(expected: str, found: str) -> Refusal:
    return Refusal(Code.MALFORMED_COLLATERAL, expected=expected, found=found)


def _unchained(expected: str, found: str) -> Refusal:
    return Refusal(Code.CERTIFICATE_INVALID, expected=expected, found=found)
