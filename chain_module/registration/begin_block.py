"""The edges of a block: expiry and policy at its begin, its anchor at its end."""

from __future__ import annotations

from chain_module.abci.common import Event
from chain_module.message import BlockContext
from chain_module.registration import events, keeper
from chain_module.registration.ending import expire
from chain_module.store.types import StateStore
from enclave.registration.records import Anchor
from enclave.time import Time


def begin_block(state: StateStore, context: BlockContext) -> tuple[Event, ...]:
    """Records that are due at gate time expire; a wider policy comes into force at its height."""
    said = expire(state, context.gate_time)
    held = keeper.held_policy(state)
    if held is None or context.height < held.until_height:
        return said
    keeper.set_held_policy(state, None)
    return (*said, events.policy_in_force(serial=keeper.newest_policy(state).serial))


def write_anchor(state: StateStore, *, height: int, block_hash: bytes, time: Time) -> None:
    """The last step of Finalize: block `height` becomes an anchor, and one that is too old goes.

    Args:
        state: the state of the block, outside its branch: execution reads no block hash.
        height: of this block.
        block_hash: 32 bytes, its header's.
        time: its header's.
    """
    keeper.set_anchor(state, Anchor(height, block_hash, time))
    oldest = height - keeper.params(state).anchor_window_blocks
    if oldest > 0:
        keeper.remove_anchor(state, oldest)
