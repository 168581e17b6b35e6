"""Runs groups of processes in the main thread, until a signal or until all of them are over.

SIGTERM, SIGINT and SIGHUP stop everything in order, but for one that came ignored; the same once
more kills what is left. Other threads may add and stop groups and wait for them. What a group does
is `group`.
"""

from __future__ import annotations

import queue
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Final

from enclave.service.signals import heard
from node.supervisor.failures import SupervisorFailure
from node.supervisor.group import Phase, Runner
from node.supervisor.spec import Group, Report

STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
TICK_SECS: Final = 0.1

_Order = Callable[[], None]


class Supervisor:
    """Watches processes.

    Args:
        report: gets each event.
        stays: whether to go on without any group, until a signal or `stop`.
    """

    def __init__(self, report: Report, *, stays: bool = False) -> None:
        self._report = report
        self._stays = stays
        self._runners: dict[str, Runner] = {}
        # A handler of a signal may put into this queue whatever was interrupted.
        self._orders: queue.SimpleQueue[_Order] = queue.SimpleQueue()
        self._changed = threading.Condition()
        self._stopping = False
        self.interrupted = False
        """By a signal."""

    def add(self, group: Group) -> None:
        """Starts a group; one of the same name must be over. From any thread."""
        self._orders.put(lambda: self._add(group))

    def stop(self) -> None:
        """Begins to stop everything, if that was not begun. From any thread."""
        self._orders.put(self._stop)

    def kill(self) -> None:
        """Ends everything at once. From any thread."""
        self._orders.put(self._kill)

    def wait_until_ready(self, name: str, *, timeout: float, process: str | None = None) -> bool:
        """Waits for a group; from any thread but the supervisor's.

        Args:
            name: of the group, which was added.
            timeout: seconds.
            process: of it; None: every one.

        Returns:
            False where it is over or not ready in time.
        """
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                runner = self._runners.get(name)
                if runner is not None and runner.ready(process):
                    return True
                left = deadline - time.monotonic()
                over = runner is not None and runner.phase is Phase.OVER
                if over or self._stopping or left <= 0:
                    return False
                self._changed.wait(min(left, 1.0))

    def failure(self, name: str) -> SupervisorFailure | None:
        """Why a group ended by itself, if it did. From any thread."""
        runner = self._runners.get(name)
        return runner.failure if runner is not None else None

    @property
    def stopping(self) -> bool:
        """Whether everything stops, or has stopped."""
        return self._stopping

    def run(self) -> list[SupervisorFailure]:
        """Returns when everything is over: why groups ended by themselves.

        Runs in the main thread, for the signals and because children die with their thread.
        """
        previous = {number: signal.signal(number, self._on_stop) for number in heard(STOP_SIGNALS)}
        previous[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, self._on_child)
        try:
            while not self._over():
                self._obey()
                with self._changed:
                    for runner in self._runners.values():
                        runner.tick(time.monotonic())
                    self._changed.notify_all()
        finally:
            for runner in self._runners.values():
                runner.kill()
            for number, handler in previous.items():
                signal.signal(number, handler)
        return [runner.failure for runner in self._runners.values() if runner.failure]

    def _over(self) -> bool:
        idle = all(runner.phase is Phase.OVER for runner in self._runners.values())
        wanted = self._stays and not self._stopping
        return idle and not wanted and self._orders.empty()

    def _obey(self) -> None:
        """Carries out orders; waits for one a little."""
        try:
            self._orders.get(timeout=TICK_SECS)()
            while True:
                self._orders.get_nowait()()
        except queue.Empty:
            return

    def _add(self, group: Group) -> None:
        known = self._runners.get(group.name)
        if not self._stopping and (known is None or known.phase is Phase.OVER):
            self._runners[group.name] = Runner(group, self._report, wake=self._wake)

    def _stop(self) -> None:
        self._stopping = True
        for runner in self._runners.values():
            runner.stop()

    def _kill(self) -> None:
        self._stopping = True
        for runner in self._runners.values():
            runner.kill()

    def _on_stop(self, _number: int, _frame: FrameType | None) -> None:
        order, self.interrupted = self.kill if self.interrupted else self.stop, True
        order()

    def _on_child(self, _number: int, _frame: FrameType | None) -> None:
        self._wake()

    def _wake(self) -> None:
        self._orders.put(lambda: None)  # look at once
