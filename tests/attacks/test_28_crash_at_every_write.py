"""Attack 28: power is lost before any disk call of a request that writes.

[restart completes or redoes; never two seeds, never none]: a seed that was ever answered is there
after every crash, and one that was not may be made anew, because nobody saw it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from enclave.crypto.sealing import Role
from enclave.errors import Code
from enclave.framework.states import State
from enclave.service.home import Home
from seedpact.enclave.v1.chain_pb2 import FollowChainRequest, ReportForkRequest
from tests.support.crash_disk import CrashDisk, PowerCut, StoppingDisk
from tests.support.enclaves import Entropy, Node, inputs, restore
from tests.support.refusals import backed_up, entries, refused_unchanged
from tests.support.world import Ledger, network

HOME = Path("/enclave")
STATE_CALLS, BACKUP_CALLS = 4, 4
"""Write, sync, rename, sync of the directory; for the state, then for its backup."""
Step = Callable[[Ledger, Node], object]


def home(disk: CrashDisk) -> Home:
    return Home(HOME, disk=disk, entropy=Entropy("home"))


def on_disk(name: str, disk: CrashDisk) -> Node:
    return Node(name, storage=home(disk))


def after_every_crash(
    disk: CrashDisk,
    name: str,
    step: Callable[[Node], object],
    *,
    calls: int = STATE_CALLS + BACKUP_CALLS,
) -> list[Node]:
    """The node as it restarts after each crash that may happen during the calls of `step`."""
    restarted = []
    for stop_before in range(1, calls + 1):
        stopping = StoppingDisk(disk, stop_before)
        with pytest.raises(PowerCut):
            step(on_disk(name, stopping))
        restarted += [on_disk(name, left) for left in stopping.after_crash()]
    assert len(restarted) > calls
    # No crash leaves a backup that the state may not follow (docs/adr/0023).
    assert not any(node.info().backup_newer for node in restarted)
    return restarted


def test_28_bootstrap_makes_one_seed_or_none() -> None:
    found = set()
    for node in after_every_crash(CrashDisk(), "founder", lambda n: n.bootstrap(inputs())):
        found.add(node.enclave.state)
        node.enclave.keys.check()
        if node.enclave.state is State.EMPTY:
            made = node.bootstrap(inputs())
            assert made.pk_io == node.enclave.keys.io_keys(0).pk_io
        else:
            with refused_unchanged(node, Code.ALREADY_BOOTSTRAPPED):
                node.bootstrap(inputs())
        assert node.enclave.keys.epochs() == [0]
    assert found == {State.EMPTY, State.HOLDER}


def test_28_an_answered_bootstrap_survives_every_crash() -> None:
    disk = CrashDisk()
    made = on_disk("founder", disk).bootstrap(inputs())
    for left in disk.after_crash():
        assert on_disk("founder", left).enclave.keys.io_keys(0).pk_io == made.pk_io


def newcomer_disk(ledger: Ledger, founder: Node, *, recorded: bool) -> CrashDisk:
    """A newcomer's disk: keys made, and if `recorded` a quote that the chain confirmed."""
    disk = CrashDisk()
    node = on_disk("newcomer", disk)
    ledger.prepare(node)
    if recorded:
        assert ledger.register(node, founder).envelope
    return disk


def test_28_import_opens_the_seed_now_or_later() -> None:
    ledger, (founder,) = network("founder")
    disk = newcomer_disk(ledger, founder, recorded=True)

    def import_seed(node: Node) -> object:
        return node.import_seed(ledger.proof(node))

    found = set()
    for node in after_every_crash(disk, "newcomer", import_seed):
        found.add(node.enclave.state)
        if node.enclave.state is State.PENDING:
            import_seed(node)
        assert node.enclave.keys.seed(0) == founder.enclave.keys.seed(0)
    assert found == {State.PENDING, State.HOLDER}


def test_28_a_quote_leaves_the_keys_that_were_there() -> None:
    ledger, (founder,) = network("founder")
    disk = newcomer_disk(ledger, founder, recorded=False)
    before = on_disk("newcomer", disk.copy())
    for node in after_every_crash(disk, "newcomer", lambda n: n.make_quote(ledger.purpose())):
        assert node.info().exchange_key == before.info().exchange_key
        assert node.enclave.keys.kem_secret(0).secret == before.enclave.keys.kem_secret(0).secret
        assert ledger.register(node, founder).envelope


def test_28_after_every_crash_the_backup_holds_the_state() -> None:
    ledger, (founder,) = network("founder")
    disk = newcomer_disk(ledger, founder, recorded=False)
    for node in after_every_crash(disk, "newcomer", lambda n: n.make_quote(ledger.purpose())):
        assert node.info().backup_current
        assert backed_up(node) == entries(node)


def holder_disk(ledger: Ledger) -> tuple[CrashDisk, int]:
    """A founder's disk, with a backup of the state, and the header to which it was led."""
    disk = CrashDisk()
    founder = on_disk("founder", disk)
    ledger.bootstrap(founder)
    ledger.catch_up()
    trusted = ledger.height - 4
    founder.follow(FollowChainRequest(steps=ledger.headers.steps(None, [trusted])))
    founder.start()
    return disk, trusted


def test_28_a_header_that_is_followed_is_the_old_one_or_the_new_one() -> None:
    """It writes the state alone: whatever is left, the backup beside it has the seed."""
    ledger = Ledger()
    disk, trusted = holder_disk(ledger)
    seed = on_disk("founder", disk.copy()).enclave.keys.seed(0)
    request = FollowChainRequest(steps=ledger.headers.steps(trusted, [trusted + 2]))

    found = set()
    for node in after_every_crash(disk, "founder", lambda n: n.follow(request), calls=STATE_CALLS):
        found.add(node.info().trusted_height)
        assert node.enclave.keys.seed(0) == seed
        backup = node.storage.load(Role.BACKUP)
        assert backup is not None
        restored = on_disk("founder", CrashDisk())
        restore(restored, backup, ledger.network_id)
        assert restored.enclave.keys.seed(0) == seed
    assert found == {trusted, trusted + 2}


def test_28_an_answered_header_survives_every_crash() -> None:
    ledger = Ledger()
    disk, trusted = holder_disk(ledger)
    node = on_disk("founder", disk)
    node.follow(FollowChainRequest(steps=ledger.headers.steps(trusted, [trusted + 2])))
    for left in disk.after_crash():
        assert on_disk("founder", left).info().trusted_height == trusted + 2


def test_28_a_fork_is_in_state_and_backup_or_in_neither() -> None:
    ledger = Ledger()
    disk, trusted = holder_disk(ledger)
    other = ledger.headers.fork(trusted)
    other.add(app_hash=b"\x02" * 32, time=ledger.time(trusted + 1))
    request = ReportForkRequest(
        first=ledger.headers.steps(trusted, [trusted + 1]),
        second=other.steps(trusted, [trusted + 1]),
    )

    found = set()
    for node in after_every_crash(disk, "founder", lambda n: n.report_fork(request)):
        forked = node.info().forked
        found.add(forked)
        backup = node.storage.load(Role.BACKUP)
        assert backup is not None
        restored = on_disk("founder", CrashDisk())
        restore(restored, backup, ledger.network_id)
        assert restored.info().forked == forked
    assert found == {False, True}
