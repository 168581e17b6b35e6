"""What a block may know and hold, read from the state before it."""

from __future__ import annotations

from chain_module.app.block import BlockLimits
from chain_module.consensus import keeper as consensus
from chain_module.consensus.genesis_rules import NO_LIMIT
from chain_module.limits import MAX_BLOCK_GAS
from chain_module.message import BlockContext
from chain_module.registration import keeper as registration
from chain_module.store.types import StateReader


def block_context(state: StateReader, *, height: int) -> BlockContext:
    """The context of block `height` on the state before it.

    Gate time is the time in header `height` - 1, and genesis time at the initial height.
    """
    identity = registration.identity(state)
    network = identity.network
    if height == network.initial_height:
        return BlockContext(network.chain_id, height, identity.genesis_time)
    last = registration.anchor(state, height - 1)
    if last is None:
        raise LookupError(f"no anchor of height {height - 1} in the state after it")
    return BlockContext(network.chain_id, height, last.time)


def block_limits(state: StateReader, *, registers: bool = True) -> BlockLimits:
    """What a proposal may hold; without `registers`, none of them."""
    block = consensus.params(state).block
    most = registration.params(state).max_registers_per_block
    max_gas = NO_LIMIT if block is None else block.max_gas
    return BlockLimits(
        max_gas=MAX_BLOCK_GAS if max_gas == NO_LIMIT else min(max_gas, MAX_BLOCK_GAS),
        max_registers=most if registers else 0,
    )
