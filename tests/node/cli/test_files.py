"""Files are read bounded and written whole, and nothing is replaced by surprise."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from node.cli.exit_codes import ExitCode
from node.cli.failures import CliCode, Failure
from node.cli.files import check_writable, read_file, write_file
from node.config.failures import ConfigCode


def code_of(caught: pytest.ExceptionInfo[Failure]) -> str:
    return caught.value.code


def test_a_private_file_is_private_from_its_first_byte(tmp_path: Path) -> None:
    target = tmp_path / "backup"
    write_file(str(target), b"sealed", force=False, private=True)
    assert target.read_bytes() == b"sealed"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [target]


def test_a_public_file_follows_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_file(str(tmp_path / "x"), b"", force=False)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o640


def test_force_replaces_and_nothing_else_does(tmp_path: Path) -> None:
    target = tmp_path / "x"
    target.write_bytes(b"old")
    with pytest.raises(Failure) as caught:
        write_file(str(target), b"new", force=False)
    assert code_of(caught) == CliCode.FILE_EXISTS
    assert target.read_bytes() == b"old"
    write_file(str(target), b"new", force=True)
    assert target.read_bytes() == b"new"


def test_a_link_is_a_file_that_exists_and_is_replaced_itself(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Failure) as caught:
        check_writable(str(tmp_path / "link"), force=False)
    assert code_of(caught) == CliCode.FILE_EXISTS
    write_file(str(tmp_path / "link"), b"x", force=True)
    assert not (tmp_path / "elsewhere").exists()
    assert not (tmp_path / "link").is_symlink()


@pytest.mark.parametrize("path", [".", "missing/x", "file/x"])
def test_where_nothing_can_be_written(path: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for force in (False, True):
        with pytest.raises(Failure) as caught:
            check_writable(str(tmp_path / path), force=force)
        assert code_of(caught) == ConfigCode.CANNOT_WRITE


def test_a_failed_write_leaves_no_temporary_file(tmp_path: Path) -> None:
    target = tmp_path / ("x" * 250)  # the temporary name is too long for a file system
    with pytest.raises(Failure) as caught:
        write_file(str(target), b"", force=False)
    assert code_of(caught) == ConfigCode.CANNOT_WRITE
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["missing", ".", "file/x", "null\0byte"])
def test_what_cannot_be_read(path: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Failure) as caught:
        read_file(f"{tmp_path}/{path}", what="a quote")
    assert code_of(caught) == ConfigCode.CONFIG_UNREADABLE
    assert caught.value.exit_code is ExitCode.USAGE
    assert caught.value.found


def test_an_endless_file_is_read_to_the_limit_and_no_further() -> None:
    with pytest.raises(Failure) as caught:
        read_file("/dev/zero", what="a quote", limit=1000, too_large=ExitCode.REFUSED)
    assert code_of(caught) == "too_large"
    assert caught.value.exit_code is ExitCode.REFUSED
    assert read_file("/dev/null", what="a quote") == b""
