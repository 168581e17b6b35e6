"""The path of headers to the newest block, made ready after each Commit.

PrepareProposal and ProcessProposal take it, and fetch nothing (protocol.md section 7). Where it is
not there in time, the enclave counts as away for that block.

None is made where nobody would use it: for an enclave without the seed or to which a fork was
proven, and for a node without voting power, whose enclave goes on with the chain at its own pace
(`node.host.following`). Nor where the engine lacks the block that the way begins with: the host
gets it from others, and says so where it cannot.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Final

from node.chain_proof.leading import Leading
from node.chain_proof.older import follows, lacks_start
from node.enclave_client import EnclaveClient
from node.engine_rpc import Status
from node.failure import NodeFailure
from node.log import Log
from seedpact.enclave.v1 import chain_pb2

INFO_SECS: Final = 2.0
"""An enclave that hangs must not keep the verdicts of waiting registers from being made."""


class ReadyPath:
    """The steps for the block above one height. Safe to share between threads.

    Args:
        enclave: the node's own.
        leading: finds the steps.
        status: the engine's own word, asked for each block.
        log: gets what stands in the way, once until its code changes: the words name heights, and
            whether a connection ended or was refused.
    """

    def __init__(
        self, enclave: EnclaveClient, leading: Leading, *, status: Callable[[], Status], log: Log
    ) -> None:
        self._enclave = enclave
        self._leading = leading
        self._status = status
        self._log = log
        self._lock = threading.Lock()
        self._to = 0
        self._steps: tuple[chain_pb2.HeaderStep, ...] = ()
        self._said = ""

    def steps(self, to: int) -> Sequence[chain_pb2.HeaderStep] | None:
        """The steps to the header at `to`; None where they are not ready."""
        with self._lock:
            return self._steps if to == self._to else None

    def make(self, to: int) -> None:
        """Makes the steps to the header at `to` ready. Waits; raises nothing."""
        try:
            info = self._enclave.get_info(timeout=INFO_SECS)
            if not follows(info):
                return
            status = self._status()
            if not status.validator_power or lacks_start(info, status.earliest_height):
                return
            steps = self._leading.holder_steps(info, to)
        except NodeFailure as failure:
            if failure.code != self._said:
                self._log("warning", "no_path_to_header", height=to, reason=str(failure))
            self._said = failure.code
            return
        self._said = ""
        with self._lock:
            self._to, self._steps = to, tuple(steps)
