"""Attack 13: a quote that verifies and is forged: somebody extracted an attestation key.

WireTap's and Battering RAM's model. Nothing in the quote shows it; the machine list bounds it to
machines that the network voted in, and rotation ends what they take.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from enclave.attestation.policy import MachineListed, Policy
from enclave.errors import Code
from tests.attacks.attackers import GOOD, machine, verdict
from tests.attacks.forgery import Forgery, confirm
from tests.enclave.attestation.real_evidence import TDX5
from tests.support.enclaves import policy
from tests.support.refusals import refused
from tests.support.world import network

STOLEN = hashlib.sha256(GOOD.ppid).digest()
"""The platform id of the machine whose key was extracted."""
OTHERS = [hashlib.sha256(bytes([number]) * 16).digest() for number in range(3)]
LISTED = policy(require_machine_list=True)


def shown(machines: list[bytes], rules: Policy = LISTED) -> Code | None:
    """A forged register, with this machine list in the chain's state."""
    ledger, (holder,) = network("holder")
    ledger = replace(ledger, policy=rules, machines=machines)
    (confirmation,) = confirm(ledger, holder, Forgery().newcomer(ledger, machine(GOOD)))
    return verdict(confirmation)


@pytest.mark.parametrize("machines", [[], OTHERS], ids=["empty", "others"])
def test_13_a_machine_that_is_not_listed_gets_no_envelope(machines: list[bytes]) -> None:
    assert shown(machines) is Code.MACHINE_NOT_LISTED


def test_13_a_listed_machine_gets_one_and_the_record_names_it() -> None:
    """What the list cannot stop it makes visible: the verdict carries the machine's id."""
    assert shown([*OTHERS, STOLEN]) is None
    ledger, (holder,) = network("holder")
    ledger = replace(ledger, policy=LISTED, machines=[STOLEN])
    (confirmation,) = confirm(ledger, holder, Forgery().newcomer(ledger, machine(GOOD)))
    assert confirmation.verdict.platform_id == STOLEN


def test_13_without_a_list_every_machine_may_try() -> None:
    assert shown([], policy(require_machine_list=False)) is None


@pytest.mark.parametrize("ppid", [bytes(16), GOOD.ppid[::-1], b"\xff" * 16])
def test_13_a_stolen_key_of_one_machine_speaks_for_no_other(ppid: bytes) -> None:
    """The id is in the PCK certificate, which the extracted key cannot sign."""
    ledger, (holder,) = network("holder")
    ledger = replace(ledger, policy=LISTED, machines=[STOLEN])
    attacker = machine(replace(GOOD, ppid=ppid))
    (confirmation,) = confirm(ledger, holder, Forgery().newcomer(ledger, attacker))
    assert verdict(confirmation) is Code.MACHINE_NOT_LISTED


def test_13_a_real_machine_is_known_by_its_ppid() -> None:
    report = TDX5.verify()
    MachineListed(frozenset({report.platform_id})).check(report)
    with refused(Code.MACHINE_NOT_LISTED):
        MachineListed(frozenset(OTHERS)).check(report)
