"""The journal: whole or not there, one process at a time, and nothing of it is guessed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.join import JoinCode, JoinFailure, Step
from node.join.journal import FILE_NAME, Journal, Notes, Sent, exclusive

SENT = st.builds(
    Sent,
    tx_hash=st.binary(min_size=32, max_size=32).map(lambda raw: raw.hex().upper()),
    raw=st.binary(max_size=200),
    sequence=st.integers(0, 2**63),
    timeout_height=st.integers(0, 2**63),
    report_data=st.binary(min_size=64, max_size=64),
)


@given(
    network_id=st.binary(min_size=32, max_size=32),
    node_id=st.binary(min_size=32, max_size=32),
    steps=st.lists(st.sampled_from(Step), unique=True),
    sent=SENT,
    paid=st.integers(0, 100),
)
def test_what_was_written_is_read(
    *,
    tmp_path_factory: pytest.TempPathFactory,
    network_id: bytes,
    node_id: bytes,
    steps: list[Step],
    sent: Sent,
    paid: int,
) -> None:
    """Writing and reading give the same notes, and the file is for its owner alone."""
    folder = tmp_path_factory.mktemp("journal")
    journal = Journal(folder)
    journal.write(network_id=network_id, node_id=node_id, sent=sent, paid=paid)
    for step in steps:
        journal.done(step)
    again = Journal(folder)
    assert again.notes == journal.notes == Notes(network_id, node_id, tuple(steps), sent, paid)
    assert (folder / FILE_NAME).stat().st_mode & 0o077 == 0


def test_a_home_without_one_starts_from_nothing(tmp_path: Path) -> None:
    assert Journal(tmp_path).notes == Notes()


def test_a_step_is_told_once_it_is_on_the_disk(tmp_path: Path) -> None:
    seen: list[tuple[str, list[str]]] = []

    def hook(step: str) -> None:
        seen.append((step, json.loads((tmp_path / FILE_NAME).read_bytes())["steps"]))

    journal = Journal(tmp_path, hook=hook)
    journal.done(Step.GENESIS)
    journal.done(Step.CONFIG)
    assert seen == [(Step.GENESIS, ["genesis"]), (Step.CONFIG, ["genesis", "config"])]


def test_new_keys_forget_all_but_what_was_paid(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    sent = Sent("AA", b"raw", 1, 2, bytes(64))
    journal.write(network_id=bytes(32), node_id=bytes(32), sent=sent, paid=2)
    journal.restart(network_id=b"\x01" * 32)
    assert Journal(tmp_path).notes == Notes(network_id=b"\x01" * 32, paid=2)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"version": 2}',
        b'{"version": 1, "network_id": "zz", "node_id": "", "steps": [], "sent": null, "paid": 0}',
        b'{"version": 1, "network_id": "", "node_id": "", "steps": ["x"], "sent": null, "paid": 0}',
        b'{"version": 1, "network_id": "", "node_id": "", "steps": [], "sent": null, "paid": -1}',
        b'{"version": 1, "network_id": "", "node_id": "", "steps": [], "sent": {}, "paid": 0}',
        b'{"version": 1, "network_id": "", "node_id": "", "steps": [], "sent": 7, "paid": 0}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"version": 1, "paid": ' + b"9" * 6_000 + b"}",
        b'{"version": 1, "paid": 1e999}',
    ],
)
def test_what_is_no_journal_stops_the_flow(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    with pytest.raises(JoinFailure) as caught:
        Journal(tmp_path)
    assert caught.value.code == JoinCode.JOURNAL_UNUSABLE


def test_a_disk_that_refuses_leaves_the_old_one(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.write(paid=1)
    # Where the new file would be written before it takes the old one's place.
    (tmp_path / f".{FILE_NAME}.{os.getpid()}.new").mkdir()
    with pytest.raises(JoinFailure) as caught:
        journal.write(paid=2)
    assert caught.value.code == JoinCode.JOURNAL_UNUSABLE
    assert Journal(tmp_path).notes.paid == 1


def test_two_registers_on_one_home_are_refused(tmp_path: Path) -> None:
    with exclusive(tmp_path):
        with pytest.raises(JoinFailure) as caught, exclusive(tmp_path):
            pass
        assert caught.value.code == JoinCode.REGISTER_RUNNING
    with exclusive(tmp_path):
        assert [path.name for path in tmp_path.iterdir()] == ["register.lock"]
