"""What is believed of the chain where a block's registers are judged (protocol.md section 5).

`ProvenContext` is the type of that belief; nothing else about the chain reaches a gate. An enclave
gets it from signed headers and ICS-23 proofs, and from nothing else (`enclave.proven`); the chain's
own gates get it from the state in which they run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from enclave.attestation.policy import Policy
from enclave.registration.records import Anchor, NetworkKeys
from enclave.time import Time


@dataclass(frozen=True, slots=True)
class ProvenContext:
    """The chain at one height, as far as the gates need it."""

    network_id: bytes
    height: int
    """The block that is proposed."""
    gate_time: Time
    """The time in header `height` - 1. No clock."""
    epoch: int
    """The current one."""
    policy: Policy
    network_keys: tuple[NetworkKeys, ...]
    """Epochs 0 .. `epoch`, ascending, none missing."""
    anchors: Mapping[int, Anchor]
    """By height."""
    machines: frozenset[bytes]
    """Platform ids on the machine list at `height`."""

    @property
    def current_keys(self) -> NetworkKeys:
        """The public keys of `epoch`."""
        return self.network_keys[-1]
