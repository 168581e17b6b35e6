"""A real enclave process, started and stopped by tests, spoken to by gRPC as bytes."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import grpc
from google.protobuf.message import Message

from enclave.service.dispatch import MAX_MESSAGE_BYTES, SERVICE
from enclave.service.server import ERROR_TRAILER
from seedpact.enclave.v1 import service_pb2 as pb
from tests.support.enclaves import Answer, Requests

START_TIMEOUT: Final = 30


class EnclaveProcess(Requests):
    """`python -m enclave` in software mode on a free port."""

    def __init__(self, home: Path, *arguments: str) -> None:
        command = [sys.executable, "-m", "enclave", "--home", str(home), "--mode", "software"]
        self.home = home
        self.process = subprocess.Popen(
            [*command, "--listen", "127.0.0.1:0", *arguments],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        self.log: list[dict[str, object]] = []
        self.address = self._wait_for_address()
        self.channel = grpc.insecure_channel(
            self.address,
            options=[
                ("grpc.max_send_message_length", 2 * MAX_MESSAGE_BYTES),
                ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
            ],
        )

    def _wait_for_address(self) -> str:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.log.append(_parse(line))
            if self.log[-1]["event"] == "serving":
                return str(self.log[-1]["address"])
        raise AssertionError(f"the enclave did not start: {self.log}")

    def raw(self, method: str, request: bytes) -> bytes:
        """One call as bytes. Raises grpc.RpcError."""
        call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = self.channel.unary_unary(
            f"/{SERVICE.full_name}/{method}"
        )
        return call(request, timeout=START_TIMEOUT)

    def call(self, method: str, request: Message, answer: type[Answer]) -> Answer:
        """One call. Raises grpc.RpcError."""
        return answer.FromString(self.raw(method, request.SerializeToString(deterministic=True)))

    def kill(self) -> None:
        """Kill -9."""
        self.channel.close()
        self.process.kill()
        self.process.wait()
        assert self.process.stderr is not None
        self.process.stderr.close()

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Asks it to stop; the exit code. The rest of its log is then in `log`."""
        self.channel.close()
        if self.process.poll() is None:
            os.kill(self.process.pid, number)
        _, rest = self.process.communicate(timeout=START_TIMEOUT)
        self.log += [_parse(line) for line in rest.splitlines()]
        return self.process.returncode

    def events(self) -> list[object]:
        """The names of what it logged so far."""
        return [line["event"] for line in self.log]


@contextlib.contextmanager
def enclave_process(home: Path, *arguments: str) -> Iterator[EnclaveProcess]:
    """An enclave process for the length of a block."""
    process = EnclaveProcess(home, *arguments)
    try:
        yield process
    finally:
        if process.process.poll() is None:
            process.stop()


def error_of(refused: grpc.RpcError) -> pb.Error:
    """The typed refusal in the trailer."""
    assert isinstance(refused, grpc.Call)
    trailers = dict(refused.trailing_metadata() or ())
    data = trailers[ERROR_TRAILER]
    assert isinstance(data, bytes)
    return pb.Error.FromString(data)


def _parse(line: str) -> dict[str, object]:
    """A line of the log; gRPC's own library may write one that is not ours."""
    if not line.startswith("{"):
        return {"event": "foreign", "line": line}
    parsed: dict[str, object] = json.loads(line)
    return parsed
