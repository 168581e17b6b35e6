"""After each commit: the path to the new header, then the waiting registers at its gate time.

In a thread of its own, so that Prepare and Process find headers, verdicts and envelopes ready. A
verdict that comes too late is simply made again in the block path; without the path of headers the
enclave is not asked for that block (protocol.md sections 6 and 7).
"""

from __future__ import annotations

import threading
from typing import Final

from chain_module.app.look import FirstLooks
from chain_module.errors import TxRefusal
from chain_module.registration.gates import EvidenceOf
from chain_module.registration.messages import MsgRegisterNode
from node.application.envelopes import EnclaveEnvelopes
from node.application.parts import Committed

STOP_SECS: Final = 5.0


class Prefetch:
    """Works on the newest commit only; an older one that waits is forgotten."""

    def __init__(self, looks: FirstLooks, envelopes: EnclaveEnvelopes) -> None:
        self._looks = looks
        self._envelopes = envelopes
        self._changed = threading.Condition()
        self._next: Committed | None = None
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="prefetch", daemon=True)
        self._thread.start()

    def committed(self, committed: Committed) -> None:
        """A block is durable. Returns at once."""
        with self._changed:
            self._next = committed
            self._changed.notify()

    def close(self) -> None:
        """Ends the thread after the register that it works on."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        self._thread.join(STOP_SECS)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._stopped or self._next is not None)
                committed, self._next = self._next, None
            if self._stopped or committed is None:
                return
            self._work(committed)

    def _work(self, committed: Committed) -> None:
        ready: list[tuple[MsgRegisterNode, EvidenceOf]] = []
        self._envelopes.committed(committed.next_context)
        look = self._looks.at(committed.next_context)
        for register in committed.waiting:
            if self._stopped or self._next is not None:
                return
            try:
                looked = look(committed.version, register)
            except TxRefusal:
                # It was in the block, or it does not pass any more.
                continue
            ready.append((register, looked.evidence))
        if ready:
            self._envelopes.prefetch(committed.next_context, ready)
