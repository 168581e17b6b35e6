"""The development root of a software network, and how its certificates are built.

Every enclave knows it, in hardware mode too: it is how a software network's floor is recognised.
What stands below it, and signs quotes that vouch for nothing, is `enclave.software`. Everything
here is public: each private key is derived from the network's name, so that nothing about it looks
like a secret, and every enclave of one network makes the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from enclave.crypto.labels import Label, Mode, Name
from enclave.crypto.transcript import H512, H
from enclave.errors import Code, Refusal

P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""SEC 2, 2.4.2."""
ROOT_NAME: Final = "Seedpact Development Root CA"
ORGANIZATION: Final = "Seedpact software mode, protects nothing"
LAST_SECOND: Final = 253_402_300_799
"""9999-12-31T23:59:59Z: the last time that a certificate can name (RFC 5280, 4.1.2.5)."""
CERTIFICATE_LABEL: Final = Label(Mode.SOFTWARE, Name.DEVELOPMENT_CERTIFICATE)

_ROOT_LABEL: Final = Label(Mode.SOFTWARE, Name.DEVELOPMENT_ROOT)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SERIAL_BYTES: Final = 20
"""RFC 5280, 4.1.2.2: at most 20, and positive."""

PrivateKey = ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class Window:
    """From when to when a piece is valid, in unix seconds."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate with the private key of its subject."""

    certificate: x509.Certificate
    key: PrivateKey

    @property
    def pem(self) -> str:
        """The certificate as PEM text, with a line break at its end."""
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")


def development_root_der(chain_id: str) -> bytes:
    """The trust anchor of the software network `chain_id`, the same bytes everywhere.

    Raises:
        Refusal: BAD_VALUE for a name that is empty or not ASCII.
    """
    root = development_root(chain_id)
    return root.certificate.public_bytes(serialization.Encoding.DER)


def development_root(chain_id: str) -> Issued:
    """The development root. Its key is public knowledge; it is valid for all time."""
    if not chain_id or not chain_id.isascii():
        raise Refusal(Code.BAD_VALUE, expected="a chain id of ASCII characters", found=chain_id)
    key = private_key(H512(_ROOT_LABEL, chain_id))
    builder = certificate_builder(
        distinguished_name(ROOT_NAME), key, Window(0, LAST_SECOND), serial_of(chain_id, "root")
    )
    builder = builder.issuer_name(distinguished_name(ROOT_NAME))
    return Issued(signed_by(as_authority(builder, path_length=1), key, key), key)


def private_key(wide: bytes) -> PrivateKey:
    """The key of 64 bytes of a hash, in the range 1 .. n-1: a bias below 2^-250."""
    return ec.derive_private_key(int.from_bytes(wide, "big") % (P256_ORDER - 1) + 1, ec.SECP256R1())


def serial_of(chain_id: str, *path: str | bytes) -> int:
    """The serial number of whatever `path` names in this network: 20 bytes, positive."""
    digest = bytearray(H(CERTIFICATE_LABEL, "serial", chain_id, path)[:_SERIAL_BYTES])
    digest[0] = digest[0] & 0x7F | 0x40
    return int.from_bytes(digest, "big")


def certificate_builder(
    subject: x509.Name, key: PrivateKey, window: Window, serial: int
) -> x509.CertificateBuilder:
    """What every certificate has but its issuer's name, its uses and its signature."""
    builder = x509.CertificateBuilder().subject_name(subject).public_key(key.public_key())
    builder = builder.not_valid_before(x509_time(window.start)).not_valid_after(
        x509_time(window.end)
    )
    subject_id = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return builder.serial_number(serial).add_extension(subject_id, critical=False)


def as_authority(builder: x509.CertificateBuilder, *, path_length: int) -> x509.CertificateBuilder:
    """With the uses of an authority that has `path_length` more below it."""
    builder = builder.add_extension(key_usage(signs_data=False), critical=True)
    constraints = x509.BasicConstraints(ca=True, path_length=path_length)
    return builder.add_extension(constraints, critical=True)


def signed_by(
    builder: x509.CertificateBuilder, issuer_key: PrivateKey, signer: PrivateKey
) -> x509.Certificate:
    """With the name of the issuer's key, signed by `signer`: that key, or a forger's."""
    builder = builder.add_extension(authority_key_id(issuer_key), critical=False)
    return builder.sign(signer, hashes.SHA256(), ecdsa_deterministic=True)


def authority_key_id(key: PrivateKey) -> x509.AuthorityKeyIdentifier:
    """Of the issuer's key (RFC 5280, 4.2.1.1)."""
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def key_usage(*, signs_data: bool) -> x509.KeyUsage:
    """What a leaf's key may do, or an authority's (RFC 5280, 4.2.1.3)."""
    return x509.KeyUsage(
        digital_signature=signs_data,
        content_commitment=signs_data,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=not signs_data,
        crl_sign=not signs_data,
        encipher_only=False,
        decipher_only=False,
    )


def distinguished_name(common_name: str) -> x509.Name:
    """The name of a subject, with who stands behind it."""
    return x509.Name(
        [
            x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name),
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, ORGANIZATION),
        ]
    )


def x509_time(unix: int) -> datetime:
    """As a certificate says it. By addition: the C library's far dates differ."""
    return _EPOCH + timedelta(seconds=unix)
