"""The whole state against a dict: write, delete, iterate, branch, save, crash, load, prune.

The disk is a double: a list of records of which a crash keeps what `append` had returned for, the
last one perhaps torn, and the frames of the last finished snapshot. Every version in reach is
compared with the dict of that version, and its trees are hashed again.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Final

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from chain_module.store.branch import Branch, ChildBranch
from chain_module.store.encoding import EMPTY_ROOT
from chain_module.store.errors import StoreCode, StoreFault
from chain_module.store.log_record import encode_record
from chain_module.store.node import root_hash
from chain_module.store.snapshot import read_snapshot, write_snapshot
from chain_module.store.state import CommittedState
from chain_module.store.types import CommitLog, Entry, StateReader
from chain_module.store.version import no_version
from tests.chain_module.store.audit import Auditor

NAMES: Final = ("bank", "registration")
INITIAL: Final = 5
KEEP: Final = 3
ANCHOR: Final = b"\x00\x00anchor"
"""A key that every store always has: no store may be empty."""

stores = st.sampled_from(NAMES)
keys = st.binary(min_size=1, max_size=2) | st.sampled_from([b"a", b"b", b"\xff", b"\xff\xff"])
values = st.binary(min_size=1, max_size=3)

Model = dict[str, dict[bytes, bytes]]


class Disk:
    """A `CommitLog` that survives the process."""

    def __init__(self) -> None:
        self.log: dict[int, bytes] = {}
        self.snapshot: bytes | None = None

    def append(self, version: int, record: bytes) -> None:
        """As `CommitLog.append`."""
        assert not self.log or version == max(self.log) + 1
        self.log[version] = record

    def records(self, after: int) -> Iterator[bytes]:
        """As `CommitLog.records`."""
        return iter([record for version, record in self.log.items() if version > after])

    def truncate(self, upto: int) -> None:
        """As `CommitLog.truncate`."""
        self.log = {version: record for version, record in self.log.items() if version > upto}


def load(disk: Disk) -> CommittedState:
    """What a node does at its start: snapshot, log, and a torn last record is dropped."""
    if disk.snapshot is None:
        version = no_version(NAMES, initial_version=INITIAL)
    else:
        version = read_snapshot(io.BytesIO(disk.snapshot).read)
    state = CommittedState(version, keep=KEEP)
    for record in disk.records(state.newest.number):
        try:
            state.replay(record)
        except StoreFault as fault:
            if fault.code is not StoreCode.DAMAGED_RECORD or record != disk.log[max(disk.log)]:
                raise
            del disk.log[max(disk.log)]
    return state


def contents(state: StateReader) -> Model:
    """Everything that a state says it holds."""
    return {name: dict(state.store(name).iterate()) for name in state.names}


class StateMachine(RuleBasedStateMachine):
    """One node's state, and what a dict says that it should be."""

    def __init__(self) -> None:
        super().__init__()
        self.disk = Disk()
        self.durable: dict[int, Model] = {INITIAL - 1: {name: {} for name in NAMES}}
        self.roots: dict[int, bytes] = {}
        self.snapshotted = INITIAL - 1
        self.restart()

    def restart(self) -> None:
        """A process starts with what is on the disk."""
        self.state = load(self.disk)
        self.first = self.snapshotted
        newest = self.state.newest.number
        self.durable = {number: m for number, m in self.durable.items() if number <= newest}
        self.begin_block()

    def begin_block(self) -> None:
        """A new block runs on the newest version."""
        model = self.durable[self.state.newest.number]
        self.branches: list[Branch] = [self.state.branch()]
        self.models: list[Model] = [{name: dict(entries) for name, entries in model.items()}]
        for name in NAMES:
            self.write(name, ANCHOR, b"here")

    def write(self, store: str, key: bytes, value: bytes | None) -> None:
        """One change in the innermost branch and its model."""
        branch, model = self.branches[-1].store(store), self.models[-1][store]
        if value is None:
            branch.delete(key)
            model.pop(key, None)
        else:
            branch.set(key, value)
            model[key] = value

    @rule(store=stores, key=keys, value=values)
    def set(self, store: str, key: bytes, value: bytes) -> None:
        self.write(store, key, value)

    @rule(store=stores, key=keys)
    def delete(self, store: str, key: bytes) -> None:
        self.write(store, key, None)

    @rule(store=stores, key=keys)
    def get(self, store: str, key: bytes) -> None:
        assert self.branches[-1].store(store).get(key) == self.models[-1][store].get(key)

    @rule(store=stores, start=st.just(b"") | keys, end=st.none() | keys, reverse=st.booleans())
    def iterate(self, store: str, start: bytes, end: bytes | None, *, reverse: bool) -> None:
        found = list(self.branches[-1].store(store).iterate(start, end, reverse=reverse))
        assert found == expected_range(self.models[-1][store], start, end, reverse=reverse)

    @rule()
    def branch(self) -> None:
        self.branches.append(self.branches[-1].branch())
        self.models.append({name: dict(entries) for name, entries in self.models[-1].items()})

    @precondition(lambda self: len(self.branches) > 1)
    @rule()
    def commit_branch(self) -> None:
        child = self.branches.pop()
        assert isinstance(child, ChildBranch)
        child.commit()
        self.models[-2:] = [self.models[-1]]

    @precondition(lambda self: len(self.branches) > 1)
    @rule()
    def forget_branch(self) -> None:
        self.branches.pop()
        self.models.pop()

    @rule(
        crash=st.sampled_from(["none", "none", "before append", "torn append", "before apply"]),
        cut=st.integers(min_value=0, max_value=10_000),
    )
    def save(self, crash: str, cut: int) -> None:
        prepared = self.state.prepare(self.branches[0].changes())
        record, number = encode_record(prepared.record), prepared.version.number
        log: CommitLog = self.disk
        if crash != "before append":
            log.append(number, record[: cut % len(record)] if crash == "torn append" else record)
        if crash in {"none", "before apply"}:
            self.durable[number] = self.models[0]
            self.roots[number] = prepared.version.app_hash
        if crash == "none":
            self.state.apply(prepared)
            self.begin_block()
        else:
            self.restart()

    @rule(back=st.integers(min_value=0, max_value=KEEP - 1), truncate=st.booleans())
    def snapshot(self, back: int, *, truncate: bool) -> None:
        number = self.kept()[-1 - back % len(self.kept())]
        # An older one than there is would want records that may be gone.
        if number > self.snapshotted:
            self.disk.snapshot = b"".join(write_snapshot(self.state.at(number)))
            self.snapshotted = number
            if truncate:
                self.disk.truncate(number)

    @rule()
    def crash(self) -> None:
        self.restart()

    @invariant()
    def a_branch_says_what_the_dict_says(self) -> None:
        assert contents(self.branches[-1]) == self.models[-1]

    @invariant()
    def kept_versions_are_what_they_were(self) -> None:
        assert contents(self.state) == self.durable[self.state.newest.number]
        for number in self.kept():
            version = self.state.at(number)
            assert contents(version) == self.durable[number]
            assert version.app_hash == self.roots.get(number, EMPTY_ROOT)

    @invariant()
    def no_other_version_is_there(self) -> None:
        kept = self.kept()
        for number in (kept[0] - 1, kept[-1] + 1):
            with pytest.raises(StoreFault) as fault:
                self.state.at(number)
            assert fault.value.code is StoreCode.VERSION_NOT_KEPT

    def kept(self) -> range:
        """The versions that have to be readable."""
        newest = self.state.newest.number
        return range(max(self.first, newest - KEEP + 1), newest + 1)

    def teardown(self) -> None:
        auditor = Auditor()
        for tree in self.state.newest.trees.values():
            found = auditor.root_of(tree, version=self.state.newest.number)
            assert found == root_hash(tree)


def expected_range(
    model: dict[bytes, bytes], start: bytes, end: bytes | None, *, reverse: bool
) -> list[Entry]:
    """What iterating should give."""
    inside = [key for key in model if start <= key and (end is None or key < end)]
    return [(key, model[key]) for key in sorted(inside, reverse=reverse)]


TestStateMachine = StateMachine.TestCase
