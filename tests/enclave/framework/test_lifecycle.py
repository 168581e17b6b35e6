"""The life of enclaves as a state machine: one seed, never half of one, whatever the host asks.

A host with three machines sends legal and illegal requests in any order, kills processes, loses
power in the middle of a request, restores backups. After every step: an enclave that holds a seed
holds *the* seed; a node has one KEM secret a key and epoch; a refused request changed nothing; a
request that was answered is on the disk.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from enclave.crypto.sealing import Role
from enclave.errors import Refusal
from enclave.framework.key_manager import MAX_QUOTES
from enclave.framework.states import TRANSITIONS, Operation, State
from enclave.service.home import Home
from seedpact.enclave.v1.chain_pb2 import ChainProof, FollowChainRequest
from seedpact.enclave.v1.sealed_pb2 import SealedQuote, SealedTrust
from tests.support.crash_disk import CrashDisk, PowerCut, StoppingDisk
from tests.support.enclaves import Entropy, Node, backup, restore
from tests.support.laws import slow_law
from tests.support.world import Ledger

HOME: Final = Path("/enclave")
NAMES: Final = ("founder", "second", "third")
CALLS_OF_ONE_COMMIT: Final = 8
"""Four calls for the state, four for its backup."""

nodes = st.sampled_from(NAMES)


class Machine:
    """One machine of the host: a disk, a backup copied elsewhere, and a running enclave."""

    def __init__(self, name: str) -> None:
        self.disk = CrashDisk()
        self.node = Node(name, storage=home(self.disk))
        self.copied_backup = b""
        self.node_keys: set[bytes] = set()

    def restart(self, disk: CrashDisk) -> None:
        """Starts the enclave from `disk`, and from nothing else."""
        self.disk = disk
        self.node.storage = home(disk)
        self.node.start()

    def entries(self) -> Mapping[bytes, bytes]:
        """Everything that the running enclave keeps."""
        return dict(self.node.enclave._store.scan(b""))  # noqa: SLF001 (the whole state, for laws)


def home(disk: CrashDisk) -> Home:
    return Home(HOME, disk=disk, entropy=Entropy("home"))


class Lifecycle(RuleBasedStateMachine):
    """The host's moves; `invariant`s are the laws."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger()
        self.machines = {name: Machine(name) for name in NAMES}
        self.seed: bytes | None = None
        self.kem: dict[tuple[bytes, bytes], bytes] = {}

    @initialize()
    def genesis(self) -> None:
        """The founder makes the seed."""
        founder = self.machines["founder"]
        self.ledger.bootstrap(founder.node)
        self.seed = founder.node.enclave.keys.seed(0)

    # Legal or not, as it comes.

    @rule(name=nodes)
    def bootstrap_again(self, name: str) -> None:
        """On the founder it must be refused; elsewhere it would found another network's seed."""
        if self.state(name) is not State.EMPTY:
            self.refused(name, lambda node: node.bootstrap(self.ledger.network))

    @rule(name=nodes, discard=st.booleans())
    def create_node_key(self, name: str, *, discard: bool) -> None:
        """EMPTY: new keys. KEYED and PENDING: only with discard. HOLDER: never."""
        kem_io = self.ledger.keys[-1].kem_io

        def create(node: Node) -> object:
            return node.create_node_key(self.ledger.network, kem_io=kem_io, discard=discard)

        state = self.state(name)
        if state is State.EMPTY or (discard and state is not State.HOLDER):
            self.done(name, create)
        else:
            self.refused(name, create)

    @rule(name=nodes)
    def quote(self, name: str) -> None:
        """Join, or renew as a holder."""
        node = self.machines[name].node
        purpose = self.ledger.purpose()
        if self.state(name) is State.HOLDER:
            purpose.chain.CopyFrom(self.ledger.proof(node, anchors=[purpose.anchor_height]))
        if self.state(name) is State.EMPTY or self.full(name):
            self.refused(name, lambda n: n.make_quote(purpose))
        else:
            self.done(name, lambda n: n.make_quote(purpose))

    @precondition(lambda self: any(self.state(n) is State.PENDING for n in NAMES))
    @rule(name=nodes, holder=nodes)
    def register(self, name: str, holder: str) -> None:
        """A holder confirms a fresh quote, and the chain records it."""
        if self.state(name) in {State.KEYED, State.PENDING}:
            if self.state(holder) is State.HOLDER and not self.full(name):
                machine = self.machines[name]
                confirmation = self.ledger.register(machine.node, self.machines[holder].node)
                assert confirmation.envelope
            else:
                with pytest.raises(Refusal):
                    self.ledger.register(self.machines[name].node, self.machines[holder].node)

    @rule(name=nodes)
    def import_seed(self, name: str) -> None:
        """Works where the chain has a record of a quote that this enclave made."""
        machine = self.machines[name]
        if self.state(name) is State.EMPTY:
            self.refused(name, lambda n: n.import_seed(ChainProof()))
            return
        node_id = machine.node.info().node_id
        record = self.ledger.records.get(node_id)
        known = {entry.report_data for entry in machine.node.enclave.keys.quotes()}
        chain = self.ledger.proof(machine.node)
        if self.state(name) is State.PENDING and record and record.report_data in known:
            self.done(name, lambda n: n.import_seed(chain))
        else:
            self.refused(name, lambda n: n.import_seed(chain))

    @rule(name=nodes)
    def follow(self, name: str) -> None:
        """A holder is led on: its state is written, and its backup left as it is."""
        machine = self.machines[name]
        if self.state(name) is not State.HOLDER:
            self.refused(name, lambda n: n.follow(FollowChainRequest()))
            return
        steps = self.ledger.proof(machine.node).steps
        if steps:
            stored = home(machine.disk).load(Role.BACKUP)
            self.done(name, lambda n: n.follow(FollowChainRequest(steps=steps)))
            assert home(machine.disk).load(Role.BACKUP) == stored

    @rule(blocks=st.integers(1, 5))
    def blocks(self, blocks: int) -> None:
        """The chain grows."""
        self.ledger.height += blocks

    # What happens to machines.

    @rule(name=nodes)
    def kill(self, name: str) -> None:
        """Send kill -9 between requests: the page cache survives, the process does not."""
        machine = self.machines[name]
        before = machine.entries()
        machine.restart(machine.disk.copy())
        assert machine.entries() == before

    @rule(name=nodes, stop_before=st.integers(1, CALLS_OF_ONE_COMMIT), data=st.data())
    def power_cut(self, name: str, stop_before: int, data: st.DataObject) -> None:
        """Power is lost before one of the disk calls of a request, in any state."""
        machine = self.machines[name]
        before = machine.entries()
        disk = StoppingDisk(machine.disk, stop_before)
        with pytest.raises(PowerCut):
            self.start_and_change(name, disk)
        # A second enclave, with the same entropy to come, says what the request would have led to.
        left = data.draw(st.sampled_from(list(disk.after_crash())))
        machine.restart(left)
        after = machine.entries()
        if after != before:
            self.check_successor(before, after)

    @rule(name=nodes)
    def copy_backup(self, name: str) -> None:
        """The operator copies the backup elsewhere."""
        machine = self.machines[name]
        if self.state(name) is State.EMPTY:
            self.refused(name, backup)
        else:
            machine.copied_backup = backup(machine.node)

    @rule(name=nodes)
    def lose_disk_and_restore(self, name: str) -> None:
        """The disk is lost; the newest backup file brings everything back."""
        machine = self.machines[name]
        if self.state(name) is State.EMPTY:
            return
        before = machine.entries()
        newest = home(machine.disk).load(Role.BACKUP)
        assert newest is not None
        machine.restart(CrashDisk())
        assert machine.node.enclave.state is State.EMPTY
        restore(machine.node, newest, self.ledger.network_id)
        assert but_for_headers(machine.entries()) == but_for_headers(before)
        assert trusted_height(machine.entries()) <= trusted_height(before)

    @rule(name=nodes)
    def restore_over_keys(self, name: str) -> None:
        """Restore is legal in EMPTY only."""
        if self.state(name) is not State.EMPTY and self.machines[name].copied_backup:
            blob = self.machines[name].copied_backup
            self.refused(name, lambda node: restore(node, blob, self.ledger.network_id))

    # Laws.

    @invariant()
    def one_seed_and_never_half_of_one(self) -> None:
        """Every holder holds the founder's seed, whole."""
        for machine in self.machines.values():
            keys = machine.node.enclave.keys
            keys.check()
            if keys.state is State.HOLDER:
                assert keys.seed(0) == self.seed
                assert keys.epochs() == [0]
                assert keys.trust is not None

    @invariant()
    def one_kem_secret_a_key_and_epoch(self) -> None:
        """A second encapsulation for one node_key and epoch would orphan a recorded envelope."""
        for name, machine in self.machines.items():
            entries = machine.entries()
            node_key = entries.get(b"node_key")
            for key, value in entries.items():
                if key.startswith(b"kem/") and node_key is not None:
                    owner = (name.encode() + node_key, key)
                    assert self.kem.setdefault(owner, value) == value

    @invariant()
    def what_is_kept_is_on_the_disk(self) -> None:
        """A restart from the disk finds exactly what the running enclave keeps."""
        for name, machine in self.machines.items():
            stored = home(machine.disk).load(Role.STATE)
            if stored is None:
                assert self.state(name) is State.EMPTY
            else:
                again = Node(name, storage=home(machine.disk.copy()))
                assert dict(again.enclave._store.scan(b"")) == machine.entries()  # noqa: SLF001
                assert again.info().backup_current
                assert not again.info().backup_newer

    # Helpers.

    def state(self, name: str) -> State:
        return self.machines[name].node.enclave.state

    def full(self, name: str) -> bool:
        """Whether a newcomer has as many quotes as it may (docs/adr/0026)."""
        keys = self.machines[name].node.enclave.keys
        return self.state(name) is State.PENDING and len(keys.quotes()) == MAX_QUOTES

    def done(self, name: str, request: Callable[[Node], object]) -> None:
        before = self.machines[name].entries()
        state = self.state(name)
        request(self.machines[name].node)
        after = self.machines[name].entries()
        assert any(self.state(name) in targets for targets in TRANSITIONS[state].values())
        self.check_successor(before, after)

    def refused(self, name: str, request: Callable[[Node], object]) -> None:
        machine = self.machines[name]
        before, calls = machine.entries(), list(machine.disk.calls)
        with pytest.raises(Refusal):
            request(machine.node)
        assert machine.entries() == before
        assert machine.disk.calls == calls

    def start_and_change(self, name: str, disk: CrashDisk) -> None:
        """The start may write as well: it brings the backup up to the state."""
        self.machines[name].restart(disk)
        self.changing_request(name)(self.machines[name].node)

    def changing_request(self, name: str) -> Callable[[Node], object]:
        """Some request that writes in the present state."""
        if self.state(name) is State.EMPTY:
            kem_io = self.ledger.keys[-1].kem_io
            return lambda n: n.create_node_key(self.ledger.network, kem_io=kem_io)
        if self.full(name):
            kem_io = self.ledger.keys[-1].kem_io
            return lambda n: n.create_node_key(self.ledger.network, kem_io=kem_io, discard=True)
        purpose = self.ledger.purpose()
        if self.state(name) is State.HOLDER:
            node = self.machines[name].node
            purpose.chain.CopyFrom(self.ledger.proof(node, anchors=[purpose.anchor_height]))
        return lambda n: n.make_quote(purpose)

    def check_successor(self, before: Mapping[bytes, bytes], after: Mapping[bytes, bytes]) -> None:
        """A step keeps the seed for ever, and the node key unless it was discarded on purpose."""
        for key, value in before.items():
            if key.startswith(b"seed/"):
                assert after[key] == value
        assert {b"network", b"node_key"} <= set(after)


