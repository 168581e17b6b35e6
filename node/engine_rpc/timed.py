"""HTTP connections of which each call is over by a deadline and within a size, whoever answers.

`http.client` knows a limit for one wait alone. Here the name, the connection, the headers and the
body share one deadline, and whatever comes in is counted, headers and all.
"""

from __future__ import annotations

import http.client
import io
import queue
import socket
import ssl
import threading
from dataclasses import dataclass
from typing import Any, Final

from node.deadline import Deadline

MAX_ADDRESSES: Final = 8
"""Of one name; the rest are not tried."""
FRAME_BYTES: Final = 256 * 1024
"""Headers, and what frames the pieces of a body."""

_Found = list[tuple[Any, ...]]


class AnswerTooLarge(Exception):
    """More came in than a call may take."""


@dataclass
class Call:
    """What one call may take.

    Attributes:
        deadline: of the whole.
        silence_secs: without a byte.
        max_bytes: of the body.
        received: bytes so far, of everything.
    """

    deadline: Deadline
    silence_secs: float
    max_bytes: int
    received: int = 0

    def patience(self) -> float:
        """Seconds for the next wait. Raises TimeoutError."""
        return min(self.silence_secs, self.deadline.left())

    def took(self, count: int) -> None:
        """Counts what came in. Raises AnswerTooLarge."""
        self.received += count
        if self.received > self.max_bytes + self.max_bytes // 16 + FRAME_BYTES:
            raise AnswerTooLarge


class TimedConnection(http.client.HTTPConnection):
    """A connection; `call` is set before each use of it.

    Args:
        host: name or address.
        port: of TCP.
        tls: what is trusted; None: in clear.
    """

    def __init__(self, host: str, port: int, *, tls: ssl.SSLContext | None, call: Call) -> None:
        super().__init__(host, port)
        self._tls = tls
        self.call = call

    def connect(self) -> None:
        """Raises OSError, TimeoutError, UnicodeError."""
        plain = connected(self.host, self.port, self.call)
        if self._tls is None:
            self.sock = _TimedSocket(plain, self)
            return
        try:
            # A handshake as a whole is bounded by the socket's timeout.
            plain.settimeout(self.call.patience())
            secured = self._tls.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise
        self.sock = _TimedSocket(secured, self)


class _TimedSocket:
    """What `http.client` needs of a socket."""

    def __init__(self, inner: socket.socket, connection: TimedConnection) -> None:
        self.inner = inner
        self._connection = connection

    def sendall(self, data: bytes) -> None:
        """All of it, within the call's deadline."""
        rest = memoryview(data)
        while rest:
            self.inner.settimeout(self._connection.call.patience())
            rest = rest[self.inner.send(rest) :]

    def makefile(self, _mode: str) -> io.BufferedReader:
        """For `http.client.HTTPResponse`."""
        return io.BufferedReader(_Incoming(self.inner, self._connection))

    def fileno(self) -> int:
        """Of the socket itself."""
        return self.inner.fileno()

    def close(self) -> None:
        """Ends the connection."""
        self.inner.close()


class _Incoming(io.RawIOBase):
    """The reading side.

    `http.client` ends a connection before it has read its last answer: a file of the socket keeps
    it open until then.
    """

    def __init__(self, inner: socket.socket, connection: TimedConnection) -> None:
        self._inner = inner
        self._file = inner.makefile("rb", buffering=0)
        self._connection = connection

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int | None:  # noqa: ANN401 (io's own type)
        """The next bytes, within the call's deadline and size."""
        call = self._connection.call
        self._inner.settimeout(call.patience())
        count = self._file.readinto(buffer)
        call.took(count or 0)
        return count

    def close(self) -> None:
        """Gives its share of the socket back."""
        self._file.close()
        super().close()


def connected(host: str, port: int, call: Call) -> socket.socket:
    """A connection to one of the name's addresses; each gets its share of the time."""
    places = _addresses(host, port, call)[:MAX_ADDRESSES]
    last: OSError = OSError("no address")
    for index, (family, kind, proto, _, place) in enumerate(places):
        opened = socket.socket(family, kind, proto)
        try:
            opened.settimeout(call.patience() / (len(places) - index))
            opened.connect(place)
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            opened.close()
            last = error
        except BaseException:
            opened.close()
            raise
        else:
            return opened
    raise last


def _addresses(host: str, port: int, call: Call) -> _Found:
    """Of a name. The system's resolver takes no limit: it works aside, and is not waited for."""
    try:
        flags = socket.AI_NUMERICHOST
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    except (OSError, UnicodeError):
        pass
    answer: queue.SimpleQueue[_Found | OSError | UnicodeError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            answer.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answer.put(error)

    threading.Thread(target=look_up, name="resolver", daemon=True).start()
    try:
        found = answer.get(timeout=call.patience())
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(found, Exception):
        raise found
    return found
