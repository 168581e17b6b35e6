"""05 on a chain: how young an anchor may be. The newest state that enclaves see is S(h - 2)."""

from __future__ import annotations

import pytest

from enclave.errors import Code
from tests.attacks.doors import refusals
from tests.support.chain import Chain
from tests.support.enclaves import Node


@pytest.mark.parametrize(("depth", "code"), [(1, Code.UNKNOWN_ANCHOR), (2, ""), (3, "")])
def test_05_the_youngest_anchor_is_two_blocks_below(chain: Chain, depth: int, code: str) -> None:
    """Of the block that is proposed; every door says the same."""
    anchor = chain.height + 1 - depth
    raw = chain.register_tx(Node("newcomer"), chain.people["alice"], anchor_height=anchor)
    assert refusals(chain, raw, good_at=chain.time_ns // 10**9) == {code}
