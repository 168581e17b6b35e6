"""The SGX extension, against the real certificates of tests/vectors/dcap."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import dcap_qvl
import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from enclave.attestation.pck_extension import SGX_EXTENSION_OID, PckExtension, encode_pck_extension
from enclave.attestation.types import PlatformFlags
from tests.enclave.attestation.blueprints import flags, sized

VECTORS: Final = Path(__file__).parents[2] / "vectors" / "dcap"
REAL_QUOTES: Final = sorted(VECTORS.glob("*.quote"))
_TRUE: Final = b"\xff"


def certificate_of(quote: Path) -> bytes:
    """The PCK leaf in PEM."""
    pem = dcap_qvl.parse_quote(quote.read_bytes()).cert_chain_pem_bytes()
    assert pem is not None
    return pem


def read(extension: dcap_qvl.PckExtension) -> PckExtension:
    """The values as the verification library reads them, by OID."""

    def value(suffix: str) -> bytes | None:
        return extension.get_value(f"{SGX_EXTENSION_OID}.{suffix}")

    def number(suffix: str) -> int:
        found = value(suffix)
        assert found is not None
        return int.from_bytes(found, "big")

    configuration = None
    if value("7") is not None:
        dynamic, cached, smt = (value(f"7.{index}") == _TRUE for index in (1, 2, 3))
        configuration = PlatformFlags(dynamic_platform=dynamic, cached_keys=cached, smt_enabled=smt)
    return PckExtension(
        ppid=extension.ppid,
        components=tuple(number(f"2.{index}") for index in range(1, 17)),
        pce_svn=number("2.17"),
        cpu_svn=extension.cpu_svn,
        pce_id=extension.pce_id,
        fmspc=extension.fmspc,
        sgx_type=extension.sgx_type,
        platform_instance_id=extension.platform_instance_id,
        configuration=configuration,
    )


def test_there_are_real_certificates() -> None:
    assert len(REAL_QUOTES) >= 15


@pytest.mark.parametrize("quote", REAL_QUOTES, ids=lambda path: path.stem)
def test_a_real_extension_encodes_to_its_own_bytes(quote: Path) -> None:
    pem = certificate_of(quote)
    leaf = x509.load_pem_x509_certificates(pem)[0]
    oid = x509.ObjectIdentifier(SGX_EXTENSION_OID)
    real = leaf.extensions.get_extension_for_oid(oid).value.public_bytes()
    assert encode_pck_extension(read(dcap_qvl.parse_pck_extension_from_pem(pem))) == real


def test_real_certificates_show_both_authorities_and_large_svns() -> None:
    """The cases that matter are among the real ones: else the test above proves less."""
    extensions = [
        read(dcap_qvl.parse_pck_extension_from_pem(certificate_of(quote))) for quote in REAL_QUOTES
    ]
    assert {extension.configuration is None for extension in extensions} == {True, False}
    assert any(svn > 127 for extension in extensions for svn in extension.components)


@given(
    st.builds(
        PckExtension,
        ppid=sized(16),
        components=st.tuples(*[st.integers(0, 255)] * 16),
        pce_svn=st.integers(0, 2**16 - 1),
        cpu_svn=sized(16),
        pce_id=sized(2),
        fmspc=sized(6),
        sgx_type=st.integers(0, 2),
        platform_instance_id=sized(16),
        configuration=flags,
    )
)
def test_law_different_values_encode_differently(extension: PckExtension) -> None:
    """Encoding keeps every value: each field's own encoding is inside."""
    encoded = encode_pck_extension(extension)
    instance = extension.platform_instance_id
    assert instance is not None
    for value in (extension.ppid, extension.cpu_svn, extension.pce_id, extension.fmspc, instance):
        assert bytes([4, len(value)]) + value in encoded
