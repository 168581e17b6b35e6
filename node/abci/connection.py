"""One connection: bytes in, answers out, in the order of the requests.

Requests that arrived together and share a lane are one job and one write, which ends at a Flush:
answers up to it are written before anything after it runs, and no answer waits for a Flush that
did not come. Nothing is read while answers are owed: what a peer sends beyond one batch stays in
its socket.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import functools
from collections.abc import Iterator, Mapping, Sequence

from node.abci.calls import FLUSH, Answers, Calls, Request
from node.abci.decoding import parse_request
from node.abci.failures import BadFrame
from node.abci.framing import FrameDecoder
from node.abci.lanes import Lane, Worker
from node.abci.limits import Limits


class End(enum.StrEnum):
    """Why a connection was closed. Stable names: they stand in the log."""

    PEER_LEFT = "peer_left"
    PEER_GONE = "peer_gone"
    """In the middle of an exchange."""
    BAD_REQUEST = "bad_request"
    CALL_FAILED = "call_failed"
    """It raised, or its request was none: logged where it was answered."""
    SERVER_STOPS = "server_stops"
    FAULT = "fault"
    """The server's own."""


class Connection:
    """Serves one peer until it leaves, errs, or the server stops."""

    def __init__(
        self,
        number: int,
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        *,
        calls: Calls,
        workers: Mapping[Lane, Worker],
        limits: Limits,
    ) -> None:
        self.number = number
        self.end = End.FAULT
        """Why it was closed, once it is."""
        self._reader, self._writer = streams
        self._calls = calls
        self._workers = workers
        self._limits = limits
        self._decoder = FrameDecoder(max_message_bytes=limits.max_message_bytes)
        self._index = 0
        self._finishing = False
        self._idle: asyncio.Future[bytes] | None = None

    async def serve(self) -> None:
        """Returns when the connection is closed."""
        try:
            self.end = await self._exchange()
        except BadFrame as bad:
            self.end = End.BAD_REQUEST
            with contextlib.suppress(ConnectionError):
                self._writer.write(self._calls.refusal(bad, self.number))
                await self._writer.drain()
        except ConnectionError:
            self.end = End.PEER_GONE  # Nobody waits for the rest.
        except asyncio.CancelledError:
            self.end = End.SERVER_STOPS
            self._writer.transport.abort()
            raise
        finally:
            self._writer.close()
            with contextlib.suppress(ConnectionError):
                await self._writer.wait_closed()

    def finish(self) -> None:
        """Ends after the answers that are owed."""
        self._finishing = True
        if self._idle is not None:
            self._idle.cancel()

    async def _exchange(self) -> End:
        while not self._finishing:
            frames = self._decoder.take(self._limits.max_batch)
            if frames:
                for group in self._groups(frames):
                    answers = await self._answer(group)
                    self._writer.write(answers.data)
                    await self._writer.drain()
                    if answers.last:
                        return End.CALL_FAILED
                continue
            data = await self._read()
            if not data and not self._finishing:
                self._decoder.end()
                return End.PEER_LEFT
            self._decoder.feed(data)
        return End.SERVER_STOPS

    async def _read(self) -> bytes:
        """What has arrived; nothing at the end of the stream, or of the server."""
        self._idle = asyncio.ensure_future(self._reader.read(self._limits.read_bytes))
        try:
            return await self._idle
        except asyncio.CancelledError:
            if self._finishing:
                return b""
            raise
        finally:
            self._idle = None

    def _groups(self, frames: Sequence[bytes]) -> Iterator[list[Request]]:
        """Runs of requests of one lane, up to a Flush. Raises BadFrame after those before it."""
        group: list[Request] = []
        lane: Lane | None = None
        for frame in frames:
            try:
                name, message = parse_request(frame)
            except BadFrame:
                if group:
                    yield group
                raise
            request = Request(name, message, self.number, self._index)
            if request.lane is not None:
                self._index += 1
            if None not in (lane, request.lane) and request.lane is not lane:
                yield group
                group, lane = [], None
            group.append(request)
            lane = lane or request.lane
            if name == FLUSH:
                yield group
                group, lane = [], None
        if group:
            yield group

    async def _answer(self, group: Sequence[Request]) -> Answers:
        lane = next((request.lane for request in group if request.lane), None)
        work = functools.partial(self._calls.answer, group)
        return await self._workers[lane].run(work) if lane else work()
