"""20 on a chain: no byte of an injected confirm is the proposer's to choose.

Who can make the envelope refuses every other byte; who cannot refuses all but the envelope's 48.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chain_module.registration.confirm_tx import decode_confirm
from tests.support.chain import Chain
from tests.support.world import Node

HOLDERS, OTHERS = (0, 1), (2, 3)
BITS = 8


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Chain]:
    """Four validators, two of which hold the seed."""
    chain = Chain(tmp_path)
    chain.blocks(3)
    chain.join(1)
    yield chain
    chain.close()


def test_20_every_byte_of_a_confirm_is_compared(chain: Chain) -> None:
    assert chain.send(chain.register_tx(Node("newcomer"), chain.people["alice"])).code == 0
    register, confirm = chain.propose()
    envelope = decode_confirm(confirm).envelope
    first = confirm.index(envelope)
    hidden = range(first, first + len(envelope))
    for at, byte in enumerate(confirm):
        changed = confirm[:at] + bytes([byte ^ 1 << at % BITS]) + confirm[at + 1 :]
        votes = chain.votes((register, changed))
        assert not any(votes[number] for number in HOLDERS), at
        assert all(votes[number] == (at in hidden) for number in OTHERS), at


def test_20_no_byte_more_or_less(chain: Chain) -> None:
    assert chain.send(chain.register_tx(Node("newcomer"), chain.people["alice"])).code == 0
    register, confirm = chain.propose()
    for at in range(0, len(confirm) + 1, 7):
        for changed in (confirm[:at], confirm[:at] + b"\0" + confirm[at:]):
            if changed != confirm:
                assert not any(chain.votes((register, changed))), at
    assert all(chain.votes((register, confirm)))


def test_20_all_holders_propose_the_same_bytes(chain: Chain) -> None:
    """Whoever proposes, with other entropy and after a restart."""
    assert chain.send(chain.register_tx(Node("newcomer"), chain.people["alice"])).code == 0
    first = chain.propose(0)
    assert len(first) == 2
    assert chain.propose(1) == first
    chain.restart(1)
    assert chain.propose(1) == first
