"""`DurableFile` on a disk that crashes at every call, and on one that fails at every call."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enclave.crypto.sealing import Role
from enclave.errors import Code, Refusal
from enclave.framework.sealed_state import StorageUncertain
from enclave.service.durable_file import Disk, DurableFile, OsDisk
from enclave.service.home import Home
from tests.support.crash_disk import CrashDisk, PowerCut, StoppingDisk
from tests.support.refusals import refused

HOME = Path("/enclave")
CALLS = ["write state.new", "sync state.new", "rename state.new state", "sync enclave"]
contents = st.binary(min_size=1, max_size=1600)


def durable(disk: Disk) -> DurableFile:
    return DurableFile(HOME / "state", disk=disk, max_bytes=4096)


def saved(data: bytes) -> CrashDisk:
    disk = CrashDisk()
    durable(disk).save(data)
    disk.calls.clear()
    return disk


def test_the_calls_of_a_save_and_their_order() -> None:
    disk = CrashDisk()
    durable(disk).save(b"new")
    assert disk.calls == CALLS


@given(contents, contents)
def test_a_crash_before_any_call_leaves_the_old_or_the_new_file_whole(
    old: bytes, new: bytes
) -> None:
    before = saved(old)
    for stop_before in range(1, len(CALLS) + 1):
        disk = StoppingDisk(before, stop_before)
        with pytest.raises(PowerCut):
            durable(disk).save(new)
        left = {durable(after).load() for after in disk.after_crash()}
        assert old in left
        assert left <= {old, new}


@given(contents)
def test_a_first_save_leaves_nothing_or_the_whole_file(new: bytes) -> None:
    for stop_before in range(1, len(CALLS) + 1):
        disk = StoppingDisk(CrashDisk(), stop_before)
        with pytest.raises(PowerCut):
            durable(disk).save(new)
        assert {durable(after).load() for after in disk.after_crash()} <= {None, new}


@given(contents, contents)
def test_once_save_returned_no_crash_brings_the_old_file_back(old: bytes, new: bytes) -> None:
    disk = saved(old)
    durable(disk).save(new)
    assert {durable(after).load() for after in disk.after_crash()} == {new}


@pytest.mark.parametrize("call", [1, 2, 3])
def test_a_failing_call_before_the_rename_leaves_the_old_file_and_no_other(call: int) -> None:
    disk = saved(b"old")
    disk.fail_at = call
    with pytest.raises(Refusal) as refused:
        durable(disk).save(b"new")
    assert refused.value.code is Code.STORAGE_FAILED
    assert refused.value.found == "No space left on device"
    assert durable(disk).load() == b"old"
    with pytest.raises(FileNotFoundError):
        disk.read(HOME / "state.new", 1)


def test_a_failing_sync_of_the_directory_is_uncertain() -> None:
    disk = saved(b"old")
    disk.fail_at = 4
    with pytest.raises(StorageUncertain):
        durable(disk).save(b"new")
    assert {durable(after).load() for after in disk.after_crash()} == {b"old", b"new"}


def test_a_first_start_whose_last_sync_fails_is_refused_in_words() -> None:
    disk = CrashDisk(fail_at=len(CALLS))
    with refused(Code.STORAGE_FAILED):
        Home(HOME, disk=disk, entropy=bytes).software_seal_key()


@pytest.mark.parametrize("role", Role)
def test_a_key_is_not_made_anew_beside_what_another_sealed(role: Role, tmp_path: Path) -> None:
    home = Home(tmp_path, disk=OsDisk(), entropy=bytes)
    home.save(role, b"sealed")
    with refused(Code.SEAL_KEY_UNUSABLE):
        home.software_seal_key()
    assert not (tmp_path / "software-seal.key").exists()


def test_every_directory_on_the_way_to_a_new_home_is_made_durable(tmp_path: Path) -> None:
    disk = CrashDisk()
    os.close(Home(tmp_path / "a" / "b" / "home", disk=disk, entropy=bytes).open())
    assert set(disk.calls) == {"sync b", "sync a", f"sync {tmp_path.name}"}


def test_the_model_of_the_disk_notices_a_missing_sync() -> None:
    """The double can fail: without the sync of the file, a crash leaves a torn file."""

    class Forgetful(CrashDisk):
        def sync(self, path: Path) -> None:
            if path == HOME:
                super().sync(path)

    disk = Forgetful()
    durable(disk).save(bytes(1000))
    assert {len(durable(after).load() or b"") for after in disk.after_crash()} == {0, 512, 1000}


def test_a_file_over_its_limit_is_refused() -> None:
    disk = saved(bytes(4096))
    assert durable(disk).load() == bytes(4096)
    disk.write_new(HOME / "state", bytes(4097))
    with pytest.raises(Refusal) as refused:
        durable(disk).load()
    assert refused.value.code is Code.STORAGE_FAILED


class TestRealDisk:
    def test_round_trip_with_private_mode_and_no_rest(self, tmp_path: Path) -> None:
        file = DurableFile(tmp_path / "state", disk=OsDisk(), max_bytes=4096)
        assert file.load() is None
        file.save(b"one")
        file.save(b"two")
        assert file.load() == b"two"
        assert [path.name for path in tmp_path.iterdir()] == ["state"]
        assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o600

    def test_a_symlink_at_the_temporary_name_is_not_followed(self, tmp_path: Path) -> None:
        victim = tmp_path / "victim"
        victim.write_bytes(b"precious")
        (tmp_path / "state.new").symlink_to(victim)
        with pytest.raises(Refusal) as refused:
            DurableFile(tmp_path / "state", disk=OsDisk(), max_bytes=9).save(b"x")
        assert refused.value.code is Code.STORAGE_FAILED
        assert victim.read_bytes() == b"precious"

    def test_a_directory_in_the_place_of_the_file_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "state").mkdir()
        file = DurableFile(tmp_path / "state", disk=OsDisk(), max_bytes=9)
        for action in (file.load, lambda: file.save(b"x")):
            with pytest.raises(Refusal) as refused:
                action()
            assert refused.value.code is Code.STORAGE_FAILED
