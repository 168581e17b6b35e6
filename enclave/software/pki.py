"""The certificates below the development root: authorities, PCK leaf, and the CRLs.

Everything here is public: each private key is derived from the network's name, so that nothing
about it looks like a secret, and every enclave of one network makes the same bytes. Shapes follow
Intel's PCK certificate and CRL profile, without addresses: nothing here can be fetched.
"""

from __future__ import annotations

from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from enclave.attestation.development_root import (
    CERTIFICATE_LABEL,
    Issued,
    PrivateKey,
    Window,
    as_authority,
    authority_key_id,
    certificate_builder,
    distinguished_name,
    key_usage,
    private_key,
    serial_of,
    signed_by,
    x509_time,
)
from enclave.attestation.pck_extension import SGX_EXTENSION_OID
from enclave.crypto.transcript import H512


def derived_key(chain_id: str, *path: str | bytes) -> PrivateKey:
    """The public-knowledge private key of whatever `path` names in this network."""
    return private_key(H512(CERTIFICATE_LABEL, "key", chain_id, path))


def issue_authority(
    issuer: Issued, *, chain_id: str, name: str, window: Window, signer: PrivateKey
) -> Issued:
    """A certificate authority below the root, as Intel's PCK Platform CA is."""
    key = derived_key(chain_id, name)
    builder = certificate_builder(distinguished_name(name), key, window, serial_of(chain_id, name))
    builder = builder.issuer_name(issuer.certificate.subject)
    return Issued(signed_by(as_authority(builder, path_length=0), issuer.key, signer), key)


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
    builder = certificate_builder(
        distinguished_name(name), key, window, serial_of(chain_id, name, identity)
    )
    builder = builder.issuer_name(issuer.certificate.subject)
    builder = builder.add_extension(key_usage(signs_data=True), critical=True)
    constraints = x509.BasicConstraints(ca=False, path_length=None)
    builder = builder.add_extension(constraints, critical=True)
    if sgx_extension is not None:
        oid = x509.ObjectIdentifier(SGX_EXTENSION_OID)
        extension = x509.UnrecognizedExtension(oid, sgx_extension)
        builder = builder.add_extension(extension, critical=False)
    return Issued(signed_by(builder, issuer.key, signer), key)


def issue_crl(
    issuer: Issued, *, window: Window, revoked: Sequence[Issued], signer: PrivateKey
) -> bytes:
    """The DER of a CRL of `issuer`; `revoked` were revoked as the window starts."""
    builder = x509.CertificateRevocationListBuilder()
    builder = builder.issuer_name(issuer.certificate.subject)
    builder = builder.last_update(x509_time(window.start)).next_update(x509_time(window.end))
    builder = builder.add_extension(x509.CRLNumber(1), critical=False)
    builder = builder.add_extension(authority_key_id(issuer.key), critical=False)
    for subject in revoked:
        entry = x509.RevokedCertificateBuilder().revocation_date(x509_time(window.start))
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
