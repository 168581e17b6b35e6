"""What a unit of gas takes, at the most: transactions of each kind that a node has never seen.

A block's gas bounds the time of those who judge it only if no kind of transaction is cheaper than
its work. Each is decoded, charged, read and executed with empty caches, as a validator does with a
block of strangers; a register's evidence is another figure (`proposals`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Final

from benchmarks.measure import CPU, Effort, Figure, alternate
from benchmarks.picture import Panel, bars
from chain_module import address
from chain_module.app.delivery import admit, run_messages
from chain_module.limits import MAX_OUTPUTS
from chain_module.message import BlockContext
from chain_module.store.branch import Branch
from chain_module.tx import sign_bytes
from chain_module.tx.codec import decode_tx
from chain_module.tx.gas import gas_of
from tests.support.cosmpy_wallets import (
    ALICE,
    BOB,
    CONTEXT,
    KINDS,
    funded_state,
    multi_send,
    send,
    signed,
)

CALLS: Final = 200
AT_MOST_NS: Final = 2.0
"""chain_module/gas.py."""
GAS_LIMIT: Final = 2**40
MESSAGES: Final = 64


def run(effort: Effort) -> list[Figure]:
    """Nanoseconds of CPU for a unit of gas, for each kind."""
    state = funded_state()
    kinds = _transactions()
    sides = {name: _delivery(state, raw) for name, raw in kinds.items()}
    seconds = alternate(sides, effort=effort, clock=CPU)
    figures = []
    for name, raw in kinds.items():
        gas = gas_of(decode_tx(raw, KINDS), state)
        samples = tuple(1e9 * value / gas for value in seconds[name])
        figures.append(Figure(name, sorted(samples)[len(samples) // 2], "ns", AT_MOST_NS, samples))
    return figures


def picture(figures: Sequence[Figure]) -> list[Panel]:
    """All in one."""
    return [bars("Nanoseconds of CPU for a unit of gas", figures)]


def _transactions() -> dict[str, bytes]:
    def nobody(number: int) -> bytes:
        return hashlib.sha256(number.to_bytes(4, "big")).digest()[:20]

    sends = [send(ALICE, nobody(number)) for number in range(MESSAGES)]
    outputs = [(nobody(number), 1) for number in range(MAX_OUTPUTS)]
    return {
        "a send to a new account": signed(sends[0], gas_limit=GAS_LIMIT),
        "a send to an old account": signed(send(ALICE, BOB), gas_limit=GAS_LIMIT),
        f"{MESSAGES} sends in one transaction": signed(*sends, gas_limit=GAS_LIMIT),
        "a multi-send to one new account": signed(
            multi_send(ALICE, outputs[:1]), gas_limit=GAS_LIMIT
        ),
        f"a multi-send to {MAX_OUTPUTS} new accounts": signed(
            multi_send(ALICE, outputs), gas_limit=GAS_LIMIT
        ),
    }


def _delivery(state: Branch, raw: bytes) -> Callable[[], object]:
    context: BlockContext = CONTEXT

    def deliver() -> object:
        address.from_text.cache_clear()
        address.to_text.cache_clear()
        sign_bytes.verify_new.cache_clear()
        block = state.branch()
        child = block.branch()
        admitted = admit(child, raw, context=context, kinds=KINDS)
        child.commit()
        return run_messages(block, admitted, context=context)

    return deliver
