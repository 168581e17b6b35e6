"""The one code under which a proof is refused; what tells the rules apart is what they expected."""

from __future__ import annotations

from enclave.errors import Code, Refusal


def bad_proof(expected: str, found: str) -> Refusal:
    """To be raised: the proof does not prove what it is taken for."""
    return Refusal(Code.BAD_PROOF, expected=expected, found=found)
