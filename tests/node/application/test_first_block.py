"""The mempool's door while the first block is decided: InitChain's writes are what it sees.

A node that lags by a moment at its first block has peers that are at their second, and gets their
transactions: a founder's nonce, most of all.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chain_module.abci.common import OK
from tests.support.chain import Chain


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Chain]:
    made = Chain(tmp_path, nodes=1)
    yield made
    made.close()


def send(chain: Chain) -> bytes:
    """A transfer of one who has coins by the genesis."""
    return chain.sign(chain.people["alice"], chain.send_message("alice"))


def test_a_transaction_between_the_first_finalize_and_its_commit(chain: Chain) -> None:
    """What InitChain wrote, and nothing of the block, is what it meets."""
    txs = (send(chain), *chain.propose())
    finalized = chain.finalize_only(0, txs)
    assert [result.code for result in finalized.tx_results] == [OK] * len(txs)
    assert chain.check_only(txs[0]).code == OK
    assert chain.decide(txs) == finalized
    assert chain.state.app_hash == finalized.app_hash
    assert chain.check_only(txs[0]).code != OK


def test_an_engine_that_comes_again_before_the_first_commit(chain: Chain) -> None:
    """It has no block of this application, and begins with InitChain once more."""
    txs = chain.propose()
    finalized = chain.finalize_only(0, txs)
    chain.peers[0].application.init_chain(chain.genesis)
    assert chain.check_only(send(chain)).code == OK
    assert chain.decide(txs) == finalized
