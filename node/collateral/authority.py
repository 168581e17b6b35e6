"""Whether a collateral's PCK CRL is that of the CA that certified a quote's machine.

Intel has two such CAs, and the API gives either's list. The verifier says only that no CRL covers
the certificate; this names both.
"""

from __future__ import annotations

from cryptography import x509

from enclave.attestation.certificates import pck_issuer_key_id
from enclave.attestation.collateral import Collateral
from enclave.attestation.quote import Quote
from enclave.attestation.quote_layout import CERTIFICATION_PCK_CHAIN
from enclave.errors import Code, Refusal


def check_authority(quote: Quote, collateral: Collateral) -> None:
    """The quote's own CA issued the PCK CRL.

    Raises:
        Refusal: CERTIFICATE_INVALID.
    """
    if quote.certification_type != CERTIFICATION_PCK_CHAIN:
        return
    if pck_issuer_key_id(quote.certification_data) == collateral.revocation.issuer_key_id:
        return
    chain = x509.load_pem_x509_certificates(quote.certification_data.removesuffix(b"\0"))
    listed = x509.load_der_x509_certificate(collateral.crl_issuer_der)
    raise Refusal(
        Code.CERTIFICATE_INVALID,
        expected=f"pck_crl: the CRL of the quote's own CA, {_name(chain[1])}",
        found=f"that of {_name(listed)}",
    )


def _name(certificate: x509.Certificate) -> str:
    found = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(found[0].value) if found else certificate.subject.rfc4514_string()
