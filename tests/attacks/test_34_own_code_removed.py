"""Attack 34: a holder whose own measurement was removed, or which was revoked, is asked to confirm.

[refuses; others serve]: each proves its own record and the policy for every confirm.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from enclave.attestation.policy import UpgradeApproval, UpgradeSignature
from enclave.crypto.labels import Mode
from enclave.errors import Code
from enclave.registration.network import network_id, upgrade_statement
from enclave.registration.records import NodeStatus
from tests.attacks.attackers import verdict
from tests.support.enclaves import CODE, OTHER_CODE, Node, inputs, policy
from tests.support.refusals import refused
from tests.support.world import Ledger

UPGRADE_KEY = Ed25519PrivateKey.from_private_bytes(b"upgrade key of the floor........")
PUBLIC = UPGRADE_KEY.public_key().public_bytes_raw()
NETWORK = inputs(upgrade_keys=(PUBLIC,), threshold=1)


def upgrades() -> tuple[UpgradeApproval, ...]:
    """Both versions of the code, signed."""
    approvals = []
    for serial, code in enumerate((CODE, OTHER_CODE), start=1):
        statement = upgrade_statement(
            Mode.SOFTWARE, network=network_id(NETWORK), serial=serial, measurement=code
        )
        signature = UpgradeSignature(PUBLIC, UPGRADE_KEY.sign(statement))
        approvals.append(UpgradeApproval(serial, code, (signature,)))
    return tuple(approvals)


@pytest.fixture
def scene() -> tuple[Ledger, Node, Node]:
    """Two holders, the founder of the old code and a member of the new."""
    ledger, founder = Ledger(network=NETWORK), Node("founder")
    ledger.policy = policy(measurements=(CODE, OTHER_CODE), upgrades=upgrades())
    ledger.bootstrap(founder)
    member = Node("member", code=OTHER_CODE)
    ledger.join(member, founder)
    return ledger, founder, member


def remove_code(ledger: Ledger, _: Node) -> None:
    """The policy no longer has the founder's code."""
    ledger.policy = replace(ledger.policy, serial=2, measurements=(OTHER_CODE,))


def revoke(ledger: Ledger, founder: Node) -> None:
    """The founder's record is REVOKED."""
    node_id = founder.info().node_id
    ledger.records[node_id] = replace(ledger.records[node_id], status=NodeStatus.REVOKED)


@pytest.mark.parametrize(
    ("removal", "code"),
    [(remove_code, Code.MEASUREMENT_NOT_ALLOWED), (revoke, Code.NODE_REVOKED)],
)
def test_34_it_refuses_and_others_serve(
    scene: tuple[Ledger, Node, Node], removal: Callable[[Ledger, Node], None], code: Code
) -> None:
    ledger, founder, member = scene
    newcomer = Node("newcomer", code=OTHER_CODE)
    ledger.prepare(newcomer)
    assert verdict(ledger.register(newcomer, founder)) is None
    removal(ledger, founder)
    late = Node("late", code=OTHER_CODE)
    ledger.prepare(late)
    with refused(code):
        ledger.register(late, founder)
    assert verdict(ledger.register(late, member)) is None


def test_34_it_cannot_show_the_record_of_another(scene: tuple[Ledger, Node, Node]) -> None:
    """A revoked host lends the member's record, true and proven."""
    ledger, founder, member = scene
    revoke(ledger, founder)
    request = ledger.confirm_request(founder)
    request.chain.own_record.CopyFrom(ledger.proof(member).own_record)
    with refused(Code.BAD_PROOF):
        founder.confirm(request)


def test_34_code_that_comes_back_serves_again(scene: tuple[Ledger, Node, Node]) -> None:
    ledger, founder, _ = scene
    remove_code(ledger, founder)
    with refused(Code.MEASUREMENT_NOT_ALLOWED):
        founder.confirm(ledger.confirm_request(founder))
    ledger.policy = replace(ledger.policy, serial=3, measurements=(CODE, OTHER_CODE))
    assert founder.confirm(ledger.confirm_request(founder)) == []
