"""The attestor of SGX under Gramine: quotes, measurement and seal key from /dev/attestation.

The one file of the core that touches files, because Gramine's interface is files. Names and
sizes are those of Gramine's manual ("Attestation and Secret Provisioning", low-level interface).
It was tested on files of the real formats, never on SGX hardware.

It does not fetch collateral (the host does), and it never reads `_sgx_mrsigner`: under that key
the signer of an enclave could unseal with code of another measurement.
"""

from __future__ import annotations

import importlib
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from enclave.attestation.quote import parse_quote, strip_padding
from enclave.attestation.quote_layout import ENCLAVE_REPORT
from enclave.attestation.types import REPORT_DATA_BYTES, Evidence, Measurement, SgxMeasurement
from enclave.crypto.labels import Mode
from enclave.errors import Code, Refusal, words_of

DEVICE: Final = Path("/dev/attestation")
REPORT_BYTES: Final = 432
"""Of the hardware's local report: body, key id (32), MAC (16)."""
TARGET_INFO_BYTES: Final = 512
SEAL_KEY_BYTES: Final = 16
_SCHEME: Final = b"dcap"
"""`none` has no quotes, and `epid` was switched off by Intel."""

# Pseudo-files.
_TYPE: Final = "attestation_type"
_REPORT_DATA: Final = "user_report_data"
_MY_TARGET_INFO: Final = "my_target_info"
_TARGET_INFO: Final = "target_info"
_REPORT: Final = "report"
_QUOTE: Final = "quote"
_SEAL_KEY: Final = "keys/_sgx_mrenclave"

_RATLS_MODULE: Final = "gramine_ratls.attest"


class GramineAttestor:
    """An `Attestor` for one SGX enclave that Gramine runs.

    The pseudo-files belong to the process and are written before they are read, so one lock
    keeps concurrent requests apart.
    """

    def __init__(self, device: Path = DEVICE) -> None:
        """Take the directory of the pseudo-files; tests lay real-format files elsewhere."""
        self._device = device
        self._lock = threading.Lock()

    @property
    def mode(self) -> Mode:
        """Always hardware."""
        return Mode.HARDWARE

    def measurement(self) -> Measurement:
        """The identity of this enclave, from a report of the CPU about it.

        Raises:
            Refusal: ATTESTATION_UNAVAILABLE, where a file is missing or of another size.
        """
        with self._lock:
            # A report is addressed to an enclave: here to this one.
            self._write(_TARGET_INFO, self._read(_MY_TARGET_INFO, size=TARGET_INFO_BYTES))
            self._write(_REPORT_DATA, bytes(REPORT_DATA_BYTES))
            report = self._read(_REPORT, size=REPORT_BYTES)
        return SgxMeasurement(
            mr_enclave=report[ENCLAVE_REPORT["MRENCLAVE"]],
            mr_signer=report[ENCLAVE_REPORT["MRSIGNER"]],
            isv_prod_id=int.from_bytes(report[ENCLAVE_REPORT["ISVPRODID"]], "little"),
            isv_svn=int.from_bytes(report[ENCLAVE_REPORT["ISVSVN"]], "little"),
        )

    def quote(self, report_data: bytes, *, chain_id: str, genesis_time: int) -> Evidence:
        """A quote over `report_data` (64 bytes), without collateral: the host fetches that.

        Raises:
            Refusal: BAD_LENGTH for report_data of another size; ATTESTATION_UNAVAILABLE where
                Gramine attests by another scheme, a file is missing, or the quote is not about
                `report_data`; as `parse_quote` for a quote that cannot be read.
        """
        del chain_id, genesis_time
        if len(report_data) != REPORT_DATA_BYTES:
            expected = f"report_data of {REPORT_DATA_BYTES} bytes"
            raise Refusal(Code.BAD_LENGTH, expected=expected, found=f"{len(report_data)} bytes")
        with self._lock:
            self._require_scheme()
            self._write(_REPORT_DATA, report_data)
            raw = self._read(_QUOTE)
        quote = strip_padding(raw)
        # Gramine warns of stale report data; such a quote would vouch for another request.
        found = parse_quote(quote).report_data
        if found != report_data:
            raise _unavailable("a quote over the report_data just written", found.hex())
        return Evidence(quote=quote, collateral=b"")

    def seal_key(self) -> bytes:
        """16 bytes of this CPU for this measurement; input of our own derivation only.

        Gramine's manual warns against using this key for an encrypted mount as well.

        Raises:
            Refusal: ATTESTATION_UNAVAILABLE, where the file is missing; SEAL_KEY_UNUSABLE, where
                it holds no key of 16 bytes.
        """
        with self._lock:
            key = self._read(_SEAL_KEY)
        if len(key) != SEAL_KEY_BYTES:
            expected = f"{SEAL_KEY_BYTES} bytes in {_SEAL_KEY}"
            raise Refusal(Code.SEAL_KEY_UNUSABLE, expected=expected, found=f"{len(key)} bytes")
        return key

    def _require_scheme(self) -> None:
        scheme = self._read(_TYPE)
        if scheme.rstrip(b"\n\0") != _SCHEME:
            found = scheme.decode("ascii", errors="replace")
            raise _unavailable('sgx.remote_attestation = "dcap" in the Gramine manifest', found)

    def _read(self, name: str, *, size: int | None = None) -> bytes:
        try:
            data = (self._device / name).read_bytes()
        except OSError as error:
            raise _no_file(self._device / name, error) from None
        if size is not None and len(data) != size:
            raise _unavailable(f"{size} bytes in {name}", f"{len(data)} bytes")
        return data

    def _write(self, name: str, data: bytes) -> None:
        try:
            (self._device / name).write_bytes(data)
        except OSError as error:
            raise _no_file(self._device / name, error) from None


@dataclass(frozen=True, slots=True, repr=False)
class RatlsCredentials:
    """A TLS key that Gramine made in the enclave, with a certificate that holds a quote over it."""

    key_der: bytes
    certificate_der: bytes


def ratls_credentials(directory: Path) -> RatlsCredentials:
    """Make RA-TLS credentials with Gramine's own library.

    The wrapper `gramine_ratls` is loaded here and nowhere else: it calls C libraries that exist
    only in a Gramine image, and it is no dependency of ours.

    Args:
        directory: where the wrapper puts its two files for a moment. It has to be a tmpfs mount
            of the manifest, which is memory of the enclave, or the host could read the key.

    Raises:
        Refusal: ATTESTATION_UNAVAILABLE outside a Gramine image, or where Gramine fails.
    """
    key_file, certificate_file = directory / "ratls-key.der", directory / "ratls-certificate.der"
    try:
        attest = importlib.import_module(_RATLS_MODULE)
        attest.write_ra_tls_key_and_crt(str(key_file), str(certificate_file), format="der")
        return RatlsCredentials(key_file.read_bytes(), certificate_file.read_bytes())
    except Exception as error:  # noqa: BLE001 (the wrapper raises just that where a call fails)
        # ImportError comes without the wrapper, OSError without Gramine's libraries.
        expected = "gramine-ratls and libra_tls_attest.so, which only a Gramine image has"
        raise _unavailable(expected, str(error)) from None
    finally:
        key_file.unlink(missing_ok=True)
        certificate_file.unlink(missing_ok=True)


def _no_file(path: Path, error: OSError) -> Refusal:
    reason = words_of(error)
    return _unavailable(f"{path}, which Gramine provides inside an SGX enclave", reason)


def _unavailable(expected: str, found: str) -> Refusal:
    return Refusal(Code.ATTESTATION_UNAVAILABLE, expected=expected, found=found)
