"""What the enclave asks of its platform: who am I, and a quote that says so.

Two implementations: `enclave.software`'s `SoftwareAttestor` (development networks) and
`gramine_attestor.GramineAttestor` (SGX under Gramine). An attestor makes evidence; it judges none
(`verifier.verify_quote` does), and it does not know what report_data means (`report_data`).
"""

from __future__ import annotations

from typing import Protocol

from enclave.attestation.types import Evidence, Measurement
from enclave.crypto.labels import Mode


class Attestor(Protocol):
    """The platform under one enclave."""

    @property
    def mode(self) -> Mode:
        """Which registry of labels, and which floor, this platform's quotes belong to."""
        ...

    def measurement(self) -> Measurement:
        """The identity of the code that runs here.

        Raises:
            Refusal: ATTESTATION_UNAVAILABLE, where the platform does not answer.
        """
        ...

    def quote(self, report_data: bytes, *, chain_id: str, genesis_time: int) -> Evidence:
        """A fresh quote over `report_data`.

        Args:
            report_data: 64 bytes (`REPORT_DATA_BYTES`).
            chain_id: the network; a software attestor derives the development root from it.
            genesis_time: unix seconds; a software attestor dates its collateral one day before.
                Hardware ignores both: its root is the vendor's.

        Returns:
            The quote, with its collateral, or with b"" where the host has to fetch it.

        Raises:
            Refusal: BAD_LENGTH for report_data of another size; ATTESTATION_UNAVAILABLE, where
                the platform does not answer.
        """
        ...
