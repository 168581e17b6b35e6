"""A chain's engine as a node without voting power has it: `status` says so, all else is true."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from node.engine_rpc.transport import Transport

TIMEOUT_SECS = 10.0


@contextlib.contextmanager
def powerless_engine(rpc: str) -> Iterator[str]:
    """Serves for the length of a block; its URL. `rpc` is the real one's."""
    real = Transport(rpc)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Passes a request on."""
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            method = request["method"]
            result: Any = real.call(method, request["params"], timeout_secs=TIMEOUT_SECS)
            if method == "status":
                result["validator_info"]["voting_power"] = "0"
            data = json.dumps({"jsonrpc": "2.0", "id": 1, "result": result}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
            real.close()
