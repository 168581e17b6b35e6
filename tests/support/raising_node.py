"""A node with a bug: `python -m tests.support.raising_node HOME`, as the supervisor would start it.

Its first CheckTx raises while its first block is executed, and the block is done a moment later. So
CometBFT loses its connection to the mempool's lane, tells itself to end, and cannot: the block's
Commit waits for an answer of that connection.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import Final

from chain_module.abci import requests as req
from chain_module.abci import responses as res
from node.application.application import ChainApplication
from node.application.parts import Parts
from node.config import Home, NodeConfig
from node.run import run_node

PATIENCE_SECS: Final = 60.0
MOMENT_SECS: Final = 1.0
"""In which CometBFT sees the end of its connection, and begins to stop."""


class Halt(BaseException):
    """What no call answers for."""


class RaisingApplication(ChainApplication):
    """The bug."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._executing = threading.Event()
        self._raised = threading.Event()

    def check_tx(self, request: req.CheckTxRequest) -> res.TxResult:
        """Raises, once."""
        if self._raised.is_set():
            return super().check_tx(request)
        self._executing.wait(PATIENCE_SECS)
        self._raised.set()
        raise Halt

    def finalize_block(self, request: req.FinalizeBlockRequest) -> res.FinalizeBlockResponse:
        """Waits for that."""
        if not self._raised.is_set():
            self._executing.set()
            self._raised.wait(PATIENCE_SECS)
            time.sleep(MOMENT_SECS)
        return super().finalize_block(request)


if __name__ == "__main__":
    home = Home.of(sys.argv[1])
    sys.exit(run_node(home, NodeConfig.load(home), make_application=RaisingApplication))
