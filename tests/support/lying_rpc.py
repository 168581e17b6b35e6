"""CometBFT's RPC of a real node with a lie in some answers."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import urlsplit

TIMEOUT_SECS: Final = 20

Lie = Callable[[str, dict[str, Any], dict[str, Any]], None]
"""(method, parameters, answer): changes the answer in place, `result` or `error`."""


@contextmanager
def lying_rpc(truth: str, lie: Lie) -> Iterator[str]:
    """The address of a server that asks `truth`, an http URL, and answers with the lie."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {"Content-Type": "application/json"}
            connection = http.client.HTTPConnection(urlsplit(truth).netloc, timeout=TIMEOUT_SECS)
            connection.request("POST", "/", body, headers)
            answer = json.load(connection.getresponse())
            connection.close()
            call = json.loads(body)
            lie(call["method"], call["params"], answer)
            data = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Nothing on stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
