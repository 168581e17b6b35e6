"""20 on a chain: no byte of an injected confirm is the proposer's to choose.

Who can make the envelope refuses every other byte; who cannot refuses all but the envelope's 48.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from chain_module.registration.confirm_tx import decode_confirm
from enclave.attestation.types import TcbStatus
from tests.adversary.lies import changed
from tests.support.chain import Chain
from tests.support.enclaves import Node, policy

HOLDERS, OTHERS = (0, 1), (2,)
ALLOWED = tuple(status for status in TcbStatus if status < TcbStatus.REVOKED)
ADVISORIES = ("INTEL-SA-00001", "INTEL-SA-00002")
"""A policy that lets nearly everything in: no gate stands in for the comparison of bytes."""
BITS = 8


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Chain]:
    """Three validators, two of which hold the seed."""
    chain = Chain(tmp_path, nodes=3, policy_=policy(tcb_statuses=ALLOWED, advisories=ADVISORIES))
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
        other = confirm[:at] + bytes([byte ^ 1 << at % BITS]) + confirm[at + 1 :]
        votes = chain.votes((register, other))
        assert not any(votes[number] for number in HOLDERS), at
        assert all(votes[number] == (at in hidden) for number in OTHERS), at


def test_20_no_field_of_the_verdict_is_free(chain: Chain) -> None:
    """Not even for another value that the policy allows."""
    assert chain.send(chain.register_tx(Node("newcomer"), chain.people["alice"])).code == 0
    register, confirm = chain.propose()
    verdict = decode_confirm(confirm).verdict
    lies = [replace(verdict, tcb_status=status) for status in ALLOWED]
    lies += [replace(verdict, advisories=advisories) for advisories in (ADVISORIES, ADVISORIES[:1])]
    for lie in lies:
        votes = chain.votes((register, changed(confirm, verdict=lie)))
        assert all(votes) if lie == verdict else not any(votes), lie


def test_20_no_byte_more_or_less(chain: Chain) -> None:
    assert chain.send(chain.register_tx(Node("newcomer"), chain.people["alice"])).code == 0
    register, confirm = chain.propose()
    for at in range(0, len(confirm) + 1, 7):
        for other in (confirm[:at], confirm[:at] + b"\0" + confirm[at:]):
            if other != confirm:
                assert not any(chain.votes((register, other))), at
    assert all(chain.votes((register, confirm)))


def test_20_all_holders_propose_the_same_bytes(chain: Chain) -> None:
    """Whoever proposes, with other entropy and after a restart."""
    assert chain.send(chain.register_tx(Node("newcomer"), chain.people["alice"])).code == 0
    first = chain.propose(0)
    assert len(first) == 2
    assert chain.propose(1) == first
    chain.restart(1)
    assert chain.propose(1) == first
