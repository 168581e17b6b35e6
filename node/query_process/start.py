"""What a query process is told when it starts. JSON: both ends are one program."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Settings:
    """What does not change while the node runs."""

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


@dataclass(frozen=True, slots=True)
class Start:
    """Settings, and the version that a copy starts with."""

    settings: Settings
    names: tuple[str, ...]
    """Of the stores."""
    empty: bool
    """Whether that version holds nothing; else its snapshot follows."""

    def encode(self) -> bytes:
        """As `decode` takes it."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Of the bytes that `encode` made."""
        value = json.loads(data)
        return cls(Settings(**value["settings"]), tuple(value["names"]), value["empty"])
