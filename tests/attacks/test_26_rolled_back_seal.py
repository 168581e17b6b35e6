"""Attack 26: a sealed file put back by an epoch, by a policy, to nothing.

[refuse to serve, re-sync]: an enclave that starts confirms only what a chain shows that proves the
nonce of this start; a true chain shows what was decided since, and a private one is bounded by the
floor. While it runs, no header below the newest is taken.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from enclave.attestation.policy import Policy
from enclave.crypto.sealing import Role
from enclave.errors import Code
from enclave.registration.records import NodeStatus
from seedpact.enclave.v1 import service_pb2 as pb
from seedpact.registration.v1 import types_pb2
from tests.attacks.attackers import verdict
from tests.support.enclaves import CODE, OTHER_CODE, MemoryStorage, Node, policy, restore
from tests.support.refusals import refused, refused_unchanged
from tests.support.world import Ledger, network


@pytest.fixture
def scene() -> tuple[Ledger, Node, Node]:
    """A holder that has confirmed, and a newcomer with keys."""
    ledger, (founder,) = network("founder")
    newcomer = Node("newcomer")
    ledger.prepare(newcomer)
    founder.confirm(ledger.confirm_request(founder))
    return ledger, founder, newcomer


def put_back(node: Node, old: dict[Role, bytes]) -> None:
    """The host restores old files and starts the enclave again."""
    storage = MemoryStorage()
    storage.blobs = dict(old)
    node.storage = storage
    node.start()


def files(node: Node) -> dict[Role, bytes]:
    blobs = {role: node.storage.load(role) for role in Role}
    return {role: blob for role, blob in blobs.items() if blob is not None}


def register(ledger: Ledger, founder: Node, newcomer: Node) -> pb.ConfirmNodesRequest:
    """The newcomer's register, with what the chain shows for it now."""
    purpose = ledger.purpose()
    quote = newcomer.make_quote(purpose)
    return ledger.confirm_request(
        founder, (ledger.newcomer(quote, purpose), quote.evidence.collateral)
    )


def test_26_an_old_seal_with_the_old_view_serves_nobody(
    scene: tuple[Ledger, Node, Node],
) -> None:
    """The very request that it once answered, after the chain froze."""
    ledger, founder, newcomer = scene
    old, request = files(founder), register(ledger, founder, newcomer)
    (confirmation,) = founder.confirm(request)
    assert verdict(confirmation) is None
    put_back(founder, old)
    with refused_unchanged(founder, Code.NOT_FRESH):
        founder.confirm(request)


NARROWED = {
    "frozen": (policy(serial=2, frozen=True), Code.FROZEN),
    "another status": (policy(serial=2, tcb_statuses=()), Code.EMPTY_POLICY),
    "a newer evaluation": (
        policy(serial=2, minimum_evaluation_number=99),
        Code.EVALUATION_NUMBER_TOO_LOW,
    ),
}


@pytest.mark.parametrize(("rules", "code"), NARROWED.values(), ids=NARROWED)
def test_26_put_back_by_a_policy_it_learns_the_newer_one_first(
    scene: tuple[Ledger, Node, Node], rules: Policy, code: Code
) -> None:
    ledger, founder, newcomer = scene
    old = files(founder)
    ledger.policy = rules
    put_back(founder, old)
    (confirmation,) = founder.confirm(register(ledger, founder, newcomer))
    assert verdict(confirmation) is code


def test_26_put_back_before_its_revocation_it_learns_of_it(
    scene: tuple[Ledger, Node, Node],
) -> None:
    ledger, founder, newcomer = scene
    old, node_id = files(founder), founder.info().node_id
    ledger.records[node_id] = replace(ledger.records[node_id], status=NodeStatus.REVOKED)
    put_back(founder, old)
    with refused(Code.NODE_REVOKED):
        founder.confirm(register(ledger, founder, newcomer))


