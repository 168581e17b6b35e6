"""The proof that who answers at the enclave's port can read the enclave's home.

The service has no access control, and any local process may take its port first. The token lies in
the enclave's home, mode 0600; the host reads it there. It is no secret of the enclave, and vouches
for nothing but this.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import Final

from enclave.crypto.labels import Mode, Name, label
from enclave.crypto.transcript import encode_transcript

ENDPOINT_FILE: Final = "endpoint.token"
"""In the enclave's home."""
TOKEN_BYTES: Final = 32
CHALLENGE_BYTES: Final = 32
ANY_PORT: Final = 0
"""Of an enclave that listens beyond the loopback: whoever forwards may have another port there."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where an enclave is meant to be found."""

    token: bytes = field(repr=False)
    """32 bytes, `endpoint.token` of its home."""
    port: int
    """At which it listens, or ANY_PORT. Who relays from another port gets a proof of this one."""

    def proof(self, mode: Mode, challenge: bytes) -> bytes:
        """32 bytes: HMAC-SHA256 of the transcript of challenge and port."""
        message = encode_transcript(label(mode, Name.ENDPOINT), challenge, self.port)
        return hmac.digest(self.token, message, "sha256")
