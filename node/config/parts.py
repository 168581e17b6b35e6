"""The processes of one node, and the files of the home that each has while it runs."""

from __future__ import annotations

import enum
from pathlib import Path

from node.config.home import Home


class Part(enum.StrEnum):
    """The processes, in the order in which they start."""

    ENCLAVE = "enclave"
    NODE = "node"
    COMETBFT = "cometbft"


def pid_file(home: Home, part: Part) -> Path:
    """Where the process's id is while it runs (`process_id`)."""
    return home.run / f"{part}.pid"


def log_file(home: Home, part: Part) -> Path:
    """What the process writes to stdout and stderr."""
    return home.logs / f"{part}.log"
