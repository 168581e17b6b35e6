"""Attack 28: power is lost before any disk call of bootstrap, create_node_key, quote or import.

[restart completes or redoes; never two seeds, never none]: a seed that was ever answered is there
after every crash, and one that was not may be made anew, because nobody saw it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from enclave.errors import Code
from enclave.framework.states import State
from enclave.service.home import Home
from tests.support.crash_disk import CrashDisk, PowerCut, StoppingDisk
from tests.support.refusals import entries, refused_unchanged
from tests.support.world import Entropy, Ledger, Node, inputs, network

HOME = Path("/enclave")
STATE_CALLS, BACKUP_CALLS = 4, 4
"""Write, sync, rename, sync of the directory; for the state, then for its backup."""
Step = Callable[[Ledger, Node], object]


def home(disk: CrashDisk) -> Home:
    return Home(HOME, disk=disk, entropy=Entropy("home"))


def on_disk(name: str, disk: CrashDisk) -> Node:
    return Node(name, storage=home(disk))


def after_every_crash(disk: CrashDisk, name: str, step: Callable[[Node], object]) -> list[Node]:
    """The node as it restarts after each crash that may happen during `step`."""
    restarted = []
    for stop_before in range(1, STATE_CALLS + BACKUP_CALLS + 1):
        stopping = StoppingDisk(disk, stop_before)
        with pytest.raises(PowerCut):
            step(on_disk(name, stopping))
        restarted += [on_disk(name, left) for left in stopping.after_crash()]
    assert len(restarted) > STATE_CALLS + BACKUP_CALLS
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
        sealed = node.enclave._sealed  # noqa: SLF001 (what the backup file opens to)
        assert sealed.load_backup(network_id=ledger.network_id) == entries(node)
