"""CometBFT's RPC of a real node with a lie in some answers."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlsplit

from tests.support.http_server import answering

TIMEOUT_SECS: Final = 20

Lie = Callable[[str, dict[str, Any], dict[str, Any]], None]
"""(method, parameters, answer): changes the answer in place, `result` or `error`."""


@contextmanager
def lying_rpc(truth: str, lie: Lie, *, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """The address of a server that asks `truth`, an http URL, and answers with the lie."""

    def answer(body: bytes) -> bytes:
        headers = {"Content-Type": "application/json"}
        connection = http.client.HTTPConnection(urlsplit(truth).netloc, timeout=TIMEOUT_SECS)
        connection.request("POST", "/", body, headers)
        said: dict[str, Any] = json.load(connection.getresponse())
        connection.close()
        call = json.loads(body)
        lie(call["method"], call["params"], said)
        return json.dumps(said).encode()

    with answering(answer, tls=tls) as address:
        yield address


def powerless(method: str, _params: dict[str, Any], answer: dict[str, Any]) -> None:
    """A node without voting power: `status` says so."""
    if method == "status":
        answer["result"]["validator_info"]["voting_power"] = "0"


def second_validator(method: str, _params: dict[str, Any], answer: dict[str, Any]) -> None:
    """There is another validator."""
    if method == "validators":
        answer["result"]["validators"] *= 2
        answer["result"]["total"] = "2"
