"""The Gramine attestor, over a directory of files in the real formats.

No SGX hardware and no Gramine take part: the quotes are real ones of tests/vectors/dcap, and a
plain directory stands where /dev/attestation would be.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from enclave.attestation.attestor import Attestor
from enclave.attestation.gramine_attestor import GramineAttestor, ratls_credentials
from enclave.attestation.quote import parse_quote
from enclave.attestation.types import SgxMeasurement
from enclave.crypto.labels import Mode
from enclave.errors import Code, Refusal

VECTORS: Final = Path(__file__).parents[2] / "vectors" / "dcap"
QUOTE: Final = (VECTORS / "sgx3-phala-2025.quote").read_bytes()
BODY: Final = slice(48, 48 + 384)
REPORT_DATA: Final = b"Hello, world!".ljust(64, b"\0")
MY_TARGET_INFO: Final = bytes(range(256)) * 2
SEAL_KEY: Final = bytes(range(16))


@pytest.fixture
def device(tmp_path: Path) -> Path:
    """The pseudo-files as an attested enclave would find them."""
    (tmp_path / "keys").mkdir()
    files = {
        "attestation_type": b"dcap",
        "my_target_info": MY_TARGET_INFO,
        "target_info": bytes(512),
        "user_report_data": bytes(64),
        # A report is the body, the key's id and the MAC.
        "report": QUOTE[BODY] + bytes(32) + bytes(16),
        "quote": QUOTE,
        "keys/_sgx_mrenclave": SEAL_KEY,
        "keys/_sgx_mrsigner": b"\xff" * 16,
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


def quote(device: Path, report_data: bytes = REPORT_DATA) -> bytes:
    attestor: Attestor = GramineAttestor(device)
    evidence = attestor.quote(report_data, chain_id="any", genesis_time=0)
    assert evidence.collateral == b""
    return evidence.quote


def test_a_quote_is_asked_for_with_its_report_data(device: Path) -> None:
    assert quote(device) == QUOTE
    assert (device / "user_report_data").read_bytes() == REPORT_DATA


def test_padding_of_the_platform_is_cut_off(device: Path) -> None:
    (device / "quote").write_bytes(QUOTE + bytes(8192 - len(QUOTE)))
    assert quote(device) == QUOTE


def test_a_quote_over_other_report_data_is_refused(device: Path) -> None:
    """Gramine's manual warns of stale report data."""
    with pytest.raises(Refusal) as refused:
        quote(device, b"\1" * 64)
    assert refused.value.code is Code.ATTESTATION_UNAVAILABLE
    assert refused.value.found == REPORT_DATA.hex()


@pytest.mark.parametrize("size", [0, 32, 63, 65])
def test_report_data_of_another_size_is_refused(device: Path, size: int) -> None:
    with pytest.raises(Refusal) as refused:
        quote(device, bytes(size))
    assert refused.value.code is Code.BAD_LENGTH
    assert (device / "user_report_data").read_bytes() == bytes(64)


@pytest.mark.parametrize("scheme", [b"none", b"epid", b""])
def test_another_scheme_is_refused(device: Path, scheme: bytes) -> None:
    (device / "attestation_type").write_bytes(scheme)
    with pytest.raises(Refusal) as refused:
        quote(device)
    assert refused.value.code is Code.ATTESTATION_UNAVAILABLE
    assert "dcap" in refused.value.expected


def test_an_unreadable_quote_is_refused(device: Path) -> None:
    (device / "quote").write_bytes(QUOTE[:-1])
    with pytest.raises(Refusal) as refused:
        quote(device)
    assert refused.value.code is Code.MALFORMED_QUOTE


def test_the_measurement_is_that_of_the_report(device: Path) -> None:
    measurement = GramineAttestor(device).measurement()
    assert isinstance(measurement, SgxMeasurement)
    assert measurement == parse_quote(QUOTE).measurement
    assert (device / "target_info").read_bytes() == MY_TARGET_INFO


@pytest.mark.parametrize(("name", "content"), [("report", QUOTE[BODY]), ("my_target_info", b"")])
def test_files_of_another_size_are_refused(device: Path, name: str, content: bytes) -> None:
    (device / name).write_bytes(content)
    with pytest.raises(Refusal) as refused:
        GramineAttestor(device).measurement()
    assert refused.value.code is Code.ATTESTATION_UNAVAILABLE
    assert name in refused.value.expected


