"""JSON-RPC 2.0 over HTTP: one call, one answer, within a time and a size.

Connections are kept for the next call. One that the engine has closed meanwhile is found out before
it is used, so no request is sent twice. No proxy of the environment is asked: the engine is on the
loopback, or where the user said.
"""

from __future__ import annotations

import http.client
import json
import select
import threading
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from node.engine_rpc.failures import EngineFailed, EngineRefused, EngineUnreachable

MAX_ANSWER_BYTES: Final = 256 * 1024 * 1024
"""A block of 100 MiB, CometBFT's largest, in Base64 and JSON."""
MAX_IDLE: Final = 8
"""Connections that are kept."""

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_SCHEMES: Final = {"http": "http", "tcp": "http", "https": "https"}
"""Cosmos daemons write an RPC as tcp://."""


class Transport:
    """Calls to one address. Any thread may use it."""

    def __init__(self, address: str) -> None:
        """Takes http://HOST:PORT, tcp://HOST:PORT or https://HOST[:PORT][/PATH].

        Raises:
            ValueError: it is none of these.
        """
        parts = urlsplit(address)
        scheme = _SCHEMES.get(parts.scheme)
        if scheme is None or not parts.hostname or parts.query or parts.fragment or parts.username:
            raise ValueError("an address such as http://127.0.0.1:26657")
        self.address = address
        self._tls = scheme == "https"
        self._host = parts.hostname
        self._port = parts.port or _DEFAULT_PORTS[scheme]
        self._path = parts.path or "/"
        self._idle: list[http.client.HTTPConnection] = []
        self._lock = threading.Lock()

    def call(
        self,
        method: str,
        params: Mapping[str, str | bool],
        *,
        timeout_secs: float,
        max_bytes: int = MAX_ANSWER_BYTES,
    ) -> object:
        """The result of a call.

        Raises:
            EngineUnreachable: no answer within `timeout_secs` of silence.
            EngineRefused: the answer is an error.
            EngineFailed: the answer is no JSON-RPC, or has more than `max_bytes`.
        """
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": dict(params)}
        status, body = self._post(json.dumps(request).encode(), timeout_secs, max_bytes)
        try:
            answer = json.loads(body)
        except ValueError:
            raise self._failed("JSON", f"HTTP status {status}, {len(body)} bytes") from None
        if not isinstance(answer, dict):
            raise self._failed("a JSON-RPC object", type(answer).__name__)
        error = answer.get("error")
        if isinstance(error, dict):
            raise _refused(method, error)
        if "result" not in answer:
            raise self._failed("a result or an error", f"HTTP status {status}")
        return answer["result"]

    def close(self) -> None:
        """Closes the idle connections; later calls make new ones."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _post(self, body: bytes, timeout_secs: float, max_bytes: int) -> tuple[int, bytes]:
        connection = self._borrow(timeout_secs)
        kept = False
        try:
            connection.request("POST", self._path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer = response.read(max_bytes + 1)
            kept = len(answer) <= max_bytes and not response.will_close
        except TimeoutError:
            raise self._unreachable(f"no answer within {timeout_secs:g} s") from None
        except OSError as error:
            raise self._unreachable(error.strerror or type(error).__name__) from None
        except UnicodeError:
            raise self._unreachable("a name that is no host's") from None
        except http.client.HTTPException as error:
            raise self._failed("an answer in HTTP", type(error).__name__) from None
        finally:
            self._give_back(connection, kept=kept)
        if len(answer) > max_bytes:
            raise self._failed(f"at most {max_bytes} bytes", "more")
        return response.status, answer

    def _borrow(self, timeout_secs: float) -> http.client.HTTPConnection:
        while True:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None:
                kind = http.client.HTTPSConnection if self._tls else http.client.HTTPConnection
                return kind(self._host, self._port, timeout=timeout_secs)
            if not _dropped(connection):
                connection.sock.settimeout(timeout_secs)
                return connection
            connection.close()

    def _give_back(self, connection: http.client.HTTPConnection, *, kept: bool) -> None:
        with self._lock:
            if kept and len(self._idle) < MAX_IDLE:
                self._idle.append(connection)
                return
        connection.close()

    def _unreachable(self, found: str) -> EngineUnreachable:
        return EngineUnreachable(expected=f"CometBFT's RPC at {self.address}", found=found)

    def _failed(self, expected: str, found: str) -> EngineFailed:
        return EngineFailed(expected=f"{expected} from {self.address}", found=found)


def _dropped(connection: http.client.HTTPConnection) -> bool:
    """Whether the peer has closed: an idle connection has nothing to read but its end."""
    watch = select.poll()
    watch.register(connection.sock, select.POLLIN)
    return bool(watch.poll(0))


def _refused(method: str, error: dict[str, object]) -> EngineRefused:
    number, message, data = error.get("code"), error.get("message"), error.get("data")
    words = [text for text in (data, message) if isinstance(text, str) and text]
    return EngineRefused(
        method=method,
        number=number if isinstance(number, int) else 0,
        reason=words[0] if words else "no reason",
    )
