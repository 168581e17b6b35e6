"""The ports of one node; several nodes on one machine shift them all by the same offset."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Final

from node.config.failures import ConfigCode, ConfigFailure

LOOPBACK: Final = "127.0.0.1"
MAX_PORT: Final = 0xFFFF
OFFSET_STEP: Final = 100
"""Nodes that are this far apart share no port: the defaults from 26656 to 26670 span 14."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where one node serves."""

    rpc: int = 26657
    """CometBFT's RPC."""
    p2p: int = 26656
    """CometBFT's peers: the only one that others need to reach."""
    grpc: int = 9090
    metrics: int = 26660
    enclave: int = 26670

    def shifted(self, offset: int) -> Ports:
        """All of them, `offset` higher.

        Raises:
            ConfigFailure: CONFIG_INVALID, where one is no port.
        """
        moved = {name: port + offset for name, port in dataclasses.asdict(self).items()}
        highest, lowest = max(moved.values()), min(moved.values())
        if highest > MAX_PORT or lowest < 1:
            raise ConfigFailure(
                ConfigCode.CONFIG_INVALID,
                expected=f"a port offset that keeps ports within 1 to {MAX_PORT}",
                found=f"{offset}: ports {lowest} to {highest}",
            )
        return Ports(**moved)
