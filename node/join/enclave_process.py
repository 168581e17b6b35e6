"""An enclave of this home: the one that runs, or one for the time of the command.

A home's enclave holds a lock. So this starts one, on a free port; where that refuses since another
holds the lock, the one that runs is asked at the address of node.toml. What answers there without a
lock on this home would be another node's enclave, and is never asked.
"""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Final

from enclave.crypto.endpoint import ENDPOINT_FILE
from enclave.crypto.labels import Mode
from enclave.errors import Code
from node.base.python_child import dying_with_us, python_command, python_environment
from node.enclave_client import EnclaveClient
from node.join.failures import JoinCode, JoinFailure
from node.json_form import parse_line

START_SECS: Final = 30.0
STOP_SECS: Final = 10.0
CALL_SECS: Final = 30.0
"""A quote on hardware takes seconds where the quoting enclave starts cold."""

_FREE_PORT: Final = "127.0.0.1:0"


@contextlib.contextmanager
def enclave_of(
    folder: Path,
    *,
    mode: Mode,
    address: str | None,
    configured: str,
    token: Path | None = None,
    timeout: float = CALL_SECS,
) -> Iterator[EnclaveClient]:
    """A client of the enclave of `folder`, for the length of a block.

    Args:
        folder: the enclave's home.
        mode: in which one is started.
        address: of one that runs and is meant, whatever its home; None: the home's.
        configured: where the home's serves, by node.toml.
        token: by which node.toml has it known there; one that is started here has its home's.
        timeout: of a call, in seconds.

    Raises:
        JoinFailure: ENCLAVE_NOT_STARTED, or the code with which the enclave could not start.
    """
    if address is not None:
        with EnclaveClient(address, token=token, timeout=timeout) as client:
            yield client
        return
    started = _Started(folder, mode=mode)
    token = folder / ENDPOINT_FILE if started.address else token
    try:
        where = started.address or configured
        with EnclaveClient(where, token=token, timeout=timeout) as client:
            yield client
    finally:
        started.stop()


class _Started:
    """`python -m enclave` as a child that dies with this process; or nothing, where one runs."""

    def __init__(self, folder: Path, *, mode: Mode) -> None:
        words = ("--home", str(folder), "--mode", mode.value, "--listen", _FREE_PORT)
        self._child = subprocess.Popen(  # noqa: S603 (our own interpreter, arguments as a list)
            dying_with_us(python_command("enclave", *words)),
            env={"GRPC_VERBOSITY": "NONE", **python_environment()},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._reader: threading.Thread | None = None
        self.address = ""
        try:
            self.address = self._wait()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Ends it, if it was started."""
        if self._child.poll() is None:
            self._child.terminate()
            try:
                self._child.wait(STOP_SECS)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
        if self._reader is not None:
            self._reader.join(STOP_SECS)
        if self._child.stderr is not None:
            self._child.stderr.close()

    def _wait(self) -> str:
        stream = self._child.stderr
        deadline = time.monotonic() + START_SECS
        last: Mapping[str, object] = {}
        while stream is not None and (raw := stream.readline()):
            line = parse_line(raw) or {}
            if line.get("event") == "serving":
                self._reader = threading.Thread(target=_drain, args=(stream,), daemon=True)
                self._reader.start()
                return str(line["address"])
            last = line if line.get("event") == "cannot_start" else last
            if time.monotonic() > deadline:
                break
        if last.get("code") == Code.ALREADY_RUNNING:
            return ""
        if last:
            raise JoinFailure(
                str(last["code"]), expected=str(last["expected"]), found=str(last["found"])
            )
        raise JoinFailure(
            JoinCode.ENCLAVE_NOT_STARTED,
            expected="an enclave that serves",
            found=f"a process that ended with {self._child.wait(STOP_SECS)}",
        )


def _drain(stream: IO[bytes]) -> None:
    """Reads on, or a full pipe would stop the enclave."""
    with contextlib.suppress(OSError, ValueError):
        while stream.read(4096):
            pass
