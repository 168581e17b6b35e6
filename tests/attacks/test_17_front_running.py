"""17: a register is copied from the mempool with the attacker's own account, in the same block."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chain_module.app.proposals import split
from seedpact.enclave.v1 import service_pb2
from seedpact.registration.v1 import tx_pb2
from tests.support.chain import Chain
from tests.support.enclaves import Node


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Chain]:
    chain = Chain(tmp_path)
    chain.blocks(3)
    yield chain
    chain.close()


def test_17_a_copied_register_gains_nothing(chain: Chain) -> None:
    alice, mallory = chain.people["alice"], chain.people["bob"]
    newcomer = Node("newcomer")
    url, message = chain.register_message(newcomer, alice)
    honest = chain.sign(alice, (url, message))

    stolen = tx_pb2.MsgRegisterNode()
    stolen.CopyFrom(message)
    stolen.operator = mallory.text
    copied = chain.sign(mallory, (url, stolen))

    # The quote binds the operator: the copy does not even enter a mempool, nor a block.
    assert "report_data_mismatch" in chain.send(copied).log
    assert chain.send(honest).code == 0
    block = chain.propose()
    users, confirms = split(block)
    assert tuple(users) == (honest,)
    for txs in ((copied, *block), (*users, copied, *confirms)):
        assert not any(chain.votes(txs))

    # And a block that +2/3 decide with the copy first still gives the record to the operator whom
    # the quote names, and the envelope opens in the enclave that made it.
    results = chain.decide((copied, *block)).tx_results
    assert [one.log.partition(":")[0] for one in results] == ["unconfirmed", "", ""]
    record = chain.record(newcomer)
    assert record is not None
    assert record.operator == alice.address
    chain.import_seed(newcomer)
    assert newcomer.info().state == service_pb2.ENCLAVE_STATE_HOLDER
