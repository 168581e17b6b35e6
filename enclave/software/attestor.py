"""The attestor of development networks: byte-true quotes that vouch for nothing.

Quotes and collateral are signed under the network's development root, whose private key follows
from the network's name: anyone can make them. One verifier judges them and Intel's alike; a
hardware network refuses the development root (its floor names Intel's).
"""

from __future__ import annotations

from typing import Final

from enclave.attestation.types import Evidence, Measurement
from enclave.crypto.labels import Mode
from enclave.software.blueprint import DAY, Blueprint, QuoteKind
from enclave.software.issuer import Issuer

ISSUED_BEFORE_GENESIS: Final = DAY
"""The genesis time has to lie after the collateral's issue dates (protocol.md section 9)."""


class SoftwareAttestor:
    """An `Attestor` without a platform behind it.

    Everything is determined by (chain_id, genesis_time, ppid, measurement) and report_data. The
    collateral follows from chain_id, genesis_time and the TEE alone: all nodes of a network have
    the same bytes. It is valid from one day before genesis for ten years (to the end of the year
    9999 at most), because no service issues a newer one; a software network that is to live
    longer needs another genesis.
    """

    def __init__(self, *, measurement: Measurement, ppid: bytes, kind: QuoteKind) -> None:
        """Take the identity that quotes shall show.

        Args:
            measurement: what the enclave's code is said to be (`measure.measure_files`).
            ppid: 16 bytes, the identity of the machine, random and kept by the shell.
            kind: the quotes to issue; its TEE is that of the measurement.

        Raises:
            Refusal: BAD_VALUE for a PPID of another size or a measurement of another TEE.
        """
        self._template = Blueprint(kind=kind, measurement=measurement, ppid=ppid)
        self._issuer: tuple[tuple[str, int], Issuer] | None = None

    @property
    def mode(self) -> Mode:
        """Always software."""
        return Mode.SOFTWARE

    def measurement(self) -> Measurement:
        """What the constructor was given."""
        return self._template.measurement

    def quote(self, report_data: bytes, *, chain_id: str, genesis_time: int) -> Evidence:
        """A quote over `report_data` (64 bytes) under the root of `chain_id`.

        Raises:
            Refusal: BAD_LENGTH for report_data of another size; BAD_VALUE for a chain id that is
                empty or not ASCII, or a genesis time after the year 9999.
        """
        return self._issuer_of(chain_id, genesis_time).issue(report_data)

    def _issuer_of(self, chain_id: str, genesis_time: int) -> Issuer:
        # An enclave belongs to one network, so one is kept: certificates cost a hundred quotes.
        network = (chain_id, genesis_time)
        if self._issuer is None or self._issuer[0] != network:
            issued_at = max(genesis_time - ISSUED_BEFORE_GENESIS, 0)
            template = self._template
            blueprint = Blueprint(
                kind=template.kind,
                measurement=template.measurement,
                ppid=template.ppid,
                chain_id=chain_id,
                issued_at=issued_at,
            )
            self._issuer = (network, Issuer(blueprint))
        return self._issuer[1]
