"""A peer that neither answers nor falls silent: it sends a piece now and then."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterable, Iterator

PIECES = 400
"""After so many it gives up: a caller without a limit then fails otherwise, and not never."""


@contextlib.contextmanager
def trickling(
    *, first: bytes = b"", piece: bytes = b" ", every_secs: float = 0.01, pieces: int = PIECES
) -> Iterator[str]:
    """Its HOST:PORT, for the length of a block. Each caller gets `first`, then piece by piece."""
    with dripping(lambda: (first, *(piece for _ in range(pieces))), every_secs) as place:
        yield place


@contextlib.contextmanager
def dripping(pieces: Callable[[], Iterable[bytes]], every_secs: float = 0.01) -> Iterator[str]:
    """As `trickling`, with pieces of its own for each caller."""
    over = threading.Event()
    server = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []

    def drip(caller: socket.socket) -> None:
        with caller, contextlib.suppress(OSError):
            for each in pieces():
                caller.sendall(each)
                if over.wait(every_secs):
                    return

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                caller, _ = server.accept()
                threads.append(threading.Thread(target=drip, args=(caller,)))
                threads[-1].start()

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        yield f"127.0.0.1:{server.getsockname()[1]}"
    finally:
        over.set()
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        accepting.join()
        for thread in threads:
            thread.join()
