"""State sync begins from one trusted header: which one, who says so, and what can be checked.

With `--trust-hash` it is the user's word, as the network's id is, and the servers have to show that
very header. Without, the newest header is taken that all servers show alike, if it follows from the
genesis, and so from the network's id, by the rule of the enclave's light client (protocol.md
section 7): each step signed by more than 2/3 of a set that was trusted before. What that leaves is
a history that was forged with old validators' keys; so the user is asked.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

from enclave.errors import Refusal
from enclave.light_client.codec import decode_light_block
from enclave.light_client.hashes import header_hash
from enclave.light_client.types import Header, LightBlock
from node.chain_client.failures import failure_of_engine
from node.config import Home
from node.config.state_sync import (
    SERVERS,
    TRUST_PERIOD_HOURS,
    StateSyncSettings,
    has_blocks,
    is_state_sync_on,
    write_state_sync,
)
from node.engine_rpc import EngineRefused, EngineRpc, EngineRpcFailure
from node.join.failures import JoinCode, JoinFailure
from node.join.genesis import Network
from node.join.plan import Join, StateSync
from node.join.proving import header_from_genesis
from node.light_blocks import Blocks, BoundedBlocks, LightBlocks

Answer = TypeVar("Answer")

BELOW_NEWEST: Final = 2
"""A header that every server has had time to get."""
HOUR_SECS: Final = 3600


def arrange_state_sync(
    home: Home, wish: Join, network: Network, say: Callable[[str], None]
) -> None:
    """Lets the home's engine begin with a snapshot, where the wish says so.

    What an earlier run has arranged stays, unless the wish names a header.

    Raises:
        JoinFailure: HAS_BLOCKS, UNTRUSTED_HEADER, HEADER_NOT_CONFIRMED; or a code of the light
            client, where the newest header does not follow from the genesis.
        ChainFailure, ConfigFailure: as they come.
    """
    asked = wish.state_sync
    if asked is None:
        return
    if is_state_sync_on(home) and asked.trust_hash is None:
        say("state sync was arranged before")
        return
    if has_blocks(home):
        raise JoinFailure(
            JoinCode.HAS_BLOCKS,
            expected=f"a node at {home.path} that never ran, to sync its state",
            found=f"its data in {home.data}",
        )
    found = find_trust(asked, network, peer=wish.peer_rpc, roots=wish.roots, say=say)
    write_state_sync(home, found)


def find_trust(
    asked: StateSync,
    network: Network,
    *,
    peer: str,
    say: Callable[[str], None],
    roots: bytes = b"",
) -> StateSyncSettings:
    """The header to begin from, and the servers that show it.

    Args:
        asked: what the user says.
        network: the one that was meant.
        peer: CometBFT's RPC of the peer, the first server.
        say: is told what goes on.
        roots: for https.

    Raises:
        JoinFailure: as `arrange_state_sync`.
    """
    servers = tuple(dict.fromkeys((peer, *asked.rpc_servers)))
    with contextlib.ExitStack() as stack:
        rpcs = [stack.enter_context(EngineRpc(server, roots=roots)) for server in servers]
        if asked.trust_hash is None:
            height = _answer(lambda: rpcs[0].status().latest_height) - BELOW_NEWEST
            height = max(height, network.inputs.initial_height)
        else:
            height = asked.trust_height
        say(f"asking {' and '.join(servers)} for header {height}")
        blocks = [_block(rpc, height) for rpc in rpcs]
        header, trusted = blocks[0].header, header_hash(blocks[0].header)
        _check_shown(blocks, servers, wanted=asked.trust_hash or trusted, height=height)
        _check_chain(header, network, where=servers[0])
        if asked.trust_hash is None:
            _check_descent(rpcs[0], blocks[0], network)
    confirm = asked.confirm_header
    if asked.trust_hash is None and not (confirm and confirm(height, trusted)):
        raise JoinFailure(
            JoinCode.HEADER_NOT_CONFIRMED,
            expected=f"--trust-height and --trust-hash, or a yes to header {height}, "
            f"{trusted.hex().upper()}",
            found="neither",
        )
    say(f"state sync will begin from header {height}, {trusted.hex().upper()}")
    doubled = servers if len(servers) >= SERVERS else servers * SERVERS
    return StateSyncSettings(doubled, height, trusted)


def _block(rpc: EngineRpc, height: int) -> LightBlock:
    return _decoded(LightBlocks(rpc), height)


def _decoded(blocks: Blocks, height: int) -> LightBlock:
    message = _answer(lambda: blocks.light_block(height))
    with _typed():
        return decode_light_block(message)


def _check_shown(
    blocks: Sequence[LightBlock], servers: Sequence[str], *, wanted: bytes, height: int
) -> None:
    for block, server in zip(blocks, servers, strict=True):
        found = header_hash(block.header)
        if found != wanted:
            raise JoinFailure(
                JoinCode.UNTRUSTED_HEADER,
                expected=f"header {height} with hash {wanted.hex().upper()}",
                found=f"{found.hex().upper()} at {server}",
            )


def _check_chain(header: Header, network: Network, *, where: str) -> None:
    if header.chain_id != network.chain_id:
        raise JoinFailure(
            JoinCode.UNTRUSTED_HEADER,
            expected=f"a header of {network.chain_id}",
            found=f"one of {header.chain_id} at {where}",
        )
    hours = (time.time() - header.time.seconds) / HOUR_SECS
    if hours >= TRUST_PERIOD_HOURS:
        raise JoinFailure(
            JoinCode.UNTRUSTED_HEADER,
            expected=f"a header of the last {TRUST_PERIOD_HOURS} hours",
            found=f"one that is {hours:.0f} hours old",
        )


def _check_descent(rpc: EngineRpc, block: LightBlock, network: Network) -> None:
    """That the block follows from the genesis, whose hash is in the network's id."""
    target = block.header.height
    blocks = BoundedBlocks(LightBlocks(rpc))

    def fetch(height: int) -> LightBlock:
        # The very block that the servers showed, whatever this one would say now.
        return block if height == target else _decoded(blocks, height)

    with _typed():
        header_from_genesis(fetch, network, target)


def _answer(call: Callable[[], Answer]) -> Answer:
    try:
        return call()
    except EngineRefused as refused:
        raise JoinFailure(
            JoinCode.UNTRUSTED_HEADER,
            expected="a server that has all blocks, or --trust-height and --trust-hash of a block "
            "that it has",
            found=refused.reason,
        ) from None
    except EngineRpcFailure as failure:
        raise failure_of_engine(failure) from None


@contextlib.contextmanager
def _typed() -> Iterator[None]:
    try:
        yield
    except Refusal as refusal:
        raise JoinFailure(refusal.code, expected=refusal.expected, found=refusal.found) from None
