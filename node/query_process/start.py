"""What a query process is told when it starts. JSON: both ends are one program."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Settings:
    """It does not change while the node runs."""

    listen: str
    """HOST:PORT of the gRPC services."""
    engine: str
    """http://HOST:PORT of the engine's RPC."""
    keep: int
    """Versions that stay readable."""
    initial_version: int
    """The chain's initial height."""
    log_format: str
    log_level: str
    names: tuple[str, ...]
    """Of the stores."""

    def encode(self) -> bytes:
        """As `decode` takes it."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Of the bytes that `encode` made."""
        value = json.loads(data)
        return cls(**{**value, "names": tuple(value["names"])})