def but_for_headers(entries: Mapping[bytes, bytes]) -> Mapping[bytes, bytes]:
    """What a backup must hold: everything but how far the light client got."""
    result = dict(entries)
    for key, value in entries.items():
        if key == b"trust":
            trust = SealedTrust.FromString(value)
            trust.ClearField("last_header")
            result[key] = trust.SerializeToString(deterministic=True)
        elif key.startswith(b"quote/"):
            quote = SealedQuote.FromString(value)
            quote.ClearField("last_header")
            result[key] = quote.SerializeToString(deterministic=True)
    return result


def trusted_height(entries: Mapping[bytes, bytes]) -> int:
    """A holder's newest trusted header; 0 for the genesis, and before HOLDER."""
    return SealedTrust.FromString(entries.get(b"trust", b"")).last_header.height


TestLifecycle = Lifecycle.TestCase
TestLifecycle.settings = slow_law()


def test_the_table_covers_every_state_and_operation() -> None:
    assert set(TRANSITIONS) == set(State)
    named = {operation for row in TRANSITIONS.values() for operation in row}
    assert named == set(Operation)


def test_no_way_leads_out_of_holder_or_back_to_empty() -> None:
    for targets in TRANSITIONS[State.HOLDER].values():
        assert targets == {State.HOLDER}
    for state in (State.KEYED, State.PENDING, State.HOLDER):
        assert all(State.EMPTY not in targets for targets in TRANSITIONS[state].values())


def test_entropy_of_the_tests_is_fit_for_the_laws() -> None:
    """Two calls of one source, or one call of two sources, never agree by accident."""
    one, other = Entropy("one"), Entropy("other")
    draws = [one(32), one(32), other(32), hashlib.sha256(b"").digest()]
    assert len(set(draws)) == len(draws)
