"""Real headers of a chain whose validators change, and a source that serves headers, or lies."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from enclave.light_client.codec import encode_light_block
from node.engine_rpc import EngineFailed
from seedpact.enclave.v1 import chain_pb2
from seedpact.light.v1 import light_pb2
from tests.support.headers import SIGNERS, HeaderChain, Signers

Lie = Callable[[light_pb2.LightBlock], None]
"""Changes a block in place."""


def all_new(height: int) -> Signers:
    """Nobody who signs one header after the first signs another: no header can be skipped."""
    return SIGNERS if height == 1 else Signers.of(f"validator {height}")


class ChangingChain(HeaderChain):
    """A `HeaderChain` whose sets are a function of the height."""

    def __init__(self, sets: Callable[[int], Signers], *, chain_id: str, first: int = 1) -> None:
        super().__init__(chain_id=chain_id, signers=sets(first), first=first)
        self._sets = sets

    def following(self, height: int) -> Signers:
        """What the function says."""
        return self._sets(height + 1)

    def steps(self, trusted: int | None, heights: Sequence[int]) -> list[chain_pb2.HeaderStep]:
        """A path over every header, which any change of validators allows."""
        start = self.first if trusted is None else trusted
        return super().steps(trusted, range(start + 1, max(heights, default=start) + 1))


class ServedBlocks:
    """`Blocks` of a chain; `lies` are told of their heights, and `asked` is what was asked for."""

    def __init__(self, chain: HeaderChain) -> None:
        self._chain = chain
        self.lies: dict[int, Lie] = {}
        self.asked: list[int] = []
        self.away = False

    def light_block(self, height: int) -> light_pb2.LightBlock:
        """As `node.light_blocks.LightBlocks`."""
        self.asked.append(height)
        if self.away or height not in self._chain.blocks:
            raise EngineFailed(expected=f"block {height}", found="none")
        block = encode_light_block(self._chain.blocks[height])
        if height in self.lies:
            self.lies[height](block)
        return block


class BlocksFrom(ServedBlocks):
    """Those of a node that began with a snapshot: it is never asked for one below its base."""

    def __init__(self, chain: HeaderChain, base: int) -> None:
        super().__init__(chain)
        self._base = base

    def light_block(self, height: int) -> light_pb2.LightBlock:
        """As `ServedBlocks`."""
        assert height >= self._base
        return super().light_block(height)
