"""Ports for the nodes of a test, apart from those of tests that run beside it."""

from __future__ import annotations

import os
import random
import socket
from dataclasses import astuple
from typing import Final

from node.config import Ports
from node.config.ports import LOOPBACK, OFFSET_STEP

NODES: Final = 7
"""For which an offset has room."""
HIGHEST: Final = 6_000
"""No port of an offset below it is one that the system gives to connections, from 32768 on."""


def free_offset() -> int:
    """An offset at which the ports of these nodes are free now.

    Each worker of pytest has offsets of its own: two would find the same ones free.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    share = HIGHEST // workers
    offsets = range(worker * share, (worker + 1) * share - NODES * OFFSET_STEP)
    for offset in random.sample(offsets, len(offsets)):
        nodes = [Ports().shifted(offset + number * OFFSET_STEP) for number in range(NODES)]
        if all(_is_free(port) for ports in nodes for port in astuple(ports)):
            return offset
    raise AssertionError("no free ports")


def free_address() -> str:
    """HOST:PORT on which nobody listens now; the system chose the port."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return f"{LOOPBACK}:{probe.getsockname()[1]}"


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
