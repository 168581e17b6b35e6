"""03 on chains: a register that was made for another network, which differs in its genesis alone.

Both have one name and the same accounts: signatures of the one are good on the other. Headers are
not, since their states differ; a host may let its enclave bind a header of the wrong one.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from enclave.errors import Code, Refusal
from enclave.registration.network import network_id
from tests.attacks.doors import made_up, refusals
from tests.support.chain import Chain
from tests.support.enclaves import Node


@pytest.fixture
def chains(tmp_path: Path) -> Iterator[tuple[Chain, Chain]]:
    """The network, and another one whose blocks may hold one register more."""
    here = Chain(tmp_path / "here", max_registers_per_block=8)
    there = Chain(tmp_path / "there", max_registers_per_block=9)
    for chain in (here, there):
        chain.blocks(4)
    yield here, there
    for chain in (here, there):
        chain.close()


def test_03_a_register_of_another_network_is_refused_at_every_door(
    chains: tuple[Chain, Chain],
) -> None:
    here, there = chains
    assert network_id(here.network.inputs) != network_id(there.network.inputs)
    newcomer, alice = Node("newcomer"), there.people["alice"]
    assert there.check_only(there.register_tx(newcomer, alice)).code == 0
    alice.sequence = 0
    raw = there.register_tx(newcomer, alice, history=here)
    time = there.time_ns // 10**9
    assert refusals(here, raw, good_at=time) == {Code.REPORT_DATA_MISMATCH}


def test_03_a_decided_one_writes_no_record(chains: tuple[Chain, Chain]) -> None:
    """Were +2/3 to lie: Finalize compares report_data too, and the verdict changes nothing."""
    here, there = chains
    newcomer = Node("newcomer")
    raw = there.register_tx(newcomer, there.people["alice"], history=here)
    lie = made_up(here, raw, now=here.time_ns // 10**9)
    results = here.decide((raw, lie)).tx_results
    assert [one.log.partition(":")[0] for one in results] == [Code.REPORT_DATA_MISMATCH] * 2
    assert here.record(newcomer) is None


def test_03_the_other_history_is_no_anchor(chains: tuple[Chain, Chain]) -> None:
    """One transaction more, and the header of the same height is another one."""
    here, there = chains
    alice, bob = there.people["alice"], there.people["bob"]
    here.block(txs=())
    there.block(txs=(bob.send(alice.address, 1, chain_id=there.network.inputs.chain_id),))
    there.block()
    here.block()
    raw = there.register_tx(Node("newcomer"), alice)
    assert refusals(here, raw, good_at=here.time_ns // 10**9) == {Code.UNKNOWN_ANCHOR}


def test_03_an_envelope_of_one_network_is_worth_nothing_on_the_other(
    chains: tuple[Chain, Chain],
) -> None:
    """The newcomer's enclave belongs to one network; the other has no record of it."""
    here, there = chains
    newcomer = Node("newcomer")
    assert there.send(there.register_tx(newcomer, there.people["alice"])).code == 0
    there.block()
    with pytest.raises(Refusal) as refused:
        here.import_seed(newcomer)
    assert refused.value.code == Code.RECORD_MISMATCH
    there.import_seed(newcomer)
