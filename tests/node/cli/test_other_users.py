"""A home of which a part belongs to another user, or is shut: the path, its owner, and no bug.

One command that was run with sudo is enough. Root may open everything, so as root the commands run
as somebody else.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

import enclave
from node.cli.exit_codes import ExitCode
from node.engine import pinned
from node.engine.plan import engine_path
from tests.support.forked_cli import Ended, ForkedCli

NOBODY: Final = 65_534
USER: Final = NOBODY if os.geteuid() == 0 else None
BUGS: Final = ("Traceback", "internal_error")
PRODUCT: Final = Path(enclave.__file__ or "").parent
CONFIG: Final = tuple(
    f"config{name}"
    for name in (
        "",
        "/node.toml",
        "/client.toml",
        "/config.toml",
        "/genesis.json",
        "/node_key.json",
        "/priv_validator_key.json",
    )
)
WRITTEN: Final = (
    "data",
    "data/priv_validator_state.json",
    "data/seedpact",
    "enclave",
    "enclave/state.sealed",
    "enclave/endpoint.token",
    "logs",
    "run",
    "run/start.lock",
    "run/node.pid",
)
KEYS: Final = ("keyring-test", "keyring-test/alice.key")
PATHS: Final = ("", *CONFIG, *WRITTEN, *KEYS)


@pytest.fixture(scope="module")
def forked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkedCli]:
    with ForkedCli(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture(scope="module")
def whole(forked: ForkedCli) -> Iterator[Path]:
    """A home of that user, in a folder that they may enter; pytest's own are shut."""
    with tempfile.TemporaryDirectory(prefix="users-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        place = folder / "home"
        place.mkdir()
        if USER is not None:
            os.chown(place, USER, USER)
        init = ("init", "one", "--home", str(place), "--chain-id", "users-1", "--mode", "software")
        ended = forked(*init)
        assert ended.exit_code == ExitCode.DONE, ended
        keys = ("keys", "add", "alice", "--home", str(place), "--keyring-backend", "test")
        assert forked(*keys).exit_code == ExitCode.DONE
        for part in ("data/seedpact", "data/blockstore.db"):
            (place / part).mkdir()
        files = ("enclave/state.sealed", "enclave/endpoint.token", "run/start.lock", "run/node.pid")
        for part in files:
            (place / part).touch(mode=0o600)
        # Never run; but `start` builds none, and goes on to the home.
        engine = engine_path(place / "engine", pinned())
        engine.parent.mkdir(parents=True)
        engine.touch()
        give(place, USER)
        yield place


def give(folder: Path, user: int | None) -> None:
    """Everything in it becomes that user's."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, -1 if user is None else user, -1)


def is_open(folder: Path) -> bool:
    """Whether anybody may enter it."""
    return all(path.stat().st_mode & 0o001 for path in (folder, *folder.parents))


def run(forked: ForkedCli, *words: str) -> Ended:
    home = words[words.index("--home") + 1]
    environment = {"PATH": "/usr/bin:/bin", "SEEDPACT_ENGINE_CACHE": f"{home}/engine"}
    ended = forked(*words, user=USER, environment=environment)
    assert not any(bug in ended.stdout + ended.stderr for bug in BUGS), ended
    return ended


@pytest.fixture
def shut(whole: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A path of the home that is root's for the length of a test, or of mode 000."""
    path = whole / request.param
    before = path.stat()
    if USER is not None:
        os.chown(path, 0, 0)
    path.chmod(0o700 if USER is not None else 0)
    try:
        yield path
    finally:
        path.chmod(stat.S_IMODE(before.st_mode))
        if USER is not None:
            os.chown(path, before.st_uid, before.st_gid)


@pytest.mark.parametrize("shut", PATHS, indirect=True)
def test_doctor_names_it(forked: ForkedCli, whole: Path, shut: Path) -> None:
    ended = run(forked, "doctor", "--home", str(whole), "--node", "http://127.0.0.1:1")
    assert ended.exit_code != ExitCode.DONE
    told = ended.stdout + ended.stderr
    assert "not_permitted" in told
    assert f"{shut} of user " in told
    assert "chown -R USER HOME" in told


@pytest.mark.parametrize("shut", PATHS, indirect=True)
def test_no_command_takes_it_for_a_bug(forked: ForkedCli, whole: Path, shut: Path) -> None:
    home = ("--home", str(whole))
    test = ("--keyring-backend", "test")
    for words in (
        ("reset-state", *home),
        ("status", *home),
        ("keys", "list", *home, *test),
        ("keys", "show", "alice", *home, *test),
        ("keys", "add", "alice", *home, *test),
        ("genesis", "validate", *home),
        ("init", "again", *home, "--chain-id", "users-1", "--overwrite"),
    ):
        run(forked, *words)
        assert shut != whole or "not_permitted" in run(forked, *words).stderr


@pytest.mark.parametrize("shut", ["data", "run", "run/start.lock", "run/node.pid"], indirect=True)
def test_start_and_reset_say_whose_it_is(forked: ForkedCli, whole: Path, shut: Path) -> None:
    """A pid file that cannot be read may name a node that runs."""
    for words in ("start", "reset-state"):
        ended = run(forked, words, "--home", str(whole))
        last = ended.stderr.splitlines()[-1]
        assert last.startswith("not_permitted: "), ended
        assert f"{shut} of user " in last


@pytest.mark.parametrize("shut", ["enclave", "enclave/endpoint.token"], indirect=True)
def test_a_token_that_only_another_user_reads_is_named(
    forked: ForkedCli, whole: Path, shut: Path
) -> None:
    """The enclave runs as somebody else: nobody is asked, and the line says which file it is."""
    token = whole / "enclave/endpoint.token"
    words = ("--address", "127.0.0.1:1", "--endpoint-token", str(token))
    ended = forked("enclave", "info", *words, user=USER, environment={"PATH": "/usr/bin:/bin"})
    assert ended.stderr.startswith("enclave_token_unusable: "), (ended, shut)
    assert f"{token}, 32 bytes" in ended.stderr
    assert "Permission denied" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_nothing_is_wrong_with_ones_own(forked: ForkedCli, whole: Path) -> None:
    ended = run(forked, "doctor", "--home", str(whole), "--node", "http://127.0.0.1:1")
    assert "not_permitted" not in ended.stdout + ended.stderr


def test_a_user_without_an_entry_and_without_home(forked: ForkedCli) -> None:
    """As in a container: whatever names its folders works."""
    user = 4_242_424 if USER is not None else None
    bare = {"PATH": "/usr/bin:/bin"}
    place = Path(tempfile.mkdtemp(prefix="users-"))
    try:
        place.chmod(0o777)
        home = ("--home", str(place / "home"))
        init = ("init", "one", *home, "--chain-id", "users-1")
        # `init` measures the code: in a copy that others may not read somebody else does it.
        made = forked(*init, user=user if is_open(PRODUCT) else None, environment=bare)
        assert made.exit_code == ExitCode.DONE, made
        give(place / "home", user)
        for words, code in (
            (("keys", "add", "bob", *home, "--keyring-backend", "test"), ""),
            (("keys", "list", *home, "--keyring-backend", "test"), ""),
            (("explain", "frozen", *home), ""),
            (("keys", "list"), "no_home_folder"),
            (("localnet", "status"), "no_home_folder"),
            (("enclave", "run", "--mode", "software"), "no_home_folder"),
            (("engine", "version"), "engine_no_cache_folder"),
            (("doctor", *home, "--node", "http://127.0.0.1:1"), "checks_failed"),
        ):
            ended = forked(*words, user=user, environment=bare)
            assert not any(bug in ended.stdout + ended.stderr for bug in BUGS), ended
            assert ended.stderr.startswith(code), ended
            assert (ended.exit_code == ExitCode.DONE) is not bool(code), ended
    finally:
        shutil.rmtree(place)
