"""The height that is committed, in memory that the node writes and its query process reads.

A message may wait in a socket; this is there at once. So a query that comes after a commit knows
that its copy of the state is not there yet, and waits for it.
"""

from __future__ import annotations

import mmap
import os
from typing import Final

_BYTES: Final = 8


class SharedHeight:
    """One height. Written by one process, read by any that has its descriptor."""

    def __init__(self, descriptor: int, *, writes: bool = False) -> None:
        """Takes the descriptor of `create`, or one that was inherited; it stays the caller's."""
        self.descriptor = descriptor
        access = mmap.ACCESS_WRITE if writes else mmap.ACCESS_READ
        self._map = mmap.mmap(descriptor, _BYTES, access=access)
        # An aligned word, which is stored and loaded whole.
        self._word = memoryview(self._map).cast("Q")

    @classmethod
    def create(cls) -> SharedHeight:
        """One that no file holds, at 0."""
        descriptor = os.memfd_create("seedpact-height", os.MFD_CLOEXEC)
        os.ftruncate(descriptor, _BYTES)
        return cls(descriptor, writes=True)

    @property
    def value(self) -> int:
        """The height; 0 before the first block."""
        return self._word[0]

    @value.setter
    def value(self, height: int) -> None:
        self._word[0] = height

    def close(self) -> None:
        """Gives the descriptor back."""
        # The mapping stays: a call of the consensus lane may outlive the node's stop.
        os.close(self.descriptor)
