"""Headers, blocks and the genesis, as CometBFT's RPC of a node tells them: unproven."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from enclave.time import Time
from node.chain_client.failures import ChainCode, ChainFailure, failure_of_engine
from node.engine_rpc import Block, EngineRpc, EngineRpcFailure, Peer, Status, ValidatorInfo

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class HeaderFacts:
    """What a registration needs of a header."""

    chain_id: str
    height: int
    hash: bytes
    """32 bytes."""
    time: Time


class BlockQueries:
    """What `ChainClient` asks of CometBFT's RPC."""

    engine: EngineRpc

    def status(self) -> Status:
        """The engine's own state."""
        return self._ask(self.engine.status)

    def peers(self) -> tuple[Peer, ...]:
        """To whom the engine is connected."""
        return self._ask(self.engine.net_info)

    def validators(self, height: int = 0) -> tuple[ValidatorInfo, ...]:
        """Who votes on a block; 0: on the newest."""
        return self._ask(lambda: self.engine.validators(height))

    def genesis(self) -> bytes:
        """The genesis file's bytes."""
        return self._ask(self.engine.genesis)

    def block(self, height: int | None = None) -> Block:
        """A block; None: the newest."""
        if height is not None and height < 1:
            # CometBFT would take 0 for the newest.
            raise ChainFailure(
                ChainCode.NOT_ON_CHAIN, expected="a block from height 1 on", found=f"{height}"
            )
        return self._ask(lambda: self.engine.block(height or 0))

    def header(self, height: int | None = None) -> HeaderFacts:
        """A header and its hash; None: the newest."""
        block = self.block(height)
        return HeaderFacts(
            chain_id=block.header.chain_id,
            height=block.header.height,
            hash=block.block_id.hash,
            time=Time.of_unix_nanos(block.header.time_ns),
        )

    def _ask(self, call: Callable[[], Answer]) -> Answer:
        try:
            return call()
        except EngineRpcFailure as failure:
            raise failure_of_engine(failure) from None
