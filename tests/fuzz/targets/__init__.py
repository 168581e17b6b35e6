"""Every target by name.

Parsers, the verifiers of evidence, proofs and headers, two of the sealed state, the chain's
transactions, registers, confirms, blocks and genesis, and one each request.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Final

from tests.fuzz.real_requests import REQUESTS
from tests.fuzz.target import Target
from tests.fuzz.targets.block import BlockTarget
from tests.fuzz.targets.collateral import CollateralTarget
from tests.fuzz.targets.evidence import EvidenceTarget
from tests.fuzz.targets.light_block import LightBlockTarget
from tests.fuzz.targets.proof import ProofTarget
from tests.fuzz.targets.quote import QuoteTarget
from tests.fuzz.targets.registration import ConfirmTarget, GenesisTarget, RegisterTarget
from tests.fuzz.targets.request import RequestTarget
from tests.fuzz.targets.sealed import SealedBlobTarget, SealedEntriesTarget
from tests.fuzz.targets.transaction import TransactionTarget


def name_of(method: str) -> str:
    """`ConfirmNodes` is the target `request-confirm-nodes`."""
    words = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in method)
    return f"request{words}"


TARGETS: Final[Mapping[str, Callable[[], Target]]] = {
    "quote": QuoteTarget,
    "collateral": CollateralTarget,
    "evidence": EvidenceTarget,
    "proof": ProofTarget,
    "light-block": LightBlockTarget,
    "sealed-blob": SealedBlobTarget,
    "sealed-entries": SealedEntriesTarget,
    "transaction": TransactionTarget,
    "register": RegisterTarget,
    "confirm": ConfirmTarget,
    "block": BlockTarget,
    "genesis": GenesisTarget,
    **{name_of(method): functools.partial(RequestTarget, method) for method in REQUESTS},
}
