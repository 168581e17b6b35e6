"""A storage against a dict, through commits, crashes, torn writes, restarts and snapshots."""

from __future__ import annotations

import enum
import shutil
import tempfile
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from chain_module.abci.responses import TxResult
from chain_module.store.types import StateChanges
from node.storage import BlockEntry, Storage, TxEntry, open_storage
from tests.support.abci_client import LogLines
from tests.support.laws import slow_law
from tests.support.storage import CHAIN_ID, NAMES, journal_of

KEYS = st.binary(min_size=1, max_size=2)
CHANGES = st.dictionaries(
    st.sampled_from(NAMES),
    st.dictionaries(KEYS, st.one_of(st.none(), st.binary(min_size=1, max_size=40)), max_size=6),
)
TXS = st.lists(
    st.tuples(st.binary(max_size=3), st.sampled_from([0, 5])), max_size=3, unique_by=lambda t: t[0]
)
PERMANENT = b"permanent"

Contents = dict[str, dict[bytes, bytes]]
Txs = list[tuple[bytes, int]]


class End(enum.Enum):
    """How a process ends, and the next one starts."""

    GOOD = "good"
    OTHER_OPTIONS = "other options"
    CRASH_IN_SNAPSHOT = "crash in snapshot"
    CRASH_IN_WRITE = "crash in write"


class StorageMachine(RuleBasedStateMachine):
    """The model: after each height the contents, the app hash and the transactions."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="storage-"))
        self.storage: Storage | None = None
        self.blocks: list[tuple[Contents, bytes, Txs]] = []
        self.keep_blocks = 1000
        self.pruned = 0
        """Heights up to this one may be forgotten."""

    @initialize()
    def create(self) -> None:
        self.open()

    def open(self) -> None:
        self.storage = open_storage(
            self.folder,
            names=NAMES,
            chain_id=CHAIN_ID,
            log=LogLines(),
            keep_blocks=self.keep_blocks,
            snapshot_every=3,
        )
        self.check_blocks()
        self.check_hashes()

    @property
    def opened(self) -> Storage:
        assert self.storage is not None
        return self.storage

    @rule(changes=CHANGES, txs=TXS)
    def commit(self, changes: StateChanges, txs: Txs) -> None:
        height = len(self.blocks) + 1
        changes = {
            name: {**changes.get(name, {}), PERMANENT: height.to_bytes(4, "big")} for name in NAMES
        }
        contents: Contents = {name: {} for name in NAMES}
        if self.blocks:
            contents = {name: dict(kept) for name, kept in self.blocks[-1][0].items()}
        branch = self.opened.state.branch()
        for name, store in changes.items():
            for key, value in store.items():
                if value is None:
                    contents[name].pop(key, None)
                    branch.store(name).delete(key)
                else:
                    contents[name][key] = value
                    branch.store(name).set(key, value)
        prepared = self.opened.state.prepare(branch.changes())
        entries = tuple(TxEntry(raw, TxResult(code=code)) for raw, code in txs)
        self.opened.commit(prepared, BlockEntry(height, bytes(32), entries))
        self.pruned = max(self.pruned, min(height - self.keep_blocks, self.pruned + 10))
        self.blocks.append((contents, prepared.version.app_hash, txs))

    @rule()
    def snapshot(self) -> None:
        self.opened.wait_for_snapshot()

    @rule(how=st.sampled_from(End), keep_blocks=st.integers(1, 20), part=st.floats(0, 1))
    def restart(self, how: End, keep_blocks: int, part: float) -> None:
        """Ends, in good order or not, and starts again. Kills: test_kills.py."""
        if how is End.CRASH_IN_WRITE:
            self.tear_a_write(part)
        self.opened.close()
        if how is End.CRASH_IN_SNAPSHOT:
            name = f"{len(self.blocks) + 1:020d}.partial"
            (self.folder / "snapshots" / name).write_bytes(b"half")
        elif how is End.OTHER_OPTIONS:
            self.keep_blocks = keep_blocks
        self.open()

    def tear_a_write(self, part: float) -> None:
        """One more block, of which only a part reaches the disk."""
        self.opened.wait_for_snapshot()  # what it prunes would be the last write
        journal = journal_of(self.folder)
        before = journal.stat().st_size
        self.commit({}, [])
        self.opened.close()
        written = journal.stat().st_size - before
        snapshots = [int(path.stem) for path in (self.folder / "snapshots").iterdir()]
        # A snapshot of it came after it was whole; what it pruned is gone, or not.
        if len(self.blocks) in snapshots or self.pruned:
            return
        with journal.open("rb+") as file:
            file.truncate(before + min(int(written * part), written - 1))
        self.blocks.pop()

    @invariant()
    def state_is_the_models(self) -> None:
        if self.storage is None:
            return
        state = self.storage.state
        assert self.storage.height == len(self.blocks)
        if not self.blocks:
            return
        contents, app_hash, _ = self.blocks[-1]
        assert state.newest.app_hash == app_hash
        for name in NAMES:
            assert dict(state.store(name).iterate()) == contents[name]
            assert list(state.newest.store(name).iterate()) == sorted(contents[name].items())

    def check_blocks(self) -> None:
        """Each block that is kept is the model's; of the others nothing is left."""
        kept_hashes = set[bytes]()
        assert self.opened.block(len(self.blocks) + 1) is None
        for height in range(len(self.blocks), self.pruned, -1):
            _, app_hash, txs = self.blocks[height - 1]
            block = self.opened.block(height)
            assert block is not None
            assert (block.app_hash, block.time_ns) == (app_hash, height)
            found = self.opened.txs_of(height)
            assert [(tx.raw, tx.result.code) for tx in found] == txs
            kept_hashes |= {tx.hash for tx in found}
        for height in range(1, self.pruned + 1):
            assert self.opened.block(height) is None
            for raw, _ in self.blocks[height - 1][2]:
                tx_hash = TxEntry(raw, TxResult()).hash
                if tx_hash not in kept_hashes:
                    assert self.opened.find_tx(tx_hash) is None

    def check_hashes(self) -> None:
        """A hash leads to the transaction that succeeded, or else to the last."""
        if self.pruned:
            return
        places: dict[bytes, tuple[int, int]] = {}
        for height, (_, _, txs) in enumerate(self.blocks, start=1):
            for raw, code in txs:
                if code == 0 or places.get(raw, (0, 1))[1] != 0:
                    places[raw] = (height, code)
        for raw, place in places.items():
            found = self.opened.find_tx(TxEntry(raw, TxResult()).hash)
            assert found is not None
            assert (found.height, found.result.code) == place

    def teardown(self) -> None:
        if self.storage is not None:
            self.storage.close()
        shutil.rmtree(self.folder)


TestStorage = StorageMachine.TestCase
TestStorage.settings = slow_law()
