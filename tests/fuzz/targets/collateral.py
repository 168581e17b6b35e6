"""`Collateral.parse` returns a collateral that its own encoding gives again, or raises Refusal.

And nothing else, for any bytes. What is dropped on input (`pck_certificate_chain`) is gone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from enclave.attestation.collateral import Collateral
from enclave.attestation.limits import MAX_COLLATERAL_BYTES
from enclave.errors import Refusal
from tests.enclave.attestation.real_evidence import FOLDER
from tests.fuzz.evidence import mutate_collateral, software_evidence
from tests.fuzz.target import Mutation, require


class CollateralTarget:
    """The collateral parser."""

    max_bytes: Final = MAX_COLLATERAL_BYTES + 64

    def seeds(self) -> Iterable[bytes]:
        """Every real collateral, and one of each kind that software issues."""
        yield from (path.read_bytes() for path in sorted(FOLDER.glob("*.collateral.json")))
        yield from (collateral for _, collateral in software_evidence())

    def check(self, data: bytes) -> None:
        """See the module."""
        try:
            collateral = Collateral.parse(data)
        except Refusal:
            return
        encoded = collateral.encode()
        again = Collateral.parse(encoded)
        require(
            holds=replace(again, sha256=collateral.sha256) == collateral,
            rule="what is written is what was read",
        )
        require(holds=again.encode() == encoded, rule="one content, one encoding")
        require(
            holds=b"pck_certificate_chain" not in encoded, rule="what is dropped does not return"
        )
        require(holds=len(collateral.fmspc) == 6, rule="an FMSPC has 6 bytes")

    def mutate(self, data: bytes, mutation: Mutation) -> bytes:
        """Inside a field."""
        return mutate_collateral(data, mutation)
