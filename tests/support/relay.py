"""A relay between two programs of this machine, which keeps every byte that passes."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Final

READ_BYTES: Final = 65_536


class Relay:
    """Listens on one address of the loopback and passes everything on to another.

    Connections are accepted at all times; one that finds nobody behind the relay is closed.
    """

    def __init__(self, listen: str, *, to: str) -> None:
        self._to = _address(to)
        self._lock = threading.Lock()
        self._kept: list[bytearray] = []
        self._listener = socket.create_server(_address(listen))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def streams(self) -> list[bytes]:
        """What came so far: one entry for each direction of each connection."""
        with self._lock:
            return [bytes(kept) for kept in self._kept]

    def close(self) -> None:
        """Accepts nothing any more."""
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                near, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        with contextlib.suppress(OSError), near, socket.create_connection(self._to) as far:
            back = threading.Thread(target=self._copy, args=(far, near), daemon=True)
            back.start()
            self._copy(near, far)
            back.join()

    def _copy(self, source: socket.socket, sink: socket.socket) -> None:
        kept = bytearray()
        with self._lock:
            self._kept.append(kept)
        with contextlib.suppress(OSError):
            while data := source.recv(READ_BYTES):
                with self._lock:
                    kept += data
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)
