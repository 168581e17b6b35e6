"""Both ends of a query process in this one: the node's link, and the child in a thread.

The sockets, threads and servers are the product's; only the process between them is left out.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from node.log import no_log
from node.query_process.child import Child
from node.query_process.link import Link
from node.query_process.shared_height import SharedHeight
from node.query_process.start import Settings
from node.query_process.wire import Channel
from node.storage import Storage
from tests.support.services import NOBODY, STORES

KEEP: Final = 5
PATIENCE_SECS: Final = 30.0


@dataclass
class Pair:
    """A link and its child."""

    link: Link
    child: Child
    height: SharedHeight
    failed: list[BaseException]
    """What the child raised."""
    thread: threading.Thread
    said: list[tuple[int, bytes]]
    """What it said of itself."""


def settings(*, initial_version: int = 1, listen: str = "127.0.0.1:0") -> Settings:
    """Of a child without an engine."""
    return Settings(
        listen=listen,
        engine=NOBODY,
        keep=KEEP,
        initial_version=initial_version,
        log_format="text",
        log_level="error",
        names=STORES,
    )


@contextmanager
def paired(storage: Storage) -> Iterator[Pair]:
    """A child of a storage, until the end of the block."""
    ours, theirs = socket.socketpair()
    chosen = settings(initial_version=storage.initial_version)
    height = SharedHeight.create()
    height.value = storage.height

    said: list[tuple[int, bytes]] = []
    failed: list[BaseException] = []
    link = Link(
        Channel(ours), storage, settings=chosen, alive=lambda at, text: said.append((at, text))
    )
    child = Child(Channel(theirs), SharedHeight(height.descriptor), log=no_log)

    def serve() -> None:
        try:
            child.serve()
        except BaseException as error:  # noqa: BLE001 (looked at by the test)
            failed.append(error)
        finally:
            theirs.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield Pair(link, child, height, failed, thread, said)
    finally:
        link.end("the test ends")
        link.join()
        thread.join(PATIENCE_SECS)
        height.close()
        assert not thread.is_alive()
