"""25: registration is frozen by the authority: no confirm in that very block, no harm to the seed.

The end of the freeze widens, so it is in force two blocks after the one that decides it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chain_module.app.proposals import split
from chain_module.registration import keeper
from chain_module.registration.messages import UPDATE_POLICY
from enclave.errors import Code
from enclave.registration.policy_codec import policy_to_proto
from seedpact.enclave.v1 import service_pb2
from seedpact.registration.v1 import tx_pb2
from tests.attacks.doors import refusals
from tests.support.chain import Chain
from tests.support.enclaves import Node, policy
from tests.support.wallets import Account

AUTHORITY = Account("authority")


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Chain]:
    """Four holders."""
    chain = Chain(
        tmp_path, people=("alice", "bob", "carol", "authority"), authority=AUTHORITY.address
    )
    chain.blocks(3)
    for number in range(1, 4):
        chain.join(number)
    yield chain
    chain.close()


def set_frozen(chain: Chain, *, frozen: bool) -> bytes:
    """A signed change of the policy."""
    wanted = policy(frozen=frozen, serial=keeper.newest_policy(chain.state).serial + 1)
    authority = chain.people["authority"]
    message = tx_pb2.MsgUpdatePolicy(authority=authority.text, policy=policy_to_proto(wanted))
    return chain.sign(authority, (UPDATE_POLICY, message))


@pytest.mark.parametrize("freeze_first", [True, False])
def test_25_a_freeze_stops_confirms_of_its_own_block(chain: Chain, *, freeze_first: bool) -> None:
    newcomer = Node("newcomer")
    register = chain.register_tx(newcomer, chain.people["alice"])
    assert chain.send(register).code == 0
    confirms = split(chain.confirmed(register))[1]
    freeze = set_frozen(chain, frozen=True)
    assert chain.send(freeze).code == 0
    assert chain.propose() == (freeze,)
    users = (freeze, register) if freeze_first else (register, freeze)
    assert not any(chain.votes((*users, *confirms)))
    results = chain.decide((*users, *confirms)).tx_results
    assert results[-1].log.startswith(Code.FROZEN)
    assert chain.record(newcomer) is None


def test_25_the_seed_is_unharmed_and_the_end_of_the_freeze_lets_newcomers_in(chain: Chain) -> None:
    held = {peer.enclave.info().state for peer in chain.peers}
    assert held == {service_pb2.ENCLAVE_STATE_HOLDER}
    assert chain.send(set_frozen(chain, frozen=True)).code == 0
    chain.blocks(3)
    newcomer, bob = Node("newcomer"), chain.people["bob"]
    raw = chain.register_tx(newcomer, bob)
    # Enclaves see it by now, and say the same where their hosts ask them in private.
    assert refusals(chain, raw, good_at=chain.time_ns // 10**9) == {Code.FROZEN}
    assert {peer.enclave.info().state for peer in chain.peers} == held

    assert chain.send(set_frozen(chain, frozen=False)).code == 0
    chain.block()
    decided = chain.height
    while chain.record(newcomer) is None:
        bob.sequence = chain.sequence_of(bob)
        let_in = chain.send(chain.register_tx(newcomer, bob)).code == 0
        assert let_in == (chain.height + 1 >= decided + 2)
        chain.block()
        assert chain.height < decided + 4
    chain.import_seed(newcomer)
    assert newcomer.info().state == service_pb2.ENCLAVE_STATE_HOLDER
