"""16: a user sends a confirm by the mempool."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chain_module.app.proposals import split
from chain_module.registration.confirm_tx import decode_confirm
from tests.support.chain import Chain
from tests.support.enclaves import Node


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Chain]:
    chain = Chain(tmp_path)
    chain.blocks(3)
    yield chain
    chain.close()


def test_16_only_a_proposer_injects_confirms(chain: Chain) -> None:
    alice, mallory = chain.people["alice"], chain.people["bob"]
    assert chain.send(chain.register_tx(Node("newcomer"), alice)).code == 0
    block = chain.propose()
    _, (confirm,) = split(block)
    message = decode_confirm(confirm)

    # As it is injected; signed and paid for; hidden beside an honest message, in front and behind.
    inside = chain.confirm_message(message)
    honest = chain.send_message("bob")
    attempts = [confirm]
    for messages in ((inside,), (honest, inside), (inside, honest)):
        mallory.sequence = 0
        attempts.append(chain.sign(mallory, *messages))
    for raw in attempts:
        result = chain.send(raw)
        assert (result.codespace, result.log.partition(":")[0]) == (
            "registration",
            "confirm_from_outside",
        )
        assert raw not in chain.mempool

    # A proposer that takes one in all the same is refused, and nothing that is decided writes.
    for raw in attempts[1:]:
        assert not any(chain.votes((raw, *block)))
        assert chain.decide((raw,)).tx_results[0].code != 0
    assert chain.record_of(message.node_id) is None
