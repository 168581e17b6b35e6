"""Gate 3 of a registration: the one file of this room that calls the verifier (protocol.md 5).

Apart from `gates`, so that what runs the other gates needs no verification library: a replay of
the chain does not.
"""

from __future__ import annotations

from enclave.attestation.collateral import Collateral
from enclave.attestation.quote import parse_quote
from enclave.attestation.types import VerifiedReport
from enclave.attestation.verifier import verify_quote
from enclave.registration.context import ProvenContext
from enclave.registration.gates import Newcomer
from enclave.registration.network import Floor
from enclave.time import Time


def verify_newcomer(newcomer: Newcomer, *, context: ProvenContext, floor: Floor) -> VerifiedReport:
    """Gate 3, at gate time under the floor's root.

    Raises:
        Refusal: as `parse_quote` and `verify_quote`.
    """
    return verify_evidence(
        newcomer.quote, newcomer.collateral, floor=floor, gate_time=context.gate_time
    )


def verify_evidence(
    quote: bytes, collateral: Collateral, *, floor: Floor, gate_time: Time
) -> VerifiedReport:
    """The same for a quote on its own. Raises Refusal as `verify_newcomer`."""
    return verify_quote(
        parse_quote(quote), collateral, root_der=floor.attestation_root, now=gate_time.seconds
    )
