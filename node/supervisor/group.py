"""One node's processes: who starts next, who is started again, in which order they stop.

Start: all at once, but for one that `ends_with` another: it starts when that one is ready, at every
start, and ends with it. A process that died is started again by itself. Stop: in the reverse order
of the group, each when the one behind it has ended: CometBFT hung once where the application ended
at the same moment.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Final

from node.base.backoff import Backoff
from node.supervisor.child import Child
from node.supervisor.failures import SupervisorCode, SupervisorFailure
from node.supervisor.spec import Event, Group, ProcessSpec, Report, What

FOLLOW_SECS: Final = 3.0
"""How long a process may take to end by itself after the one that it ends with."""


class Phase(enum.Enum):
    """Where a group stands."""

    RUNNING = "running"
    STOPPING = "stopping"
    OVER = "over"


class Runner:
    """Runs one group. Every method is called from one thread, the main one.

    `wake` is called, in any thread, when there is something to look at before the next tick.

    Attributes:
        failure: why it ended by itself.
    """

    def __init__(self, group: Group, report: Report, *, wake: Callable[[], None]) -> None:
        self.group = group
        self.phase = Phase.RUNNING
        self.failure: SupervisorFailure | None = None
        self._members = {
            spec.name: _Member(spec, group.name, report, wake) for spec in group.processes
        }

    def tick(self, now: float) -> None:
        """Does what is due.

        Args:
            now: of a clock that never goes back, in seconds.
        """
        for member in self._members.values():
            if self._misses_its_base(member):
                member.end_within(FOLLOW_SECS, now)
            member.look(now)
        if self.phase is Phase.RUNNING:
            self._run(now)
        if self.phase is Phase.STOPPING:
            self._stop(now)

    def stop(self) -> None:
        """Begins to stop."""
        if self.phase is Phase.RUNNING:
            self.phase = Phase.STOPPING

    def kill(self) -> None:
        """Ends everything at once."""
        self.stop()
        for member in self._members.values():
            member.kill()

    def ready(self, process: str | None = None) -> bool:
        """Whether every process is, or that one."""
        return all(
            member.is_ready for name, member in self._members.items() if process in (None, name)
        )

    def _run(self, now: float) -> None:
        for member in self._members.values():
            if member.hopeless:
                self.failure = member.failure()
                self.stop()
                return
            base = self._members.get(member.spec.ends_with or "")
            if (base is None or base.is_ready) and member.may_start(now):
                member.start()

    def _misses_its_base(self, member: _Member) -> bool:
        base = self._members.get(member.spec.ends_with or "")
        return self.phase is Phase.RUNNING and base is not None and base.child is None

    def _stop(self, now: float) -> None:
        for member in reversed(self._members.values()):
            if member.child is not None:
                member.stop(now)
                return
        self.phase = Phase.OVER


class _Member:
    """One process of a group over all its starts."""

    def __init__(
        self, spec: ProcessSpec, group: str, report: Report, wake: Callable[[], None]
    ) -> None:
        self.spec = spec
        self.child: Child | None = None
        self.was_ready = False
        """At any start."""
        self._due = 0.0
        self._group = group
        self._report = report
        self._wake = wake
        self._backoff = Backoff()
        self._ready_since: float | None = None
        self._kill_at: float | None = None
        self._stopping = False
        self._last_end = ""

    @property
    def is_ready(self) -> bool:
        return None not in (self.child, self._ready_since) and self._kill_at is None

    @property
    def hopeless(self) -> bool:
        may_end = self.spec.vital or not self.was_ready
        return may_end and self._backoff.hopeless(was_ready=self.was_ready)

    def failure(self) -> SupervisorFailure:
        self._say(What.GAVE_UP, self._last_end)
        return SupervisorFailure(
            SupervisorCode.PROCESS_KEEPS_DYING,
            expected=f"{self.spec.name} of {self._group} to stay up (log: {self.spec.log})",
            found=self._last_end,
        )

    def may_start(self, now: float) -> bool:
        awaits = self.spec.awaits
        return self.child is None and now >= self._due and (awaits is None or awaits())

    def start(self) -> None:
        self.child = Child(self.spec, wake=self._wake)
        self._ready_since = self._kill_at = None
        self._say(What.STARTED)

    def look(self, now: float) -> None:
        """Takes note of readiness and of an end; kills what is late."""
        if self.child is None:
            return
        status = self.child.exit_status()
        if status is not None:
            self._ended(self.child, status, now)
        elif self._ready_since is None and self.child.ready.is_set():
            self._ready_since, self.was_ready = now, True
            for warning in self.child.warnings():
                self._say(What.SAID, warning)
            self._say(What.READY)
        elif self.child.halted.is_set():
            self.child.kill()
        elif self._kill_at is not None and now >= self._kill_at:
            self._kill_at = None
            self._say(What.KILLED, "it did not end in time")
            self.child.kill()

    def end_within(self, secs: float, now: float) -> None:
        """It ends by itself, or is killed then."""
        if self.child is not None and self._kill_at is None:
            self._kill_at = now + secs

    def stop(self, now: float) -> None:
        if self.child is not None and not self._stopping:
            self._stopping = True
            self.child.terminate()
            self._kill_at = now + self.spec.stop_secs

    def kill(self) -> None:
        self._stopping = True
        if self.child is not None:
            self.child.kill()

    def _ended(self, child: Child, status: int, now: float) -> None:
        served = 0.0 if self._ready_since is None else now - self._ready_since
        # One that was killed had no time for last words; one that ended well has none.
        words = child.why_halted() or (child.last_words() if status > 0 else "")
        end = f"signal {-status}" if status < 0 else f"exit code {status}"
        self._last_end = f"{end}, last line: {words}" if words else end
        if self._stopping:
            self._say(What.STOPPED, end)
        else:
            self._say(What.DIED, self._last_end)
            # One that ended with another is not to blame.
            followed = self._kill_at is not None
            self._due = now if followed else now + self._backoff.died(served_secs=served)
        self.child = None
        self._ready_since = self._kill_at = None

    def _say(self, what: What, text: str = "") -> None:
        pid = self.child.pid if self.child is not None else 0
        self._report(Event(self._group, self.spec.name, what, text, pid))
