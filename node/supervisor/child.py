"""One child process: started so that it dies with this one, its log and pid file, its end.

It decides nothing: when a child starts, stops or is given up is `group`.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from typing import Final

from node.base.python_child import dying_with_us, python_environment
from node.json_form import parse_line
from node.supervisor import log_file
from node.supervisor.halt_watch import HaltWatch
from node.supervisor.process_id import ProcessId
from node.supervisor.spec import ProcessSpec

PROBE_SECS: Final = 0.05
SLOW_PROBE_SECS: Final = 0.25
"""After the first second: many processes that start at once must not be slowed by their probes."""
WATCH_SECS: Final = 1.0
TAIL_BYTES: Final = 16 * 1024
PANIC_BYTES: Final = 1024 * 1024
"""The stacks of all of an engine's goroutines, which Go writes below the reason."""
PANICS: Final = ("panic:", "fatal error:")
"""How Go's last words begin."""


class Child:
    """A started process. Made in the main thread: the kernel ends a child with its parent thread.

    Raises:
        OSError: the log cannot be written.
    """

    def __init__(self, spec: ProcessSpec, *, wake: Callable[[], None]) -> None:
        self.spec = spec
        self._wake = wake
        self.ready = threading.Event()
        """Set by the probing thread."""
        self.halted = threading.Event()
        """It has said that it works no more (`spec.halts`); set by the probing thread."""
        self._over = threading.Event()
        log_file.put_aside(spec.log)
        with spec.log.open("ab") as log:
            self._log_start = log.tell()
            self._halt = spec.halts and HaltWatch(spec.log, start=self._log_start, halts=spec.halts)
            self._process = subprocess.Popen(  # noqa: S603 (programs of ours, arguments as a list)
                dying_with_us(spec.command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**python_environment(), **spec.environment},
                # In a session of its own, Ctrl-C reaches it through the supervisor alone.
                start_new_session=True,
            )
        identity = ProcessId.of(self._process.pid)
        if identity is not None:
            identity.write(spec.pid_file)
        threading.Thread(target=self._probe, daemon=True).start()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def exit_status(self) -> int | None:
        """None while it runs; negative: the signal that ended it. The pid file is then gone."""
        if self._process.returncode is None and self._has_ended():
            self._over.set()
            self.kill()  # whatever it has started itself; its id is still taken
            self.spec.pid_file.unlink(missing_ok=True)
            self._process.wait()
        return self._process.returncode

    def terminate(self) -> None:
        """Asks it to stop."""
        if self._process.returncode is None:
            # Popen's own way would first take the exit status of one that has just ended:
            # `exit_status` would not see that end, and the pid file would stay.
            os.kill(self._process.pid, signal.SIGTERM)
            os.kill(self._process.pid, signal.SIGCONT)  # one that is stopped would never hear it

    def kill(self) -> None:
        """Kill -9, with its whole process group."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def why_halted(self) -> str:
        """The line in which it said that it works no more; "" where it did not."""
        return self._halt.look() if self._halt else ""

    def last_words(self) -> str:
        """Why it died, as its log has it; "" where it wrote nothing.

        It is the last line since it started, but for a panic of Go: there the stack comes last.
        """
        lines = self._lines(PANIC_BYTES)
        panics = [line for line in lines if line.startswith(PANICS)]
        return in_words((panics or lines)[-1]) if lines else ""

    def warnings(self) -> list[str]:
        """The warnings of its log since it started."""
        return [in_words(line) for line in self._lines(TAIL_BYTES) if _level(line) == "warning"]

    def _has_ended(self) -> bool:
        flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self._process.pid, flags) is not None

    def _lines(self, limit: int) -> list[str]:
        try:
            with self.spec.log.open("rb") as log:
                end = log.seek(0, os.SEEK_END)
                log.seek(max(self._log_start, end - limit))
                text = log.read().decode("utf-8", "replace")
        except OSError:
            return []
        return [line.strip() for line in text.splitlines() if line.strip()]

    def _probe(self) -> None:
        begun = time.monotonic()
        while not self._over.is_set():
            if self.spec.ready():
                self.ready.set()
                self._wake()
                break
            slow = time.monotonic() - begun > 1
            self._over.wait(SLOW_PROBE_SECS if slow else PROBE_SECS)
        while not self._over.wait(WATCH_SECS):
            if self._halt and not self.halted.is_set() and self._halt.look():
                self.halted.set()
                self._wake()
            if log_file.cut(self.spec.log):
                self._log_start = 0
                if self._halt:
                    self._halt.begin_again()


def in_words(line: str) -> str:
    """A line of a log for people: the message, or the refusal, of a JSON line."""
    parsed = parse_line(line)
    if parsed is None:
        return line
    if "code" in parsed:
        return f"{parsed['code']}: expected {parsed.get('expected')}, found {parsed.get('found')}"
    return str(parsed.get("message") or parsed.get("event") or line)


def _level(line: str) -> str:
    parsed = parse_line(line)
    return str(parsed.get("level", "")) if parsed else ""
