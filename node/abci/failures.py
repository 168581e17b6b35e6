"""What can go wrong at the socket."""

from __future__ import annotations

from enclave.errors import one_line


class BadFrame(Exception):
    """The peer's bytes are no request: its connection ends. Says nothing of the bytes."""


class CannotListen(Exception):
    """The socket cannot be made.

    Attributes:
        expected: what would have been right.
        found: what was there instead.
    """

    def __init__(self, *, expected: str, found: str) -> None:
        self.expected = one_line(expected)
        self.found = one_line(found)
        super().__init__(f"cannot listen: expected {self.expected}, found {self.found}")