def test_the_seal_key_is_the_measurements_own(device: Path) -> None:
    """`_sgx_mrsigner` is there too, and is not even looked at."""
    (device / "keys" / "_sgx_mrsigner").unlink()
    assert GramineAttestor(device).seal_key() == SEAL_KEY
    (device / "keys" / "_sgx_mrsigner").write_bytes(b"\xff" * 16)
    (device / "keys" / "_sgx_mrenclave").unlink()
    with pytest.raises(Refusal) as refused:
        GramineAttestor(device).seal_key()
    assert refused.value.code is Code.ATTESTATION_UNAVAILABLE


@pytest.mark.parametrize("key", [b"", bytes(15), bytes(17)])
def test_a_seal_key_that_is_not_set_is_refused(device: Path, key: bytes) -> None:
    """Gramine shows an empty file for a key without a value."""
    (device / "keys" / "_sgx_mrenclave").write_bytes(key)
    with pytest.raises(Refusal) as refused:
        GramineAttestor(device).seal_key()
    assert refused.value.code is Code.SEAL_KEY_UNUSABLE
    assert key.hex() not in str(refused.value) or not key


@pytest.mark.parametrize("name", ["attestation_type", "quote"])
def test_a_missing_file_refuses_a_quote(device: Path, name: str) -> None:
    (device / name).unlink()
    with pytest.raises(Refusal) as refused:
        quote(device)
    assert refused.value.code is Code.ATTESTATION_UNAVAILABLE


def test_outside_gramine_everything_is_refused_with_the_reason(tmp_path: Path) -> None:
    attestor = GramineAttestor(tmp_path / "no-such-directory")
    asks = (
        attestor.measurement,
        attestor.seal_key,
        lambda: attestor.quote(REPORT_DATA, chain_id="any", genesis_time=0),
    )
    for ask in asks:
        with pytest.raises(Refusal) as refused:
            ask()
        assert refused.value.code is Code.ATTESTATION_UNAVAILABLE
        assert "Gramine" in refused.value.expected


def test_it_is_of_hardware_mode(device: Path) -> None:
    assert GramineAttestor(device).mode is Mode.HARDWARE


def test_ratls_says_that_it_needs_a_gramine_image(tmp_path: Path) -> None:
    with pytest.raises(Refusal) as refused:
        ratls_credentials(tmp_path)
    assert refused.value.code is Code.ATTESTATION_UNAVAILABLE
    assert "only a Gramine image" in refused.value.expected
    assert list(tmp_path.iterdir()) == []


# The function of gramine-ratls 0.0.6 that we call, with its signature; the real one calls
# Gramine's C library, which is not there.
WRAPPER: Final = """
from pathlib import Path

def write_ra_tls_key_and_crt(key_file_path, cert_file_path, format="pem"):
    assert format == "der"
    Path(key_file_path).write_bytes(b"key")
    {end}
    Path(cert_file_path).write_bytes(b"certificate")
"""


@pytest.fixture
def wrapper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    package = tmp_path / "site" / "gramine_ratls"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    yield package / "attest.py"
    for name in ("gramine_ratls", "gramine_ratls.attest"):
        sys.modules.pop(name, None)


def test_ratls_leaves_no_key_behind(wrapper: Path, tmp_path: Path) -> None:
    wrapper.write_text(WRAPPER.format(end=""))
    directory = tmp_path / "tmpfs"
    directory.mkdir()
    credentials = ratls_credentials(directory)
    assert (credentials.key_der, credentials.certificate_der) == (b"key", b"certificate")
    assert list(directory.iterdir()) == []
    assert "key" not in repr(credentials)


def test_ratls_leaves_no_key_behind_when_it_fails(wrapper: Path, tmp_path: Path) -> None:
    wrapper.write_text(WRAPPER.format(end='raise Exception("Value was -1")'))
    directory = tmp_path / "tmpfs"
    directory.mkdir()
    with pytest.raises(Refusal) as refused:
        ratls_credentials(directory)
    assert refused.value.code is Code.ATTESTATION_UNAVAILABLE
    assert refused.value.found == "Value was -1"
    assert list(directory.iterdir()) == []