def test_26_put_back_by_an_epoch_it_has_no_seed_to_give(
    scene: tuple[Ledger, Node, Node],
) -> None:
    ledger, founder, newcomer = scene
    old, request = files(founder), register(ledger, founder, newcomer)
    later = types_pb2.NetworkKeys()
    later.CopyFrom(ledger.keys[0])
    later.epoch, later.prev_seed, later.from_height = 1, bytes(48), ledger.height
    ledger.keys.append(later)
    ledger.epoch = 1
    put_back(founder, old)
    with refused_unchanged(founder, Code.NOT_FRESH):
        founder.confirm(request)
    with refused(Code.EPOCH_UNKNOWN):
        founder.confirm(ledger.confirm_request(founder))


def test_26_put_back_to_nothing_it_is_nobody(scene: tuple[Ledger, Node, Node]) -> None:
    ledger, founder, newcomer = scene
    request = register(ledger, founder, newcomer)
    put_back(founder, {})
    with refused_unchanged(founder, Code.ILLEGAL_STATE):
        founder.confirm(request)


def test_26_while_it_runs_no_older_header_is_taken(scene: tuple[Ledger, Node, Node]) -> None:
    ledger, founder, newcomer = scene
    ledger.height += 1
    older = register(ledger, founder, newcomer)
    ledger.policy = policy(serial=2, frozen=True)
    founder.confirm(ledger.confirm_request(founder))
    with refused_unchanged(founder, Code.ROLLED_BACK):
        founder.confirm(older)
    # Without its steps, it would be proven under the newest header: the old state is not.
    del older.chain.steps[:]
    with refused_unchanged(founder, Code.BAD_PROOF):
        founder.confirm(older)


def test_26_a_seal_of_the_first_block_and_a_private_chain_that_votes_in_other_code() -> None:
    """The whole old validator set lies: the floor is what no vote can change."""
    ledger = Ledger()
    founder = Node("founder")
    ledger.bootstrap(founder)
    ledger.catch_up()
    old, private = files(founder), ledger.fork()
    founder.confirm(ledger.confirm_request(founder))
    put_back(founder, old)
    private.policy = policy(measurements=(CODE, OTHER_CODE), serial=2)
    stranger = Node("stranger", code=OTHER_CODE)
    private.prepare(stranger)
    (confirmation,) = founder.confirm(register(private, founder, stranger))
    assert founder.info().trusted_height == private.height - 1
    assert verdict(confirmation) is Code.MEASUREMENT_UNSIGNED


def restored(node: Node, blob: bytes, ledger: Ledger) -> None:
    """The state is lost, and the host restores a backup of its choice."""
    node.storage = MemoryStorage()
    node.start()
    restore(node, blob, ledger.network_id)


def test_26_a_backup_with_an_older_header_serves_nobody_by_itself(
    scene: tuple[Ledger, Node, Node],
) -> None:
    """It lacks every header since the keys: still the chain must prove the nonce of this start."""
    ledger, founder, newcomer = scene
    request = register(ledger, founder, newcomer)
    (confirmation,) = founder.confirm(request)
    assert verdict(confirmation) is None
    trusted = founder.info().trusted_height
    restored(founder, files(founder)[Role.BACKUP], ledger)
    assert founder.info().trusted_height < trusted
    # The answered request, with the path that leads to its header from the genesis.
    del request.chain.steps[:]
    request.chain.steps.extend(ledger.headers.steps(None, [ledger.height - 1]))
    with refused_unchanged(founder, Code.NOT_FRESH):
        founder.confirm(request)


def test_26_a_backup_of_the_first_block_and_a_private_chain_that_votes_in_other_code() -> None:
    """A founder's own backup, as it lies beside its state: the floor bounds what it can be told."""
    ledger = Ledger()
    founder = Node("founder")
    ledger.bootstrap(founder)
    ledger.catch_up()
    private = ledger.fork()
    founder.confirm(ledger.confirm_request(founder))
    restored(founder, files(founder)[Role.BACKUP], ledger)
    assert founder.info().trusted_height == 0
    private.policy = policy(measurements=(CODE, OTHER_CODE), serial=2)
    stranger = Node("stranger", code=OTHER_CODE)
    private.prepare(stranger)
    (confirmation,) = founder.confirm(register(private, founder, stranger))
    assert verdict(confirmation) is Code.MEASUREMENT_UNSIGNED
