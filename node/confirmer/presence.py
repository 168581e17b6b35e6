"""Whether the enclave is there to be asked, and who it is.

An enclave that passed a deadline, or went, counts as away until it has answered a ping: the block
path waits for it once, and not at each block.
"""

from __future__ import annotations

import threading

from node.metrics import Metrics
from seedpact.enclave.v1 import service_pb2 as pb


class Presence:
    """Safe to share between threads. Away before the first ping."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._lock = threading.Lock()
        self._away: str | None = "it has not answered yet"
        self._losses = 0
        self._holder: bytes | None = None
        metrics.enclave_up(up=False)

    @property
    def away(self) -> str | None:
        """Why it is not asked; None while it is."""
        with self._lock:
            return self._away

    @property
    def holder(self) -> bytes | None:
        """The node id of the enclave, as far as it is known to hold the seed."""
        with self._lock:
            return self._holder

    @property
    def losses(self) -> int:
        """How often it was lost: a ping's answer counts against those before the ping alone."""
        with self._lock:
            return self._losses

    def lost(self, reason: str) -> bool:
        """It is away from now on; whether it was there."""
        with self._lock:
            was_here = self._away is None
            self._away = reason
            self._losses += 1
            self._metrics.enclave_up(up=False)
            return was_here

    def answered(self, info: pb.GetInfoResponse, *, losses: int) -> bool:
        """A ping was answered that was sent after so many losses; whether that brings it back."""
        holder = info.state == pb.ENCLAVE_STATE_HOLDER
        self._metrics.enclave_forked(forked=info.forked)
        with self._lock:
            self._holder = info.node_id if holder else None
            if losses != self._losses or self._away is None:
                return False
            self._away = None
            self._metrics.enclave_up(up=True)
            return True
