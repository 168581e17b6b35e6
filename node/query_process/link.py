"""The node's side of the socket to one query process: what is sent, and what comes.

Two threads. The writer sends the version that the copy starts with, then each log record, read from
the disk where the commit has put it: so there is no queue to fill, and a commit only wakes the
writer. A child that reads slowly is behind; one that is so far behind that the log no longer has
its next record is of no use any more. The reader takes answers, and reads rows of the disk for the
child, one at a time and no more than half of the time.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from chain_module.store.snapshot import write_snapshot
from node.log import place_of
from node.query_process.start import Settings
from node.query_process.wire import Channel, Found, Kind, LinkEnded, number_of, numbered
from node.storage import Storage, StorageFault

MAX_OWED: Final = 64
"""Messages beside the records that may wait to be sent: one that asks and reads no answer ends."""
JOIN_SECS: Final = 5.0
REPLACED_SECS: Final = 1.0


@dataclass(slots=True)
class _Question:
    """A query that was sent."""

    answered: threading.Event = field(default_factory=threading.Event)
    answer: bytes | None = None


class Link:
    """One conversation. It ends once, by either side, for good."""

    def __init__(
        self,
        channel: Channel,
        storage: Storage,
        *,
        settings: Settings,
        alive: Callable[[int, bytes], None],
    ) -> None:
        """Begins.

        Args:
            channel: this end.
            storage: whose state is copied.
            settings: what the child is told first.
            alive: gets the height of the copy and its figures, whenever the child says so.
        """
        self._channel = channel
        self._storage = storage
        self._settings = settings
        self._alive = alive
        self._changed = threading.Condition()
        self._replaced = threading.Event()
        self._owed: list[tuple[Kind, bytes]] = []
        self._questions: dict[int, _Question] = {}
        self._numbers = itertools.count()
        self.listening = threading.Event()
        self.ended = threading.Event()
        self.why = ""
        """Why it ended, once it has."""
        self.heard = time.monotonic()
        """When the child was heard last."""
        self._threads = [
            threading.Thread(target=self._guarded, args=(work,), name=name, daemon=True)
            for name, work in (("queries-write", self._write), ("queries-read", self._read))
        ]
        for thread in self._threads:
            thread.start()

    def committed(self) -> None:
        """The state has another version. Returns at once."""
        with self._changed:
            self._changed.notify()

    def replaced(self) -> None:
        """The state is another one: the copy begins again. Returns at once."""
        with self._changed:
            self._replaced.set()
            self._changed.notify()

    def ask(self, query: bytes, *, timeout_secs: float) -> bytes | None:
        """The child's answer to an encoded query; None where it gives none in time."""
        question, number = _Question(), next(self._numbers)
        self._questions[number] = question
        try:
            if self.ended.is_set() or not self._post(Kind.QUERY, numbered(number, query)):
                return None
            question.answered.wait(timeout_secs)
            return question.answer
        finally:
            del self._questions[number]

    def end(self, why: str) -> None:
        """Ends it; the first reason stays."""
        with self._changed:
            if not self.ended.is_set():
                self.why = why
            self.ended.set()
            self._changed.notify()
        self._channel.close()
        for question in tuple(self._questions.values()):
            question.answered.set()

    def join(self) -> None:
        """Waits for the threads of one that has ended, and gives its socket back."""
        for thread in self._threads:
            thread.join(JOIN_SECS)
        self._channel.release()

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except LinkEnded as ended:
            self.end(str(ended))
        except (StorageFault, ValueError) as fault:
            self.end(str(fault))
        except Exception as bug:  # noqa: BLE001 (a copy that nobody feeds would stay for ever)
            self.end(f"{type(bug).__name__} at {place_of(bug)}")

    def _write(self) -> None:
        self._channel.send(Kind.START, self._settings.encode())
        sent = self._send_state()
        while not self.ended.is_set():
            for kind, payload in self._take_owed(after=sent):
                self._channel.send(kind, payload)
            if self._replaced.is_set():
                sent = self._send_state()
            elif self._storage.state.newest.number > sent:
                record = self._record(sent + 1)
                if record:
                    self._channel.send(Kind.RECORD, record)
                    sent += 1

    def _send_state(self) -> int:
        """The version that a copy begins with; its number."""
        self._replaced.clear()
        version = self._storage.start_of_copy()
        if any(version.trees.values()):
            for piece in write_snapshot(version):
                self._channel.send(Kind.SNAPSHOT, piece)
            self._channel.send(Kind.SNAPSHOT)
        else:
            self._channel.send(Kind.EMPTY)
        return version.number

    def _take_owed(self, *, after: int) -> list[tuple[Kind, bytes]]:
        """Waits until there is something to send."""
        with self._changed:
            self._changed.wait_for(
                lambda: (
                    self.ended.is_set()
                    or self._replaced.is_set()
                    or bool(self._owed)
                    or self._storage.state.newest.number > after
                )
            )
            owed, self._owed = self._owed, []
            return owed

    def _record(self, version: int) -> bytes:
        """The next record; empty where the state was replaced meanwhile."""
        record = self._storage.record(version)
        # A state is there a moment before it is said to be another one.
        if not record and not self._replaced.wait(REPLACED_SECS):
            raise LinkEnded(f"behind: the log no longer has the record of version {version}")
        return record

    def _read(self) -> None:
        while True:
            kind, payload = self._channel.receive()
            self.heard = time.monotonic()
            match kind:
                case Kind.LISTENING:
                    self.listening.set()
                case Kind.ALIVE:
                    self._alive(*number_of(payload))
                case Kind.ANSWER:
                    self._answered(*number_of(payload))
                case Kind.FETCH:
                    self._fetch(*number_of(payload))
                case _:
                    raise LinkEnded(f"a message {kind.name} from the query process")

    def _answered(self, number: int, answer: bytes) -> None:
        question = self._questions.get(number)
        if question is not None:  # else it came too late
            question.answer = answer
            question.answered.set()

    def _fetch(self, number: int, key: bytes) -> None:
        started = time.monotonic()
        try:
            value = self._storage.stored(key)
        except StorageFault:
            found, value = Found.FAULT, b""
        else:
            found = Found.NOTHING if value is None else Found.BYTES
        if not self._post(Kind.STORED, numbered(number, bytes([found]) + (value or b""))):
            raise LinkEnded("questions whose answers are not read")
        time.sleep(time.monotonic() - started)

    def _post(self, kind: Kind, payload: bytes) -> bool:
        """Hands a message to the writer; whether there was room."""
        with self._changed:
            if len(self._owed) >= MAX_OWED:
                return False
            self._owed.append((kind, payload))
            self._changed.notify()
            return True
