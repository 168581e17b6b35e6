"""From a blueprint to evidence: the software counterpart of quoting enclave and collateral service.

An `Issuer` makes certificates, collateral and certification data once, and then a quote for the
price of one signature. The same blueprint gives the same bytes on every machine.
"""

from __future__ import annotations

from enclave.attestation.types import REPORT_DATA_BYTES, Evidence
from enclave.errors import Code, Refusal
from enclave.software.blueprint import Blueprint
from enclave.software.chains import issue_chains
from enclave.software.collateral import issue_collateral
from enclave.software.quote import certification_data, quote_bytes, signed_part


class Issuer:
    """Issues quotes of one blueprint."""

    def __init__(self, blueprint: Blueprint) -> None:
        self.blueprint = blueprint
        self._chains = issue_chains(blueprint)
        self._certification = certification_data(blueprint, self._chains)
        self.collateral = issue_collateral(blueprint, self._chains)

    def issue(self, report_data: bytes) -> Evidence:
        """A quote over `report_data` (64 bytes), with the collateral.

        Raises:
            Refusal: BAD_LENGTH for report_data of another size.
        """
        if len(report_data) != REPORT_DATA_BYTES:
            expected = f"report_data of {REPORT_DATA_BYTES} bytes"
            raise Refusal(Code.BAD_LENGTH, expected=expected, found=f"{len(report_data)} bytes")
        signed = signed_part(self.blueprint, report_data)
        quote = quote_bytes(signed, self._chains, self._certification)
        return Evidence(quote=quote, collateral=self.collateral)


def issue(blueprint: Blueprint, report_data: bytes) -> Evidence:
    """One quote of `blueprint`, with its collateral. Raises as `Issuer.issue` does."""
    return Issuer(blueprint).issue(report_data)
