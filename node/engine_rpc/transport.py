"""JSON-RPC 2.0 over HTTP: one call, one answer, within one deadline and a size.

Connections are kept for the next call. One that the engine has closed meanwhile is found out before
it is used, so no request is sent twice. No proxy of the environment is asked: the engine is on the
loopback, or where the user said.
"""

from __future__ import annotations

import http.client
import json
import select
import ssl
import threading
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from enclave.errors import words_of
from node.engine_rpc.failures import EngineFailed, EngineRefused, EngineUnreachable, EngineUntrusted
from node.engine_rpc.fields import shown
from node.engine_rpc.http_status import meaning_of
from node.engine_rpc.timed import AnswerTooLarge, Call, TimedConnection
from node.tls import context_of

MAX_ANSWER_BYTES: Final = 256 * 1024 * 1024
"""A block of 100 MiB, CometBFT's largest, in Base64 and JSON."""
MAX_IDLE: Final = 8
"""Connections that are kept."""
PIECE_BYTES: Final = 64 * 1024

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_SCHEMES: Final = {"http": "http", "tcp": "http", "https": "https"}
"""Cosmos daemons write an RPC as tcp://."""


class Transport:
    """Calls to one address. Any thread may use it."""

    def __init__(self, address: str, *, roots: bytes = b"") -> None:
        """Takes http://HOST:PORT, tcp://HOST:PORT or https://HOST[:PORT][/PATH].

        Raises:
            ValueError: it is none of these, or `roots` are no certificates in PEM.
        """
        parts = urlsplit(address)
        scheme = _SCHEMES.get(parts.scheme)
        if scheme is None or not parts.hostname or parts.query or parts.fragment or parts.username:
            raise ValueError("an address such as http://127.0.0.1:26657")
        self.address = address
        self._tls = context_of(roots) if scheme == "https" else None
        self._host = parts.hostname
        self._port = parts.port or _DEFAULT_PORTS[scheme]
        self._path = parts.path or "/"
        self._idle: list[TimedConnection] = []
        self._lock = threading.Lock()

    def call(self, method: str, params: Mapping[str, str | bool], call: Call) -> object:
        """The result of a call, within what `call` may take.

        Raises:
            EngineUnreachable: no answer, or no whole one in time.
            EngineRefused: the answer is an error.
            EngineFailed: the answer is no JSON-RPC, or has too many bytes.
        """
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": dict(params)}
        status, body = self._post(json.dumps(request).encode(), call)
        try:
            answer = json.loads(body)
        except ValueError:
            self._check_status(status)
            raise self._failed("JSON", f"HTTP status {status}, {len(body)} bytes") from None
        if not isinstance(answer, dict):
            self._check_status(status)
            raise self._failed("a JSON-RPC object", shown(answer))
        error = answer.get("error")
        if isinstance(error, dict):
            raise _refused(method, error)
        # CometBFT itself has a status for its errors, and then an error in JSON-RPC.
        self._check_status(status)
        if "result" not in answer:
            raise self._failed("a result or an error", "an object without either")
        return answer["result"]

    def close(self) -> None:
        """Closes the idle connections; later calls make new ones."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _post(self, body: bytes, call: Call) -> tuple[int, bytes]:
        connection = self._borrow(call)
        kept = False
        try:
            connection.request("POST", self._path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            with response:
                answer = _read(response, call.max_bytes)
            kept = not response.will_close
        except TimeoutError:
            raise self._unreachable(_late(call)) from None
        except AnswerTooLarge:
            raise self._failed(f"at most {call.max_bytes} bytes", "more") from None
        except ssl.SSLCertVerificationError as error:
            found = f"a certificate that is not trusted: {error.verify_message}"
            raise EngineUntrusted(
                expected=f"CometBFT's RPC at {self.address}", found=found
            ) from None
        except ssl.SSLError:
            raise self._unreachable("no TLS at that port, or another version of it") from None
        except OSError as error:
            raise self._unreachable(words_of(error)) from None
        except UnicodeError:
            raise self._unreachable("a name that is no host's") from None
        except http.client.HTTPException as error:
            raise self._failed("an answer in HTTP", type(error).__name__) from None
        finally:
            self._give_back(connection, kept=kept)
        return response.status, answer

    def _borrow(self, call: Call) -> TimedConnection:
        while True:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None:
                return TimedConnection(self._host, self._port, tls=self._tls, call=call)
            if not _dropped(connection):
                connection.call = call
                return connection
            connection.close()

    def _give_back(self, connection: TimedConnection, *, kept: bool) -> None:
        with self._lock:
            if kept and len(self._idle) < MAX_IDLE:
                self._idle.append(connection)
                return
        connection.close()

    def _check_status(self, status: int) -> None:
        """What a proxy in front of the engine says. Raises EngineRpcFailure for all but success."""
        if status == http.HTTPStatus.OK:
            return
        kind, meaning = meaning_of(status)
        expected = f"an answer of CometBFT's RPC at {self.address}"
        raise kind(expected=expected, found=f"HTTP status {status}: {meaning}")

    def _unreachable(self, found: str) -> EngineUnreachable:
        return EngineUnreachable(expected=f"CometBFT's RPC at {self.address}", found=found)

    def _failed(self, expected: str, found: str) -> EngineFailed:
        return EngineFailed(expected=f"{expected} from {self.address}", found=found)


def _read(response: http.client.HTTPResponse, max_bytes: int) -> bytes:
    """The body, piece by piece: of what was only announced nothing is kept."""
    pieces: list[bytes] = []
    left = max_bytes + 1
    while left and (piece := response.read(min(PIECE_BYTES, left))):
        pieces.append(piece)
        left -= len(piece)
    if not left:
        raise AnswerTooLarge
    return b"".join(pieces)


def _late(call: Call) -> str:
    if call.received and call.deadline.passed:
        return f"no whole answer within {call.deadline.secs:g} s"
    return f"no answer within {min(call.silence_secs, call.deadline.secs):g} s"


def _dropped(connection: TimedConnection) -> bool:
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
