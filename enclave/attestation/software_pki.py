"""The certificates of software mode: development root, authorities, PCK leaf, and the CRLs.

Everything here is public: each private key is derived from the network's name, so that nothing
about it looks like a secret, and every enclave of one network makes the same bytes. Shapes follow
Intel's PCK certificate and CRL profile, without addresses: nothing here can be fetched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from enclave.attestation.pck_extension import SGX_EXTENSION_OID
from enclave.attestation.software_blueprint import LAST_SECOND, Window
from enclave.crypto.labels import Label, Mode, Name
from enclave.crypto.transcript import H512, H
from enclave.errors import Code, Refusal

P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""SEC 2, 2.4.2."""
ROOT_NAME: Final = "Seedpact Development Root CA"
ORGANIZATION: Final = "Seedpact software mode, protects nothing"

_ROOT_LABEL: Final = Label(Mode.SOFTWARE, Name.DEVELOPMENT_ROOT)
_CERTIFICATE_LABEL: Final = Label(Mode.SOFTWARE, Name.DEVELOPMENT_CERTIFICATE)
_ALL_TIME: Final = Window(0, LAST_SECOND)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SERIAL_BYTES: Final = 20
"""RFC 5280, 4.1.2.2: at most 20, and positive."""

PrivateKey = ec.EllipticCurvePrivateKey


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
    key = _private_key(H512(_ROOT_LABEL, chain_id))
    builder = _builder(_name(ROOT_NAME), key, _ALL_TIME, _serial(chain_id, "root"))
    builder = builder.issuer_name(_name(ROOT_NAME))
    return Issued(_sign(_authority(builder, path_length=1), key, key), key)


def derived_key(chain_id: str, *path: str | bytes) -> PrivateKey:
    """The public-knowledge private key of whatever `path` names in this network."""
    return _private_key(H512(_CERTIFICATE_LABEL, "key", chain_id, path))


def issue_authority(
    issuer: Issued, *, chain_id: str, name: str, window: Window, signer: PrivateKey
) -> Issued:
    """A certificate authority below the root, as Intel's PCK Platform CA is."""
    key = derived_key(chain_id, name)
    builder = _builder(_name(name), key, window, _serial(chain_id, name))
    builder = builder.issuer_name(issuer.certificate.subject)
    return Issued(_sign(_authority(builder, path_length=0), issuer.key, signer), key)


def issue_leaf(
    issuer: Issued,
    *,
    chain_id: str,
    name: str,
    identity: bytes,
    window: Window,
    signer: PrivateKey,
    sgx_extension: bytes | None = None,
) -> Issued:
    """A certificate that signs data: TCB signing, or (with the SGX extension) a PCK.

    `identity` tells leaves of one name apart (the platform's PPID for a PCK); `signer` is the
    issuer's key, or a forger's.
    """
    key = derived_key(chain_id, name, identity)
    builder = _builder(_name(name), key, window, _serial(chain_id, name, identity))
    builder = builder.issuer_name(issuer.certificate.subject)
    builder = builder.add_extension(_key_usage(signs_data=True), critical=True)
    constraints = x509.BasicConstraints(ca=False, path_length=None)
    builder = builder.add_extension(constraints, critical=True)
    if sgx_extension is not None:
        oid = x509.ObjectIdentifier(SGX_EXTENSION_OID)
        extension = x509.UnrecognizedExtension(oid, sgx_extension)
        builder = builder.add_extension(extension, critical=False)
    return Issued(_sign(builder, issuer.key, signer), key)


def issue_crl(
    issuer: Issued, *, window: Window, revoked: Sequence[Issued], signer: PrivateKey
) -> bytes:
    """The DER of a CRL of `issuer`; `revoked` were revoked as the window starts."""
    builder = x509.CertificateRevocationListBuilder()
    builder = builder.issuer_name(issuer.certificate.subject)
    builder = builder.last_update(_time(window.start)).next_update(_time(window.end))
    builder = builder.add_extension(x509.CRLNumber(1), critical=False)
    builder = builder.add_extension(_authority_key_id(issuer.key), critical=False)
    for subject in revoked:
        entry = x509.RevokedCertificateBuilder().revocation_date(_time(window.start))
        serial = subject.certificate.serial_number
        builder = builder.add_revoked_certificate(entry.serial_number(serial).build())
    crl = builder.sign(signer, hashes.SHA256(), ecdsa_deterministic=True)
    return crl.public_bytes(serialization.Encoding.DER)


def sign_raw(key: PrivateKey, message: bytes) -> bytes:
    """ECDSA P-256 over SHA-256 as 64 bytes r || s, deterministic (RFC 6979)."""
    signature = key.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    r, s = utils.decode_dss_signature(signature)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def raw_public_key(key: PrivateKey) -> bytes:
    """The public point as 64 bytes x || y."""
    numbers = key.public_key().public_numbers()
    return numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")


def _private_key(wide: bytes) -> PrivateKey:
    # 512 bits reduced to the range 1 .. n-1: the bias is below 2^-250.
    return ec.derive_private_key(int.from_bytes(wide, "big") % (P256_ORDER - 1) + 1, ec.SECP256R1())


def _serial(chain_id: str, *path: str | bytes) -> int:
    digest = bytearray(H(_CERTIFICATE_LABEL, "serial", chain_id, path)[:_SERIAL_BYTES])
    digest[0] = digest[0] & 0x7F | 0x40
    return int.from_bytes(digest, "big")


def _builder(
    subject: x509.Name, key: PrivateKey, window: Window, serial: int
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).public_key(key.public_key())
    builder = builder.not_valid_before(_time(window.start)).not_valid_after(_time(window.end))
    subject_id = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return builder.serial_number(serial).add_extension(subject_id, critical=False)


def _authority(builder: x509.CertificateBuilder, *, path_length: int) -> x509.CertificateBuilder:
    builder = builder.add_extension(_key_usage(signs_data=False), critical=True)
    constraints = x509.BasicConstraints(ca=True, path_length=path_length)
    return builder.add_extension(constraints, critical=True)


def _sign(
    builder: x509.CertificateBuilder, issuer_key: PrivateKey, signer: PrivateKey
) -> x509.Certificate:
    """Name the issuer's key, and sign with `signer`: the same key, but for a forged piece."""
    builder = builder.add_extension(_authority_key_id(issuer_key), critical=False)
    return builder.sign(signer, hashes.SHA256(), ecdsa_deterministic=True)


def _authority_key_id(key: PrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def _key_usage(*, signs_data: bool) -> x509.KeyUsage:
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


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name),
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, ORGANIZATION),
        ]
    )


def _time(unix: int) -> datetime:
    # By addition: datetime.fromtimestamp depends on the platform's C library for far dates.
    return _EPOCH + timedelta(seconds=unix)
