"""Frames of the ABCI socket: a length as unsigned varint, then that many bytes.

One encoding only: a length has no needless bytes. What a frame holds is `codec`'s business.
"""

from __future__ import annotations

from typing import Final

from node.abci.failures import BadFrame

_MORE: Final = 0x80
_BITS: Final = 7
MAX_LENGTH_BYTES: Final = 5
"""Of a varint that holds 32 bits; no limit is higher."""


def encode_frame(message: bytes) -> bytes:
    """The message behind its length."""
    length, head = len(message), bytearray()
    while length >= _MORE:
        head.append(length & (_MORE - 1) | _MORE)
        length >>= _BITS
    head.append(length)
    return bytes(head) + message


class FrameDecoder:
    """Cuts a stream of bytes into frames, however the bytes arrive."""

    def __init__(self, *, max_message_bytes: int) -> None:
        self._limit = max_message_bytes
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        """Takes what arrived."""
        self._buffer += data

    def take(self, most: int) -> list[bytes]:
        """The next whole frames, at most so many; none where more bytes are needed.

        Raises:
            BadFrame: no frame begins here. Frames before it were handed out first.
        """
        frames: list[bytes] = []
        start = 0
        with memoryview(self._buffer) as view:
            while len(frames) < most:
                try:
                    found = self._length_at(view, start)
                except BadFrame:
                    if not frames:
                        raise
                    break
                if found is None:
                    break
                length, body = found
                if len(view) < body + length:
                    break
                frames.append(bytes(view[body : body + length]))
                start = body + length
        del self._buffer[:start]
        return frames

    def end(self) -> None:
        """The stream has ended.

        Raises:
            BadFrame: in the middle of a frame.
        """
        if self._buffer:
            raise BadFrame("the stream ends inside a frame")

    def _length_at(self, view: memoryview, start: int) -> tuple[int, int] | None:
        """The length at `start` and where its message begins, or None if bytes are missing."""
        length = 0
        for count, byte in enumerate(view[start : start + MAX_LENGTH_BYTES]):
            length |= (byte & (_MORE - 1)) << (_BITS * count)
            if length > self._limit:
                raise BadFrame(f"a frame of more than {self._limit} bytes")
            if byte < _MORE:
                if byte == 0 and count > 0:
                    raise BadFrame("a length with needless bytes")
                return length, start + count + 1
        if len(view) - start >= MAX_LENGTH_BYTES:
            raise BadFrame("a length of too many bytes")
        return None
