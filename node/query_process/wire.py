"""Messages between the node and its query process: one byte of kind, four of length, the payload.

Both ends are the same program of the same user; lengths are bounded all the same, since one of them
answers strangers.
"""

from __future__ import annotations

import enum
import socket
import struct
from typing import Final

MAX_PAYLOAD_BYTES: Final = 256 << 20
"""A log record holds what one block changed; the engine's largest block has 100 MiB."""
NUMBER_BYTES: Final = 8
_HEAD: Final = struct.Struct(">BI")


class Kind(enum.IntEnum):
    """What a message is."""

    # To the child.
    START = 1
    """`Settings`, as JSON: the first of all."""
    EMPTY = 10
    """The copy begins, or begins again, before the first block."""
    SNAPSHOT = 2
    """The same with a version: a piece of its snapshot. The last one is empty."""
    RECORD = 3
    """The log record of the next version."""
    QUERY = 4
    """Number, then a RequestQuery."""
    STORED = 5
    """The number of a FETCH, then `Found`, then the bytes."""

    # To the node.
    LISTENING = 6
    """The gRPC server listens."""
    ANSWER = 7
    """The number of a QUERY, then its ResponseQuery."""
    FETCH = 8
    """Number, then a key of the index of blocks. One at a time."""
    ALIVE = 9
    """Height of the copy, then its figures as Prometheus' text: now and then."""


class Found(enum.IntEnum):
    """What a FETCH found."""

    NOTHING = 0
    BYTES = 1
    FAULT = 2
    """The disk could not be read."""


class LinkEnded(Exception):
    """The other end has closed, or has sent what is no message."""


class Channel:
    """One end. `send` is for one thread at a time, `receive` for another."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def send(self, kind: Kind, payload: bytes = b"") -> None:
        """Sends a message; waits while the other end is full. Raises LinkEnded."""
        try:
            self._connection.sendall(_HEAD.pack(kind, len(payload)))
            self._connection.sendall(payload)
        except OSError as error:
            raise LinkEnded(error.strerror) from None

    def receive(self) -> tuple[Kind, bytes]:
        """The next message. Raises LinkEnded."""
        number, size = _HEAD.unpack(self._take(_HEAD.size))
        if size > MAX_PAYLOAD_BYTES:
            raise LinkEnded(f"a message of {size} bytes")
        try:
            return Kind(number), self._take(size)
        except ValueError:
            raise LinkEnded(f"a message of kind {number}") from None

    def close(self) -> None:
        """Ends it for both ends, also for threads that wait in it."""
        try:
            self._connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # the other end was faster

    def release(self) -> None:
        """Gives its descriptor back, once nobody waits in it."""
        self._connection.close()

    def _take(self, size: int) -> bytes:
        data = bytearray(size)
        view = memoryview(data)
        while view:
            try:
                count = self._connection.recv_into(view)
            except OSError as error:
                raise LinkEnded(error.strerror) from None
            if not count:
                raise LinkEnded("closed")
            view = view[count:]
        return bytes(data)


def numbered(number: int, data: bytes) -> bytes:
    """A payload that begins with a number."""
    return number.to_bytes(NUMBER_BYTES, "big") + data


def number_of(payload: bytes) -> tuple[int, bytes]:
    """The number that a payload begins with, and the rest."""
    return int.from_bytes(payload[:NUMBER_BYTES], "big"), payload[NUMBER_BYTES:]
