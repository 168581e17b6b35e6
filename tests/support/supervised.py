"""Small programs for the supervisor's tests: they listen, they log, they end as they are told.

`supervised.py NAME FOLDER [--deaf] [--dies SECS] [--halts] [--quotes] [--with OTHER]` appends
"NAME up" and "NAME down" to FOLDER/story and listens on FOLDER/NAME.sock in between. One that goes
with another ends when that one's socket is closed, as CometBFT does. One that halts says so, and
stays; one that quotes has the same words from somebody else.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from node.supervisor import Event, Group, ProcessId, ProcessSpec, Supervisor, What, running
from node.supervisor.probes import socket_accepts

REPOSITORY: Final = Path(__file__).parents[2]
PATIENCE_SECS: Final = 60
FOREVER: Final = 3600.0
HALTED: Final = "error: nothing works any more"
HALTS: Final = re.compile(HALTED.encode())


def spec(
    folder: Path,
    name: str,
    *options: str,
    ends_with: str | None = None,
    vital: bool = True,
    halts: re.Pattern[bytes] | None = None,
    stop_secs: float = 20,
) -> ProcessSpec:
    """A program of this file."""
    if ends_with is not None and "--deaf" not in options:
        options = (*options, "--with", ends_with)
    return ProcessSpec(
        name=name,
        command=(sys.executable, __file__, name, str(folder), *options),
        log=folder / f"{name}.log",
        pid_file=folder / f"{name}.pid",
        ready=socket_accepts(folder / f"{name}.sock"),
        ends_with=ends_with,
        vital=vital,
        halts=halts,
        stop_secs=stop_secs,
        environment={"PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'proto'}"},
    )


def story(folder: Path) -> list[str]:
    """What the programs did, in order."""
    path = folder / "story"
    return path.read_text().splitlines() if path.exists() else []


class Watched:
    """A supervisor that runs while a test looks at it.

    It has the main thread, as its signals and its children need; the test's steps run beside it.
    """

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.supervisor = Supervisor(self.events.append)

    def play(self, group: Group, steps: Callable[[], object]) -> list[str]:
        """Runs the group; `steps` in a thread, then the stop. The codes of its failures."""
        failed: list[BaseException] = []

        def run() -> None:
            try:
                steps()
            except BaseException as error:  # noqa: BLE001 (raised again below, in the test)
                failed.append(error)
            self.supervisor.stop()

        self.supervisor.add(group)
        thread = threading.Thread(target=run)
        thread.start()
        failures = self.supervisor.run()
        thread.join()
        if failed:
            raise failed[0]
        return [str(failure) for failure in failures]

    def wait_for(self, process: str, what: What, count: int = 1) -> Event:
        """The event, once it has happened that often."""

        def seen() -> list[Event]:
            return [e for e in self.events if (e.process, e.what) == (process, what)]

        wait_for(lambda: len(seen()) >= count, f"{process} {what}")
        return seen()[count - 1]


def wait_for(condition: Callable[[], bool], what: str) -> None:
    """Waits until it holds; a hang fails the test."""
    deadline = time.monotonic() + PATIENCE_SECS
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.02)


def pid_of(folder: Path, name: str) -> ProcessId:
    """The running process of a pid file."""
    found = running(folder / f"{name}.pid")
    assert found is not None, name
    return found


def main(name: str, folder: Path, options: list[str]) -> int:
    """The program."""

    def tell(what: str) -> None:
        with (folder / "story").open("a") as file:
            file.write(f"{name} {what}\n")

    if "--wrong" in options:
        print("first line", flush=True)
        print("the disk is on fire", file=sys.stderr)
        return 7
    # Blocked here and in every thread to come: the kernel may give a signal to any of them.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    heard = set() if "--deaf" in options else {signal.SIGTERM}
    seconds = float(options[options.index("--dies") + 1]) if "--dies" in options else FOREVER
    if "--with" in options:
        other = folder / f"{options[options.index('--with') + 1]}.sock"
        threading.Thread(target=_follow, args=(other,), daemon=True).start()
    path = folder / f"{name}.sock"
    path.unlink(missing_ok=True)
    tell("up")
    if "--halts" in options:
        print(f"first\n{HALTED} at=here\nlast", flush=True)
    if "--quotes" in options:
        print(f'first\nwarning: peer="{HALTED}"\nlast', flush=True)
    print('{"level": "warning", "message": "beware"}', flush=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        listener.listen()
        guests = threading.Thread(target=_receive, args=(listener, []), daemon=True)
        guests.start()
        asked = signal.sigtimedwait(heard, seconds)
    path.unlink()
    tell("down")
    return 0 if asked else 1


def _receive(listener: socket.socket, guests: list[socket.socket]) -> None:
    while True:
        guests.append(listener.accept()[0])  # kept open


def _follow(path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
        other.connect(str(path))
        other.recv(1)
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:]))
