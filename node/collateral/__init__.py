"""Collateral as operators have it: read in every form that means one thing, written in one form.

Chain and enclave take the one canonical form alone (`enclave.attestation.collateral`). What people
save from Intel's API, from a PCCS or from other tools is in other forms: here they are made that
form where nobody can doubt what they say and the signed bytes stay as they are, and elsewhere the
refusal names the field and what it looks like.
"""

from node.collateral.answers import Answers, from_answers
from node.collateral.authority import check_authority
from node.collateral.named import NamedCollateral
from node.collateral.reading import canonical

__all__ = ["Answers", "NamedCollateral", "canonical", "check_authority", "from_answers"]
