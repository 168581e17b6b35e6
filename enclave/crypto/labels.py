"""The registry of labels: every hash, derivation, signature and AEAD use has its own entry.

A label is the whole text of its entry (protocol.md section 2). Software mode has a registry of
its own, so that nothing made in software mode opens, signs or derives anything of a hardware
network. `docs/spec/protocol.md` lists the entries; a test compares that list with this file.
"""

from __future__ import annotations

import enum
import functools
from dataclasses import dataclass, field
from typing import Final


class Mode(enum.Enum):
    """Where a network's secrets live. Fixed for a network by its floor."""

    HARDWARE = "hardware"
    SOFTWARE = "software"


_PREFIX: Final = {Mode.HARDWARE: "seedpact/v1/", Mode.SOFTWARE: "seedpact-insecure/v1/"}


class Name(enum.StrEnum):
    """Short names of the registry's entries."""

    LIST = "list"
    NETWORK = "network"
    FLOOR = "floor"
    UPGRADE = "upgrade"
    SALT = "salt"
    IO_X25519 = "io-x25519"
    IO_MLKEM768 = "io-mlkem768"
    PREV_SEED = "prev-seed"
    REPORT_DATA = "report-data"
    NODE_ID = "node-id"
    SEED_CONTEXT = "seed-context"
    SEED_KEY = "seed-key"
    SEED_ENVELOPE = "seed-envelope"
    SEAL_KEY = "seal-key"
    ENDPOINT = "endpoint"
    DEVELOPMENT_ROOT = "development-root"
    DEVELOPMENT_CERTIFICATE = "development-certificate"
    SOFTWARE_MEASUREMENT = "software-measurement"


@dataclass(frozen=True, slots=True)
class Label:
    """One registry entry of one mode."""

    mode: Mode
    name: Name
    text: str = field(init=False, repr=False, compare=False)
    """The whole text of the entry, such as `seedpact/v1/io-x25519`."""
    encoded: bytes = field(init=False, repr=False, compare=False)
    """The text as ASCII bytes."""

    def __post_init__(self) -> None:
        """Writes the text once: a confirm uses labels more often than anything else."""
        text = _PREFIX[self.mode] + self.name.value
        object.__setattr__(self, "text", text)
        object.__setattr__(self, "encoded", text.encode("ascii"))


@functools.cache
def label(mode: Mode, name: Name) -> Label:
    """The entry `name` of the registry of `mode`."""
    return Label(mode, name)
