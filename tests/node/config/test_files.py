"""Files of a home: whole or not at all, and never over one that must stay."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from node.config.failures import ConfigCode, ConfigFailure
from node.config.files import create_file, make_folder, read_bytes, replace_file


def _refused(code: ConfigCode) -> pytest.RaisesExc[ConfigFailure]:
    return pytest.RaisesExc(ConfigFailure, check=lambda failure: failure.code is code)


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "x"
    replace_file(path, b"first")
    replace_file(path, b"second", mode=0o600)
    assert path.read_bytes() == b"second"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["x"]


def test_a_file_is_never_created_over_another(tmp_path: Path) -> None:
    path = tmp_path / "x"
    create_file(path, b"first")
    with _refused(ConfigCode.HOME_EXISTS):
        create_file(path, b"second")
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "nowhere")
    with _refused(ConfigCode.HOME_EXISTS):
        create_file(link, b"second")
    assert path.read_bytes() == b"first"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["link", "x"]


def test_what_a_killed_process_left_is_no_obstacle(tmp_path: Path) -> None:
    left = tmp_path / f".x.{os.getpid()}.new"
    left.write_bytes(b"half")
    replace_file(tmp_path / "x", b"whole")
    assert (tmp_path / "x").read_bytes() == b"whole"
    assert not left.exists()


def test_a_temporary_name_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"theirs")
    (tmp_path / f".x.{os.getpid()}.new").symlink_to(target)
    replace_file(tmp_path / "x", b"ours")
    assert target.read_bytes() == b"theirs"


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for call in (replace_file, create_file):
        with _refused(ConfigCode.CANNOT_WRITE):
            call(tmp_path / "none" / "x", b"")
    with _refused(ConfigCode.CANNOT_WRITE):
        make_folder(tmp_path / "file" / "x")
    (tmp_path / "folder").mkdir()
    with _refused(ConfigCode.CANNOT_WRITE):
        replace_file(tmp_path / "folder", b"")


def test_reading_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "x"
    assert read_bytes(path) is None
    assert read_bytes(tmp_path / "x" / "y") is None
    path.write_bytes(b"12345")
    assert read_bytes(path, limit=5) == b"12345"
    with _refused(ConfigCode.CONFIG_UNREADABLE):
        read_bytes(path, limit=4)
    with _refused(ConfigCode.CONFIG_UNREADABLE):
        read_bytes(tmp_path)
