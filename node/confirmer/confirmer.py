"""`Confirmer`: the confirms of a block from the enclave, within a deadline, without an exception.

Two threads work. The consensus lane calls `confirm`, which asks the enclave at most once and only
for what is not remembered. A thread of its own pings the enclave, and after each Commit prefetches
the outcomes of waiting registers: one at a time, so that one that kills the enclave is met outside
the block path, and alone.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from node.confirmer.asking import Asking
from node.confirmer.counters import Counters
from node.confirmer.memory import outcome_key
from node.confirmer.outcomes import Away, Outcome
from node.enclave_client import EnclaveClient, Registration
from node.log import Log
from node.metrics import Metrics
from seedpact.enclave.v1 import chain_pb2

PREFETCH_DEADLINE_SECS: Final = 2.0
PING_DEADLINE_SECS: Final = 1.0
PING_EVERY_SECS: Final = 3.0
"""While it is there: finds one that died, and one that became a holder, before a block does."""
FIRST_RETRY_SECS: Final = 0.05
LAST_RETRY_SECS: Final = 1.0


@dataclass(slots=True)
class _Work:
    """What is to be prefetched; the last registration is the next."""

    height: int
    chain: chain_pb2.ChainProof
    left: list[Registration]


class Confirmer:
    """The way of one node's block path to its enclave. `close` ends its thread."""

    def __init__(
        self,
        client: EnclaveClient,
        *,
        log: Log,
        metrics: Metrics,
        ping_every: float = PING_EVERY_SECS,
    ) -> None:
        """Begins to ping.

        Args:
            client: to the enclave; closed by `close`.
            log: gets a line when the enclave goes and comes, and for each quarantine.
            metrics: gets every call.
            ping_every: seconds between pings while the enclave is there.
        """
        self._client = client
        self._ping_every = ping_every
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._work: _Work | None = None
        self._asking = Asking(client, log=log, metrics=metrics, lost=self._wake.set)
        self._thread = threading.Thread(target=self._run, name="confirmer", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """As `close`."""
        self.close()

    @property
    def node_id(self) -> bytes | None:
        """The enclave's node id, 32 bytes; None while it is not known to hold the seed."""
        return self._asking.presence.holder

    @property
    def away(self) -> str | None:
        """Why the enclave is not asked; None while it is."""
        return self._asking.presence.away

    @property
    def counters(self) -> Counters:
        """The numbers so far."""
        return self._asking.tally.sums

    def confirm(
        self,
        chain: chain_pb2.ChainProof,
        registrations: Sequence[Registration],
        *,
        height: int,
        deadline: float,
    ) -> Sequence[Outcome] | Away:
        """One outcome for each registration, in order; or Away where one would have to be asked.

        Args:
            chain: for the block that is proposed, with the anchors and machines of the
                registrations.
            registrations: in the order of the block.
            height: of that block.
            deadline: seconds that the enclave has.
        """
        asking = self._asking
        asking.outcomes.begin(height)
        found: dict[bytes, Outcome] = {}
        missing: dict[bytes, Registration] = {}
        keys = [outcome_key(registration) for registration in registrations]
        for key, registration in zip(keys, registrations, strict=True):
            known = asking.outcomes.get(key)
            asking.tally.add(Counters(hits=int(known is not None)))
            known = known or asking.withheld(registration, height=height)
            if known is None:
                missing[key] = registration
            else:
                found[key] = known
        if missing:
            answer = self._ask(chain, missing, height=height, deadline=deadline)
            if isinstance(answer, Away):
                return answer
            found |= zip(missing, answer, strict=True)
        return [found[key] for key in keys]

    def prefetch(
        self, height: int, chain: chain_pb2.ChainProof, registrations: Sequence[Registration]
    ) -> None:
        """Has outcomes made ready for a block of this height. Returns at once.

        What was left to do before is given up.
        """
        self._asking.outcomes.begin(height)
        self._work = _Work(height, chain, list(reversed(registrations)))
        self._wake.set()

    def close(self) -> None:
        """Ends the thread, and every call that is under way."""
        self._closing.set()
        self._wake.set()
        # A call that begins after this makes a new connection, and is the last.
        self._client.close()
        self._thread.join()
        self._client.close()

    def _ask(
        self,
        chain: chain_pb2.ChainProof,
        missing: dict[bytes, Registration],
        *,
        height: int,
        deadline: float,
    ) -> Sequence[Outcome] | Away:
        away = self._asking.presence.away
        if away is not None:
            self._asking.not_asked()
            return Away(away)
        return self._asking.ask(chain, missing, height=height, deadline=deadline)

    # The thread.

    def _run(self) -> None:
        pause = 0.0
        while not self._closing.is_set():
            if self._asking.presence.away is None:
                pause = FIRST_RETRY_SECS
                if self._prefetched_one():
                    continue
                woken = self._wake.wait(self._ping_every)
            else:
                woken = self._wake.wait(pause)
                pause = min(max(2 * pause, FIRST_RETRY_SECS), LAST_RETRY_SECS)
            self._wake.clear()
            if self._closing.is_set():
                return
            if not woken or self._asking.presence.away is not None:
                self._asking.ping(deadline=PING_DEADLINE_SECS)

    def _prefetched_one(self) -> bool:
        """Takes the next registration that is waited for; False where there is none."""
        work = self._work
        if work is None or not work.left:
            return False
        registration = work.left.pop()
        key = outcome_key(registration)
        known = self._asking.outcomes.get(key)
        if not (known or self._asking.withheld(registration, height=work.height)):
            self._asking.ask(
                work.chain,
                {key: registration},
                height=work.height,
                deadline=PREFETCH_DEADLINE_SECS,
            )
        return True
