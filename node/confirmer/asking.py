"""One question to the enclave: sent, counted, its answers remembered, its failure judged.

What a failure means (protocol.md section 6):
- no answer in time, or nobody there: the enclave is away;
- the connection ended during the call: away, and what was asked is not sent again for 100 blocks;
- who answers is not this home's enclave, or its token cannot be read: away, said once;
- an answer that no enclave gives: the enclave stays; a registration asked about alone is at fault.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from node.confirmer.counters import Counters, Tally
from node.confirmer.memory import Outcomes, Quarantine
from node.confirmer.outcomes import (
    Away,
    MalformedAnswerError,
    NodeCode,
    Outcome,
    Refused,
    outcomes_of,
)
from node.confirmer.presence import Presence
from node.enclave_client import (
    EnclaveClient,
    EnclaveFailed,
    EnclaveFailure,
    EnclaveNotOurs,
    EnclaveRefused,
    EnclaveTokenUnusable,
    EnclaveUnreachable,
    Registration,
    Unreachable,
    pack_newcomers,
)
from node.log import Log
from node.metrics import Metrics
from seedpact.enclave.v1 import chain_pb2


class Asking:
    """The enclave, what is known of it, and what it said. Safe to share between threads."""

    def __init__(
        self, client: EnclaveClient, *, log: Log, metrics: Metrics, lost: Callable[[], None]
    ) -> None:
        """`lost` is called, in any thread, when the enclave was there and is away now."""
        self._client = client
        self._log = log
        self._metrics = metrics
        self._lost = lost
        self._quarantine = Quarantine()
        self._stranger = ""
        self.presence = Presence(metrics)
        self.outcomes = Outcomes()
        self.tally = Tally()

    def withheld(self, registration: Registration, *, height: int) -> Refused | None:
        """The refusal of one over which the enclave died; None where it may be asked."""
        until = self._quarantine.until(registration, height=height)
        if until is None:
            return None
        self.tally.add(Counters(quarantined=1))
        return Refused(
            NodeCode.REGISTER_QUARANTINED,
            expected=f"height {until} or later, since the enclave died over it",
            found=f"height {height}",
        )

    def ask(
        self,
        chain: chain_pb2.ChainProof,
        registrations: Mapping[bytes, Registration],
        *,
        height: int,
        deadline: float,
    ) -> Sequence[Outcome] | Away:
        """Asks once. Raises nothing.

        Args:
            chain: for the block that is proposed.
            registrations: by their keys in `outcomes`.
            height: of that block.
            deadline: in seconds.

        Returns:
            The outcomes in the same order.
        """
        asked = len(registrations)
        self.tally.add(Counters(calls=1, asked=asked))
        started = time.monotonic()
        try:
            request = pack_newcomers(chain, registrations.values())
            response = self._client.confirm_nodes(request, timeout=deadline)
            answer = outcomes_of(response, asked=asked)
        except EnclaveRefused as refused:
            # The whole request: an enclave without a seed, say. It may hold one a moment later.
            self._metrics.enclave_failed(kind="refused")
            self.tally.add(Counters(refused=asked))
            return [Refused(refused.code, refused.expected, refused.found)] * asked
        except EnclaveUnreachable as away:
            return self._unreachable(away, registrations, height=height)
        except (EnclaveNotOurs, EnclaveTokenUnusable) as stranger:
            self._metrics.enclave_failed(kind="away")
            self.tally.add(Counters(away=1))
            self._goes(stranger)
            return Away(str(stranger))
        except (EnclaveFailure, MalformedAnswerError) as fault:
            return self._faulty(fault, registrations, height=height)
        self._metrics.enclave_call("ConfirmNodes", seconds=time.monotonic() - started)
        for key, outcome in zip(registrations, answer, strict=True):
            self.outcomes.put(height, key, outcome)
        refused_ones = sum(isinstance(one, Refused) for one in answer)
        self.tally.add(Counters(refused=refused_ones, confirmed=asked - refused_ones))
        return answer

    def not_asked(self) -> None:
        """Counts a request that was not sent, since the enclave is away."""
        self._metrics.enclave_failed(kind="away")
        self.tally.add(Counters(away=1))

    def ping(self, *, deadline: float) -> bool:
        """Whether the enclave answers. Raises nothing."""
        losses = self.presence.losses
        started = time.monotonic()
        try:
            info = self._client.get_info(timeout=deadline)
        except EnclaveFailure as failure:
            self._goes(failure)
            return False
        self._metrics.enclave_call("GetInfo", seconds=time.monotonic() - started)
        self.tally.add(Counters(pings=1))
        self._stranger = ""
        if self.presence.answered(info, losses=losses):
            self._log("info", "enclave_here", holder=int(self.presence.holder is not None))
        return True

    def _unreachable(
        self, away: EnclaveUnreachable, registrations: Mapping[bytes, Registration], *, height: int
    ) -> Away:
        late, lost = away.how is Unreachable.LATE, away.how is Unreachable.LOST
        self._metrics.enclave_failed(kind="late" if late else "away")
        self.tally.add(Counters(late=int(late), lost=int(lost)))
        if lost:
            self._withhold(registrations, height=height)
        self._goes(away)
        return Away(away.reason)

    def _faulty(
        self,
        fault: EnclaveFailure | MalformedAnswerError,
        registrations: Mapping[bytes, Registration],
        *,
        height: int,
    ) -> Away:
        self._metrics.enclave_failed(kind="fault")
        self.tally.add(Counters(failed=1))
        reason = fault.reason if isinstance(fault, EnclaveFailed) else "a malformed answer"
        self._log("error", "enclave_failed", reason=reason, registrations=len(registrations))
        # Of several nobody knows whose fault it is.
        if len(registrations) == 1:
            self._withhold(registrations, height=height)
        return Away(reason)

    def _goes(self, failure: EnclaveFailure) -> None:
        reason = str(failure)
        if isinstance(failure, EnclaveNotOurs | EnclaveTokenUnusable):
            self._say_stranger(failure)
        # A cancelled call was ended by `close`: nobody has to be told.
        closed = isinstance(failure, EnclaveUnreachable) and failure.how is Unreachable.CANCELLED
        if self.presence.lost(reason) and not closed:
            self._log("warning", "enclave_away", reason=reason)
            self._lost()

    def _say_stranger(self, failure: EnclaveFailure) -> None:
        """Once until the enclave answers again: also where it was never there to be lost."""
        if failure.code == self._stranger:
            return
        self._stranger = failure.code
        self._log("error", failure.code, expected=failure.expected, found=failure.found)

    def _withhold(self, registrations: Mapping[bytes, Registration], *, height: int) -> None:
        for registration in registrations.values():
            self._quarantine.add(registration, height=height)
            key = registration.exchange_key.hex()
            self._log("error", "register_quarantined", exchange_key=key, height=height)
