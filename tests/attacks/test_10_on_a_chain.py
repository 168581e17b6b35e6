"""10 on a chain: collateral that is not yet, or no longer, valid at gate time.

Gate time of a block is the time in the header before it, at every door: not the block's own time,
and no clock.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from enclave.errors import Code
from enclave.software.blueprint import DAY
from tests.attacks.attackers import GOOD, machine
from tests.attacks.doors import refusals
from tests.support.chain import BLOCK_SECONDS, Chain
from tests.support.enclaves import Node


def gate_time(chain: Chain) -> int:
    """Of the next block."""
    return chain.time_ns // 10**9


def test_10_collateral_of_the_future_waits_for_its_time(chain: Chain) -> None:
    """By a second: the block's own time would do, and does not count."""
    issued = gate_time(chain) + 1
    assert issued < gate_time(chain) + BLOCK_SECONDS
    newcomer = machine(replace(GOOD, issued_at=issued))
    raw = chain.register_tx(newcomer, chain.people["alice"])
    assert refusals(chain, raw, good_at=issued) == {Code.COLLATERAL_NOT_YET_VALID}
    chain.block()
    assert gate_time(chain) >= issued
    assert chain.send(raw).code == 0
    chain.block()
    assert chain.record(newcomer) is not None


def test_10_collateral_that_ends_while_its_register_waits(chain: Chain) -> None:
    """The verdict of a moment before is no verdict now: nobody remembers it across gate times."""
    newcomer = machine(replace(GOOD, issued_at=gate_time(chain), valid_for=DAY))
    good_at = gate_time(chain)
    raw = chain.register_tx(newcomer, chain.people["alice"])
    assert chain.send(raw).code == 0
    assert chain.propose() != ()
    chain.time_ns += 2 * DAY * 10**9
    chain.decide(())
    # Recheck has thrown it out of every mempool.
    assert chain.mempool == []
    (code,) = refusals(chain, raw, good_at=good_at)
    assert code in {Code.COLLATERAL_EXPIRED, Code.CERTIFICATE_EXPIRED}


@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_10_the_last_second_is_the_same_at_every_door(chain: Chain, seconds: int) -> None:
    """All say yes, or all say no with one code."""
    valid_for = 1000
    issued = gate_time(chain)
    newcomer = machine(replace(GOOD, issued_at=issued, valid_for=valid_for))
    chain.time_ns = (issued + valid_for + seconds - BLOCK_SECONDS) * 10**9
    chain.decide(())
    assert gate_time(chain) == issued + valid_for + seconds
    raw = chain.register_tx(newcomer, chain.people["alice"])
    found = refusals(chain, raw, good_at=issued)
    assert len(found) == 1
    assert (found == {""}) == (seconds < 0), found


def test_10_a_chain_far_from_any_clock_of_this_machine(chain: Chain) -> None:
    """Two decades on, with collateral of then: it joins."""
    chain.time_ns += 20 * 365 * DAY * 10**9
    chain.decide(())
    old = chain.register_tx(Node("with old collateral"), chain.people["bob"])
    assert chain.check_only(old).code != 0
    newcomer = machine(replace(GOOD, issued_at=gate_time(chain) - DAY))
    assert chain.send(chain.register_tx(newcomer, chain.people["alice"])).code == 0
    chain.block()
    assert chain.record(newcomer) is not None
