"""Where calls run: one thread a lane, so that no lane waits for another.

The event loop only moves bytes. Which lane a call belongs to depends on what it may touch and not
on the connection that it came by: whoever connects, two calls of one lane never run at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from types import MappingProxyType
from typing import Final, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Lane(enum.StrEnum):
    """What a call may touch."""

    CONSENSUS = "consensus"
    """All that changes state, and the handshake, which has to see the last change whole."""
    MEMPOOL = "mempool"
    QUERY = "query"
    SNAPSHOT = "snapshot"
    """Reads of snapshots for peers, which may be long."""


PAUSES: Final = MappingProxyType({Lane.SNAPSHOT: 0.005})
"""Seconds after each call of a lane. A peer may ask for snapshots, and for parts that do not exist,
as often as its line takes: what it costs is time of the core that judges blocks (docs/adr/0025)."""


class Worker:
    """The thread of one lane. It runs what it is given, in that order."""

    def __init__(self, lane: Lane) -> None:
        self._pause = PAUSES.get(lane, 0.0)
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        # A daemon: a call that hangs does not keep the process from ending.
        self._thread = threading.Thread(target=self._run, name=f"abci-{lane}", daemon=True)
        self._thread.start()

    async def run(self, work: Callable[[], T]) -> T:
        """Runs `work` after all that was given before. Raises what it raises."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()

        def job() -> None:
            try:
                result = work()
            except BaseException as error:  # noqa: BLE001 (raised again where it is waited for)
                _tell(loop, done, done.set_exception, error)
            else:
                _tell(loop, done, done.set_result, result)

        self._jobs.put(job)
        return await done

    def stop(self) -> None:
        """Ends the thread after what it was given. Does not wait."""
        self._jobs.put(None)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
            if self._pause:
                time.sleep(self._pause)


def _tell(
    loop: asyncio.AbstractEventLoop, done: asyncio.Future[T], tell: Callable[[R], None], what: R
) -> None:
    def in_the_loop() -> None:
        if not done.done():
            tell(what)

    # A closed loop: the server was stopped, and nobody waits.
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(in_the_loop)
