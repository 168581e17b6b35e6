"""The mempool's door beside a block that is decided, and with a bug behind it.

A node that lags by a moment at its first block has peers that are at their second, and gets their
transactions: a founder's nonce, most of all. An exception in CheckTx would end its engine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from chain_module.abci.common import OK
from chain_module.app.look import FirstLooks
from chain_module.registration.gates import EvidenceOf
from enclave.attestation.types import VerifiedReport
from node.application.application import ChainApplication
from node.application.parts import Parts
from node.services.abci_query import PANIC
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


def test_a_bug_behind_the_door_is_an_answer(tmp_path: Path) -> None:
    lines: list[tuple[str, str, dict[str, str | int]]] = []

    def log(level: str, event: str, **fields: str | int) -> None:
        lines.append((level, event, fields))

    def verify(evidence: EvidenceOf, *, now: int) -> VerifiedReport:
        raise ZeroDivisionError(f"secret {now} {evidence}")

    def make(_: int, parts: Parts) -> ChainApplication:
        return ChainApplication(replace(parts, looks=FirstLooks(verify), log=log))

    chain = Chain(tmp_path, nodes=1, make=make)
    try:
        chain.blocks(3)
        (peer,) = chain.peers
        answer = chain.check_only(chain.register_tx(peer.enclave, peer.operator))
        assert (answer.code, answer.codespace, answer.log) == (PANIC, "sdk", "internal error")
        ((level, _, fields),) = [line for line in lines if line[1] == "check_tx_exception"]
        assert (level, fields["type"]) == ("error", "ZeroDivisionError")
        assert "look.py:" in str(fields["at"])
        assert "secret" not in str(fields)
        assert chain.check_only(send(chain)).code == OK
    finally:
        chain.close()
