"""18: the policy removes a newcomer's code in the block of its register, in both orders."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chain_module.app.proposals import split
from chain_module.registration import keeper
from chain_module.registration.messages import UPDATE_POLICY
from enclave.attestation.types import TcbStatus
from enclave.registration.policy_codec import policy_to_proto
from seedpact.enclave.v1 import service_pb2
from seedpact.registration.v1 import tx_pb2
from tests.support.chain import Chain
from tests.support.enclaves import OTHER_CODE, Node, policy
from tests.support.wallets import Account

AUTHORITY = Account("authority")
NARROWER: dict[str, dict[str, Any]] = {
    "frozen": {"frozen": True},
    "measurement_not_allowed": {"measurements": (OTHER_CODE,)},
    "fmspc_denied": {"denied_fmspcs": (bytes.fromhex("5eedac700000"),)},
    "evaluation_number_too_low": {"minimum_evaluation_number": 10_000},
    "machine_not_listed": {"require_machine_list": True},
}


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Chain]:
    chain = Chain(
        tmp_path,
        people=("alice", "bob", "authority"),
        authority=AUTHORITY.address,
        policy_=policy(measurements=(policy().measurements[0], OTHER_CODE)),
    )
    chain.blocks(3)
    for number in range(1, 4):
        chain.join(number)
    yield chain
    chain.close()


def change(chain: Chain, **fields: Any) -> bytes:
    """A signed change of the policy."""
    present = keeper.newest_policy(chain.state)
    new = policy(**{"measurements": present.measurements, **fields, "serial": present.serial + 1})
    message = tx_pb2.MsgUpdatePolicy(
        authority=chain.people["authority"].text, policy=policy_to_proto(new)
    )
    return chain.sign(chain.people["authority"], (UPDATE_POLICY, message))


@pytest.mark.parametrize("rule", sorted(NARROWER))
@pytest.mark.parametrize("register_first", [True, False])
def test_18_removal_wins_in_both_orders(chain: Chain, rule: str, *, register_first: bool) -> None:
    newcomer = Node("newcomer")
    register = chain.register_tx(newcomer, chain.people["alice"])
    narrow = change(chain, **NARROWER[rule])
    for raw in (register, narrow) if register_first else (narrow, register):
        chain.send(raw)
    txs = chain.propose(0)
    assert txs == (narrow,)
    # A proposer that confirms all the same is refused by every node that can check.
    honest = chain.confirmed(register)
    users = (register, narrow) if register_first else (narrow, register)
    assert chain.votes((*users, *split(honest)[1])) == [False] * 4
    # And were it decided, the register would fail, and write nothing.
    results = chain.decide((*users, *split(honest)[1])).tx_results
    logs = [one.log.partition(":")[0] for one in results]
    assert logs == ([rule, "", rule] if register_first else ["", rule, rule])
    assert chain.record(newcomer) is None


def test_18_a_wider_policy_lets_nobody_in_before_enclaves_see_it(chain: Chain) -> None:
    chain.send(change(chain, tcb_statuses=()))
    chain.block()
    newcomer = Node("newcomer")
    url, message = chain.register_message(newcomer, chain.people["alice"])
    assert "empty_policy" in chain.check_only(chain.sign(chain.people["alice"], (url, message))).log
    wide = change(chain, tcb_statuses=(TcbStatus.UP_TO_DATE,))
    assert chain.send(wide).code == 0
    chain.block()
    decided = chain.height
    for height in (decided + 1, decided + 2):
        chain.people["alice"].sequence = 0
        raw = chain.sign(chain.people["alice"], (url, message))
        assert (chain.send(raw).code == 0) == (height >= decided + 2)
        chain.block()
    assert chain.record(newcomer) is not None
    chain.import_seed(newcomer)
    assert newcomer.info().state == service_pb2.ENCLAVE_STATE_HOLDER
