"""Verified quotes, remembered (protocol.md section 6, verdict caches).

Keyed by everything that verification depends on: SHA-256 of quote and collateral, the root, and
the gate time, since windows end inclusive, exclusive and otherwise. Refusals are remembered too.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from typing import Final

from chain_module.registration.gates import EvidenceOf
from enclave.attestation.types import VerifiedReport
from enclave.attestation.verifier import verify_quote
from enclave.errors import Refusal

REMEMBERED: Final = 1024
"""Verdicts; about 2 KB each."""

Key = tuple[bytes, bytes, bytes, int]


class Verdicts:
    """Gate 3 with a memory. Safe to share between threads."""

    def __init__(self, *, root_der: bytes) -> None:
        self._root = root_der
        self._lock = threading.Lock()
        self._known: OrderedDict[Key, VerifiedReport | Refusal] = OrderedDict()
        self.made = 0
        """How many quotes were verified, rather than remembered."""

    def verify(self, evidence: EvidenceOf, *, now: int) -> VerifiedReport:
        """The report of the quote at gate time `now`, in unix seconds.

        Raises:
            Refusal: as `verify_quote`.
        """
        quote = hashlib.sha256(evidence.quote.raw).digest()
        key = (quote, evidence.parsed.sha256, self._root, now)
        with self._lock:
            found = self._known.get(key)
            if found is not None:
                self._known.move_to_end(key)
        if found is None:
            found = self._judge(evidence, now)
            with self._lock:
                self._known[key] = found
                self.made += 1
                if len(self._known) > REMEMBERED:
                    self._known.popitem(last=False)
        if isinstance(found, Refusal):
            # A new one each time: an exception that is raised twice gathers tracebacks.
            raise Refusal(found.code, expected=found.expected, found=found.found)
        return found

    def _judge(self, evidence: EvidenceOf, now: int) -> VerifiedReport | Refusal:
        try:
            return verify_quote(evidence.quote, evidence.parsed, root_der=self._root, now=now)
        except Refusal as refusal:
            return refusal
