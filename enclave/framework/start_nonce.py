"""How long an enclave may confirm since its start: until the chain's proof of its nonce ages.

A random nonce is made at each start and kept in memory alone. A chain that proves it goes on after
this start, so a restored old seal or a frozen view serves nobody (protocol.md section 7). How the
nonce gets to the chain is the operator's matter.
"""

from __future__ import annotations

from dataclasses import dataclass

from enclave.errors import Code, Refusal
from enclave.framework.sealed_state import Entropy
from enclave.registration.freshness import FRESH_HEADERS, NONCE_BYTES, Freshness


@dataclass(frozen=True, slots=True)
class StartNonce:
    """What the chain must prove next, and how far its last proof reaches."""

    nonce: bytes
    """32 bytes: not proven yet."""
    proven: bytes = b""
    """The nonce of the last proof; none before the first."""
    until: int = 0
    """The last block that may be confirmed; 0: none."""

    @staticmethod
    def fresh(entropy: Entropy) -> StartNonce:
        """Of a start: nothing is proven."""
        return StartNonce(entropy(NONCE_BYTES))

    def after(self, found: Freshness, entropy: Entropy) -> StartNonce:
        """Takes a proven record in: one with the nonce that is waited for opens 1,000 headers.

        The nonce of the last proof says nothing new. Any other is of an earlier start, or of a
        twin's.

        Raises:
            Refusal: NOT_FRESH.
        """
        if found.nonce == self.nonce:
            return StartNonce(
                entropy(NONCE_BYTES), proven=self.nonce, until=found.height + FRESH_HEADERS
            )
        if found.nonce != self.proven:
            raise Refusal(
                Code.NOT_FRESH,
                expected=f"nonce {self.nonce.hex()} of this start, proven by the chain",
                found=f"nonce {found.nonce.hex()} of height {found.height}",
            )
        return self

    def check(self, height: int) -> None:
        """Block `height` may be confirmed. Raises Refusal: NOT_FRESH."""
        if height > self.until:
            raise Refusal(
                Code.NOT_FRESH,
                expected=f"nonce {self.nonce.hex()} of this start, proven by the chain",
                found=f"block {height}, fresh until {self.until}" if self.until else "no proof yet",
            )
