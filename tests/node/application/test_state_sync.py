"""State sync between two storages, with the engine's part played by its own rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Final

import pytest

from chain_module.abci import requests as req
from chain_module.abci import responses as res
from chain_module.abci.common import Snapshot
from chain_module.store.chunks import (
    CHUNK_BYTES,
    FORMAT,
    Manifest,
    decode_manifest,
    manifest_of,
)
from chain_module.store.snapshot import write_snapshot
from chain_module.store.state import CommittedState
from chain_module.store.types import StateChanges
from chain_module.store.version import no_version
from node.application.state_sync import StateSync, snapshot_of
from node.storage import Storage
from tests.support.abci_client import LogLines
from tests.support.storage import NAMES, changes_of, commit_block, digest, reopen

HEIGHT: Final = 10
CHUNKS: Final = 4
OFFER = res.OfferResult
APPLY = res.ApplyResult


def large(number: int) -> StateChanges:
    """More than three chunks, of bytes that no compression knows."""
    values = {
        n.to_bytes(2, "big"): b"".join(digest(number, n, part) for part in range(128))
        for n in range(CHUNKS * CHUNK_BYTES // 4200)
    }
    return {NAMES[0]: values, NAMES[1]: {b"k": b"v"}}


@dataclass
class Side:
    """A node of the two."""

    storage: Storage
    sync: StateSync
    log: LogLines
    replaced: list[int]

    def offers(self) -> tuple[Snapshot, ...]:
        return self.sync.offers().snapshots

    def load(self, snapshot: Snapshot, index: int) -> bytes:
        request = req.LoadSnapshotChunkRequest(snapshot.height, snapshot.format, index)
        return self.sync.load(request).chunk

    def offer(self, snapshot: Snapshot, app_hash: bytes) -> res.OfferResult:
        return self.sync.offer(req.OfferSnapshotRequest(snapshot, app_hash)).result

    def apply(
        self, index: int, chunk: bytes, sender: str = "peer"
    ) -> res.ApplySnapshotChunkResponse:
        return self.sync.apply(req.ApplySnapshotChunkRequest(index, chunk, sender))

    def codes(self, event: str) -> list[str]:
        return [str(line["code"]) for line in self.log.of(event)]


@pytest.fixture
def opened() -> Iterator[Callable[[Path], Side]]:
    sides: list[Side] = []

    def open_(folder: Path) -> Side:
        log, replaced = LogLines(), list[int]()
        storage = reopen(folder, log=log, snapshot_every=HEIGHT)
        sync = StateSync(storage, log=log, replaced=lambda: replaced.append(storage.height))
        sides.append(Side(storage, sync, log, replaced))
        return sides[-1]

    yield open_
    for side in sides:
        side.storage.close()


@pytest.fixture
def server(tmp_path: Path, opened: Callable[[Path], Side]) -> Side:
    """A node that has a snapshot of block 10, and three blocks after it."""
    side = opened(tmp_path / "server")
    commit_block(side.storage, large(1))
    while side.storage.height < HEIGHT:
        commit_block(side.storage)
    side.storage.wait_for_snapshot()
    for _ in range(3):
        commit_block(side.storage)
    return side


@pytest.fixture
def newcomer(tmp_path: Path, opened: Callable[[Path], Side]) -> Side:
    return opened(tmp_path / "newcomer")


@pytest.fixture
def offered(server: Side) -> Snapshot:
    (snapshot,) = server.offers()
    return snapshot


@pytest.fixture
def app_hash(server: Side) -> bytes:
    return server.storage.state.at(HEIGHT).app_hash


def test_a_snapshot_becomes_the_state_of_a_newcomer(
    server: Side, newcomer: Side, offered: Snapshot, app_hash: bytes
) -> None:
    assert (offered.height, offered.format, offered.chunks) == (HEIGHT, FORMAT, CHUNKS)
    assert newcomer.offer(offered, app_hash) is OFFER.ACCEPT
    for index in range(CHUNKS):
        assert newcomer.storage.height == 0
        chunk = server.load(offered, index)
        assert newcomer.apply(index, chunk) == res.ApplySnapshotChunkResponse(APPLY.ACCEPT)
    assert newcomer.storage.height == HEIGHT
    assert newcomer.storage.state.newest == server.storage.state.at(HEIGHT)
    assert newcomer.replaced[-1] == HEIGHT
    # Both go on, and have one state; what was before is not here.
    assert newcomer.storage.block(HEIGHT) is None
    for _ in range(3):
        commit_block(newcomer.storage)
    assert newcomer.storage.state.newest == server.storage.state.newest


def test_the_restored_state_is_there_after_a_restart(
    server: Side, offered: Snapshot, tmp_path: Path, opened: Callable[[Path], Side]
) -> None:
    first, app_hash = opened(tmp_path / "node"), server.storage.state.at(HEIGHT).app_hash
    restore(server, first, offered, app_hash)
    first.storage.close()
    again = opened(tmp_path / "node")
    assert again.storage.height == HEIGHT
    assert again.storage.state.newest.app_hash == app_hash
    commit_block(again.storage)
    again.storage.close()
    assert opened(tmp_path / "node").storage.height == HEIGHT + 1


def test_a_newcomer_serves_what_it_was_given(
    server: Side, newcomer: Side, offered: Snapshot, app_hash: bytes
) -> None:
    """Byte by byte: a third node may take each chunk from another of the two."""
    restore(server, newcomer, offered, app_hash)
    assert newcomer.offers() == ()
    for _ in range(3):
        commit_block(newcomer.storage)
    assert newcomer.offers() == (offered,)
    for index in range(CHUNKS):
        assert newcomer.load(offered, index) == server.load(offered, index)


def restore(server: Side, newcomer: Side, offered: Snapshot, app_hash: bytes) -> None:
    assert newcomer.offer(offered, app_hash) is OFFER.ACCEPT
    for index in range(offered.chunks):
        assert newcomer.apply(index, server.load(offered, index)).result is APPLY.ACCEPT


# Offers.


def manifest(offered: Snapshot, **changed: object) -> Snapshot:
    """The offer with another manifest."""
    fields = {name: getattr(decode_manifest(offered.metadata), name) for name in Manifest.__slots__}
    return snapshot_of(Manifest(**{**fields, **changed}))


def rehashed(offered: Snapshot, metadata: bytes) -> Snapshot:
    return replace(offered, metadata=metadata, hash=sha256(metadata).digest())


REFUSED: Final[dict[str, tuple[Callable[[Snapshot], Snapshot], OFFER, str]]] = {
    "another format": (lambda o: replace(o, format=2), OFFER.REJECT_FORMAT, "unknown_format"),
    "no manifest": (lambda o: rehashed(o, b""), OFFER.REJECT_SENDER, "bad_manifest"),
    "a manifest cut short": (
        lambda o: rehashed(o, o.metadata[:-1]),
        OFFER.REJECT_SENDER,
        "bad_manifest",
    ),
    "another magic": (
        lambda o: rehashed(o, b"S" + o.metadata[1:]),
        OFFER.REJECT_SENDER,
        "bad_manifest",
    ),
    "too many chunks": (
        lambda o: rehashed(o, o.metadata + bytes(32 * 8192)),
        OFFER.REJECT_SENDER,
        "bad_manifest",
    ),
    "more bytes than its chunks hold": (
        lambda o: manifest(o, size=CHUNKS * CHUNK_BYTES + 1),
        OFFER.REJECT_SENDER,
        "bad_manifest",
    ),
    "fewer bytes than its chunks hold": (
        lambda o: manifest(o, size=(CHUNKS - 1) * CHUNK_BYTES),
        OFFER.REJECT_SENDER,
        "bad_manifest",
    ),
    "another hash": (lambda o: replace(o, hash=bytes(32)), OFFER.REJECT_SENDER, "bad_manifest"),
    "another height": (lambda o: replace(o, height=11), OFFER.REJECT_SENDER, "bad_manifest"),
    "another count": (lambda o: replace(o, chunks=5), OFFER.REJECT_SENDER, "bad_manifest"),
    "another app hash": (
        lambda o: manifest(o, app_hash=bytes(32)),
        OFFER.REJECT,
        "other_app_hash",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_offer_that_is_not_ours_is_refused(
    name: str, newcomer: Side, offered: Snapshot, app_hash: bytes
) -> None:
    change, result, code = REFUSED[name]
    assert newcomer.offer(change(offered), app_hash) is result
    (line,) = newcomer.log.of("snapshot_refused")
    assert line["code"] == code
    assert line["expected"]
    assert newcomer.apply(0, b"").result is APPLY.ABORT


def test_an_offer_to_a_node_with_blocks_is_refused(
    server: Side, newcomer: Side, offered: Snapshot, app_hash: bytes
) -> None:
    commit_block(newcomer.storage)
    before = newcomer.storage.state.newest
    assert newcomer.offer(offered, app_hash) is OFFER.ABORT
    assert newcomer.codes("snapshot_refused") == ["state_exists"]
    assert newcomer.apply(0, server.load(offered, 0)).result is APPLY.ABORT
    assert newcomer.storage.state.newest == before


def test_a_restored_state_without_a_block_may_be_restored_again(
    server: Side, newcomer: Side, offered: Snapshot, app_hash: bytes
) -> None:
    """The engine was killed before it knew of the state: it starts over."""
    restore(server, newcomer, offered, app_hash)
    assert newcomer.offer(offered, app_hash) is OFFER.ACCEPT
    assert newcomer.storage.height == 0
    assert newcomer.replaced[-1] == 0
    restore(server, newcomer, offered, app_hash)
    commit_block(newcomer.storage)
    assert newcomer.offer(offered, app_hash) is OFFER.ABORT
    assert newcomer.storage.height == HEIGHT + 1


def test_a_second_offer_forgets_the_chunks_of_the_first(
    server: Side, newcomer: Side, offered: Snapshot, app_hash: bytes
) -> None:
    assert newcomer.offer(offered, app_hash) is OFFER.ACCEPT
    assert newcomer.apply(0, server.load(offered, 0)).result is APPLY.ACCEPT
    restore(server, newcomer, offered, app_hash)
    assert newcomer.storage.state.newest.app_hash == app_hash


def test_a_restored_node_writes_its_next_snapshot_where_others_do(
    server: Side, newcomer: Side, offered: Snapshot, app_hash: bytes, tmp_path: Path
) -> None:
    restore(server, newcomer, offered, app_hash)
    while newcomer.storage.height < 2 * HEIGHT:
        commit_block(newcomer.storage)
        newcomer.storage.wait_for_snapshot()
    names = sorted(path.name for path in (tmp_path / "newcomer" / "snapshots").iterdir())
    assert names == [f"{number:020d}.snapshot" for number in (HEIGHT, 2 * HEIGHT)]


def test_a_disk_without_room_ends_it(
    newcomer: Side, server: Side, offered: Snapshot, app_hash: bytes, tmp_path: Path
) -> None:
    assert newcomer.offer(offered, app_hash) is OFFER.ACCEPT
    # What stands where the chunks go cannot be written.
    (tmp_path / "newcomer" / "snapshots" / f"{HEIGHT:020d}.incoming.partial").mkdir()
    assert newcomer.apply(0, server.load(offered, 0)).result is APPLY.ABORT
    assert newcomer.codes("state_sync_ended") == ["disk_failed"]
    assert newcomer.offer(offered, app_hash) is OFFER.ABORT
    assert newcomer.codes("snapshot_refused") == ["disk_failed"]


# Chunks.


def test_a_bad_chunk_names_its_sender_and_is_fetched_again(
    server: Side, newcomer: Side, offered: Snapshot, app_hash: bytes
) -> None:
    assert newcomer.offer(offered, app_hash) is OFFER.ACCEPT
    first, second = (server.load(offered, index) for index in range(2))
    assert newcomer.apply(0, first, "honest").result is APPLY.ACCEPT
    for bad in (b"", second[:-1], second + b"\x00", bytes([second[0] ^ 1]) + second[1:], first):
        answer = newcomer.apply(1, bad, "liar")
        assert answer == res.ApplySnapshotChunkResponse(APPLY.RETRY, (1,), ("liar",))
    assert newcomer.apply(1, bytes(2)) == res.ApplySnapshotChunkResponse(
        APPLY.RETRY, (1,), ("peer",)
    )
    assert newcomer.apply(1, bytes(2), "").reject_senders == ()
    assert newcomer.codes("chunk_refused") == ["bad_chunk"] * 7
    assert newcomer.apply(1, second, "honest").result is APPLY.ACCEPT
    for index in range(2, CHUNKS):
        assert newcomer.apply(index, server.load(offered, index)).result is APPLY.ACCEPT
    assert newcomer.storage.state.newest.app_hash == app_hash


@pytest.mark.parametrize("index", [1, CHUNKS, 2**32 - 1])
def test_a_chunk_that_is_not_the_next_ends_it(
    index: int, server: Side, newcomer: Side, offered: Snapshot, app_hash: bytes
) -> None:
    assert newcomer.offer(offered, app_hash) is OFFER.ACCEPT
    assert newcomer.apply(index, server.load(offered, 1)).result is APPLY.ABORT
    assert newcomer.codes("state_sync_ended") == ["not_offered"]


def another_state() -> tuple[Manifest, list[bytes]]:
    """What a liar makes: a whole snapshot of another state at that height."""
    state = CommittedState(no_version(NAMES))
    state.apply(state.prepare(large(2)))
    while state.newest.number < HEIGHT:
        state.apply(state.prepare(changes_of(state.newest.number + 1)))
    data = b"".join(write_snapshot(state.newest))
    chunks = [data[at : at + CHUNK_BYTES] for at in range(0, len(data), CHUNK_BYTES)]
    return manifest_of(chunks), chunks


def test_a_liar_who_copies_the_app_hash_is_found_out(
    newcomer: Side, app_hash: bytes, tmp_path: Path
) -> None:
    """The head of its snapshot says what is trusted; the rows are of another state."""
    false, chunks = another_state()
    head, *frames = frames_of(b"".join(chunks))
    head = head[:-32].replace(false.app_hash, app_hash)
    data = b"".join((head, sha256(head[4:]).digest(), *frames))
    chunks = [data[at : at + CHUNK_BYTES] for at in range(0, len(data), CHUNK_BYTES)]
    assert newcomer.offer(snapshot_of(manifest_of(chunks)), app_hash) is OFFER.ACCEPT
    answers = [newcomer.apply(*chunk, "liar") for chunk in enumerate(chunks)]
    assert [answer.result for answer in answers[:-1]] == [APPLY.ACCEPT] * (len(chunks) - 1)
    assert answers[-1].result is APPLY.REJECT_SNAPSHOT
    assert newcomer.storage.height == 0
    assert list((tmp_path / "newcomer" / "snapshots").iterdir()) == []


def frames_of(data: bytes) -> list[bytes]:
    """The frames of a snapshot, each with its length and checksum."""
    frames, at = list[bytes](), 0
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4], "big")
        frames.append(data[at:end])
        at = end
    return frames


def test_a_state_that_is_not_the_trusted_one_bans_all_who_sent_it(
    newcomer: Side, server: Side, offered: Snapshot, app_hash: bytes, tmp_path: Path
) -> None:
    false, chunks = another_state()
    lie = snapshot_of(replace(false, app_hash=app_hash))
    assert newcomer.offer(lie, app_hash) is OFFER.ACCEPT
    *first, last = enumerate(chunks)
    for index, chunk in first:
        assert newcomer.apply(index, chunk, f"liar{index % 2}").result is APPLY.ACCEPT
    answer = newcomer.apply(*last, "liar1")
    assert answer.result is APPLY.REJECT_SNAPSHOT
    assert answer.reject_senders == ("liar0", "liar1")
    assert newcomer.codes("snapshot_refused") == ["other_state"]
    assert newcomer.storage.height == 0
    assert list((tmp_path / "newcomer" / "snapshots").iterdir()) == []
    # An honest peer's is taken afterwards.
    restore(server, newcomer, offered, app_hash)
    assert newcomer.storage.state.newest.app_hash == app_hash


# What a node serves.


def test_a_snapshot_that_is_removed_while_it_is_served_is_an_empty_chunk(
    server: Side, offered: Snapshot, tmp_path: Path
) -> None:
    assert server.load(offered, 0)
    (tmp_path / "server" / "snapshots" / f"{HEIGHT:020d}.snapshot").unlink()
    assert server.load(offered, 0) == b""
    assert server.offers() == ()
    assert server.load(offered, 0) == b""


def test_a_chunk_that_the_disk_changed_is_not_served(
    server: Side, offered: Snapshot, tmp_path: Path
) -> None:
    path = tmp_path / "server" / "snapshots" / f"{HEIGHT:020d}.snapshot"
    data = bytearray(path.read_bytes())
    data[CHUNK_BYTES + 7] ^= 1
    path.write_bytes(data)
    assert server.load(offered, 0) == bytes(data[:CHUNK_BYTES])
    assert server.load(offered, 1) == b""
    assert server.log.of("snapshot_damaged")


def test_what_there_is_not_is_an_empty_chunk(server: Side, offered: Snapshot) -> None:
    for other in (replace(offered, height=9), replace(offered, format=2)):
        assert server.load(other, 0) == b""
    for index in (CHUNKS, 2**32 - 1):
        assert server.load(offered, index) == b""


def test_a_file_that_is_no_snapshot_is_not_offered(server: Side, tmp_path: Path) -> None:
    (tmp_path / "server" / "snapshots" / f"{9:020d}.snapshot").write_bytes(b"something else")
    assert [snapshot.height for snapshot in server.offers()] == [HEIGHT]
    assert server.log.of("snapshot_not_offered")


def test_a_snapshot_is_offered_once_the_headers_after_it_are_there(
    tmp_path: Path, opened: Callable[[Path], Side]
) -> None:
    side = opened(tmp_path / "young")
    while side.storage.height < HEIGHT:
        commit_block(side.storage)
    side.storage.wait_for_snapshot()
    found = [len(side.offers())]
    for _ in range(3):
        commit_block(side.storage)
        found.append(len(side.offers()))
    assert found == [0, 0, 0, 1]
