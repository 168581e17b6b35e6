"""The collateral that an operator named, as renewals read it: strictly, bounded, never fatal."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from enclave.attestation.limits import MAX_COLLATERAL_BYTES
from node.collateral import NamedCollateral
from node.config.failures import ConfigFailure
from tests.node.collateral.test_forms import BASE


class Lines:
    """A log that remembers."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, str | int]] = []

    def __call__(self, level: str, event: str, **fields: str | int) -> None:
        assert fields["found"]
        self.seen.append((level, event, fields["code"]))


def read(path: Path, *, needed: bool = False) -> tuple[bytes, list[tuple[str, str, str | int]]]:
    log = Lines()
    return NamedCollateral(path).read(log=log, needed=needed), log.seen


def warned(code: str) -> list[tuple[str, str, str | int]]:
    return [("warning", "collateral_unusable", code)]


def test_what_was_kept_is_read(tmp_path: Path) -> None:
    path = tmp_path / "collateral.json"
    NamedCollateral(path).keep(b"older")
    NamedCollateral(path).keep(BASE)
    assert read(path) == (BASE, [])


def test_none_is_said_where_it_is_needed(tmp_path: Path) -> None:
    path = tmp_path / "collateral.json"
    assert read(path) == (b"", [])
    assert read(path, needed=True) == (b"", warned("collateral_missing"))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "malformed_collateral"),
        (b"\xef\xbb\xbf" + BASE, "malformed_collateral"),
        (BASE.ljust(MAX_COLLATERAL_BYTES + 1), "too_large"),
        (BASE.ljust(MAX_COLLATERAL_BYTES * 9), "too_large"),
    ],
    ids=["empty", "bom", "large", "larger"],
)
def test_a_file_that_cannot_be_used_is_a_warning(tmp_path: Path, data: bytes, code: str) -> None:
    path = tmp_path / "collateral.json"
    path.write_bytes(data)
    assert read(path) == (b"", warned(code))


@pytest.mark.parametrize("kind", ["folder", "pipe", "loop"])
def test_nor_does_another_kind_of_file_hold_anybody_up(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "collateral.json"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(path)
    assert read(path) == (b"", warned("config_unreadable"))


def test_a_home_that_cannot_be_written_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(ConfigFailure):
        NamedCollateral(tmp_path / "none" / "collateral.json").keep(BASE)
