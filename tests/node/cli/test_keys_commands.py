"""`seedpactd keys`: every way in and out, and nothing secret where it does not belong."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from node.cli.exit_codes import ExitCode
from node.keyring import SigningKey
from node.keyring.mnemonic import check_mnemonic, private_key_of
from tests.support.cli import COMMAND, Answer, Cli

WORDS = "abandon " * 11 + "about"
ADDRESS = SigningKey("x", private_key_of(WORDS)).info.address
PASSWORD = "correct horse"
OTHER = "battery staple"


class Keys:
    """`seedpactd keys` on one home."""

    def __init__(self, cli: Cli, folder: Path, backend: str) -> None:
        self.cli = cli
        self.folder = folder
        self.home = folder / "home"
        self.backend = backend

    def __call__(self, command: str, *arguments: str, stdin: bytes = b"") -> Answer:
        """One command; the password's file where the backend and the command take one."""
        options = ["--home", str(self.home), "--keyring-backend", self.backend]
        if self.backend == "file" and command in ("add", "export", "import"):
            options += ["--keyring-passphrase-file", self.file("password", PASSWORD)]
        return self.cli("keys", command, *options, *arguments, stdin=stdin)

    def file(self, name: str, text: str) -> str:
        """A file of the test's folder."""
        path = self.folder / name
        path.write_text(text)
        return str(path)


@pytest.fixture(params=["test", "file"])
def keys(cli: Cli, tmp_path: Path, request: pytest.FixtureRequest) -> Keys:
    return Keys(cli, tmp_path, request.param)


@pytest.fixture
def clear(cli: Cli, tmp_path: Path) -> Keys:
    return Keys(cli, tmp_path, "test")


def test_a_key_is_made_shown_and_removed(keys: Keys) -> None:
    made = keys("add", "alice", "--output", "json").done().json
    words = check_mnemonic(made["mnemonic"])
    assert len(words.split()) == 24
    assert made["address"] == SigningKey("x", private_key_of(words)).info.address
    assert made["pubkey"]["@type"] == "/cosmos.crypto.secp256k1.PubKey"
    listed = keys("list", "--output", "json").done().json["keys"]
    assert [entry["name"] for entry in listed] == ["alice"]
    assert "mnemonic" not in listed[0]
    shown = keys("show", "alice", "--output", "json").done().json
    assert shown["address"] == made["address"]
    assert keys("show", "alice", "-a").done().stdout == made["address"] + "\n"
    assert keys("show", made["address"], "-a").done().stdout == made["address"] + "\n"
    assert keys("show", "alice", "-a", "--validator").stdout.startswith("seedvaloper1")
    keys("delete", "alice", "--yes").done()
    keys("show", "alice").failed("key_not_found")


def test_a_key_is_recovered_from_its_words(keys: Keys) -> None:
    words = keys.file("words", WORDS + "\n")
    answer = keys("add", "alice", "--recover", "--mnemonic-file", words, "--output", "json").done()
    assert answer.json["address"] == ADDRESS
    assert "mnemonic" not in answer.json
    answer = keys("add", "bob", "--recover", "--mnemonic-file", "-", stdin=WORDS.encode()).done()
    assert "abandon" not in answer.stdout + answer.stderr


def test_an_exported_key_comes_back(keys: Keys) -> None:
    words, export = keys.file("words", WORDS), keys.file("export", OTHER)
    keys("add", "alice", "--recover", "--mnemonic-file", words).done()
    armor = keys("export", "alice", "--passphrase-file", export).done().stdout
    assert armor.startswith("-----BEGIN TENDERMINT PRIVATE KEY-----\n")
    file = keys.file("armor", armor)
    keys("import", "bob", file, "--passphrase-file", export).done()
    assert keys("show", "bob", "-a").stdout == ADDRESS + "\n"
    wrong = keys.file("wrong", OTHER + "s")
    keys("import", "carol", file, "--passphrase-file", wrong).failed("wrong_password")


def test_a_bare_key_goes_out_and_in(keys: Keys) -> None:
    words, out = keys.file("words", WORDS), keys.folder / "hex"
    keys("add", "alice", "--recover", "--mnemonic-file", words).done()
    key = private_key_of(WORDS).hex()
    assert keys("export", "alice", "--unarmored-hex", "--unsafe").done().stdout == key + "\n"
    answer = keys("export", "alice", "--unarmored-hex", "--unsafe", "--out", str(out)).done()
    assert key not in answer.stdout
    assert out.read_text() == key + "\n"
    assert out.stat().st_mode & 0o777 == 0o600
    keys("export", "alice", "--unarmored-hex", "--unsafe", "--out", str(out)).failed("file_exists")
    answer = keys("import", "bob", "-", "--unarmored-hex", stdin=b"0x" + key.encode()).done()
    assert key not in answer.stdout + answer.stderr
    assert keys("show", "bob", "-a").stdout == ADDRESS + "\n"


def test_exports_are_json_too(clear: Keys) -> None:
    words, export = clear.file("words", WORDS), clear.file("export", OTHER)
    clear("add", "alice", "--recover", "--mnemonic-file", words).done()
    answer = clear("export", "alice", "--passphrase-file", export, "--output", "json").done()
    assert answer.json["armor"].startswith("-----BEGIN")
    answer = clear("export", "alice", "--unarmored-hex", "--unsafe", "--output", "json").done()
    assert answer.json["private_key"] == private_key_of(WORDS).hex()


def test_a_key_is_never_replaced(keys: Keys) -> None:
    keys("add", "alice").done()
    before = keys("show", "alice", "-a").stdout
    keys("add", "alice").failed("key_exists")
    keys("add", "ALICE").failed("key_exists")
    keys("import", "alice", keys.file("x", "x"), "--unarmored-hex").failed("key_exists")
    assert keys("show", "alice", "-a").stdout == before


def test_a_wrong_password_is_one_line(cli: Cli, tmp_path: Path) -> None:
    keys = Keys(cli, tmp_path, "file")
    keys("add", "alice").done()
    keys.file("password", PASSWORD)
    options = ["--home", str(keys.home), "--keyring-passphrase-file", keys.file("other", OTHER)]
    for arguments in (
        ("add", "bob"),
        ("export", "alice", "--unarmored-hex", "--unsafe"),
    ):
        answer = cli("keys", *arguments, *options).failed("wrong_password")
        assert OTHER not in answer.stderr
    answer = cli("keys", "add", "bob", *options, "--output", "json").failed("wrong_password")
    assert OTHER not in answer.stdout
    keys("show", "bob").failed("key_not_found")


def test_a_short_password_is_refused(cli: Cli, tmp_path: Path) -> None:
    short = tmp_path / "short"
    short.write_text("1234567\n")
    home = ["--home", str(tmp_path / "home"), "--keyring-passphrase-file", str(short)]
    cli("keys", "add", "alice", *home).failed("weak_password")
    assert not (tmp_path / "home").exists()


def test_nobody_is_asked_without_a_terminal(cli: Cli, tmp_path: Path) -> None:
    home = ["--home", str(tmp_path / "home")]
    answer = cli("keys", "add", "alice", *home, stdin=b"correct horse\n")
    answer.failed("wrong_usage", ExitCode.USAGE)
    assert "--keyring-passphrase-file" in answer.stderr
    test = [*home, "--keyring-backend", "test"]
    cli("keys", "add", "alice", "--recover", *test).failed("wrong_usage", ExitCode.USAGE)
    cli("keys", "add", "alice", *test).done()
    cli("keys", "delete", "alice", *test).failed("wrong_usage", ExitCode.USAGE)
    cli("keys", "export", "alice", *test).failed("wrong_usage", ExitCode.USAGE)


WRONG_USAGE = [
    ("add",),
    ("add", "alice", "surplus"),
    ("add", "alice", "--words", "13"),
    ("add", "alice", "--mnemonic-file", "{}/words"),
    ("add", "alice", "--keyring-backend", "os"),
    ("show",),
    ("delete",),
    ("export", "alice", "--unsafe"),
    ("export", "alice", "--unarmored-hex"),
    ("export", "alice", "--unarmored-hex", "--unsafe", "--passphrase-file", "{}/password"),
    ("import", "bob"),
    ("import", "bob", "-", "--passphrase-file", "-"),
    ("mnemonic", "--words", "0"),
    ("nonsense",),
]
BAD_INPUT = [
    (("add", "../x"), "bad_key_name"),
    (("add", "a b"), "bad_key_name"),
    (("add", "bob", "--recover", "--mnemonic-file", "{}/missing"), "unreadable_input"),
    (("add", "bob", "--recover", "--mnemonic-file", "{}"), "unreadable_input"),
    (("add", "bob", "--recover", "--mnemonic-file", "{}/junk"), "wrong_usage"),
    (("add", "bob", "--recover", "--mnemonic-file", "{}/password"), "bad_key"),
    (("import", "bob", "{}/missing"), "unreadable_input"),
    (("import", "bob", "{}/words", "--passphrase-file", "{}/password"), "bad_key"),
    (("import", "bob", "{}/words", "--passphrase-file", "{}/missing"), "unreadable_input"),
    (("import", "bob", "{}/words", "--unarmored-hex"), "bad_key"),
    (("import", "bob", "{}/zeros", "--unarmored-hex"), "bad_key"),
]


def _filled(arguments: tuple[str, ...], folder: Path) -> list[str]:
    return [argument.replace("{}", str(folder)) for argument in arguments]


@pytest.fixture
def inputs(clear: Keys) -> Keys:
    clear("add", "alice").done()
    for name, text in (("words", WORDS), ("password", PASSWORD), ("zeros", "00" * 32)):
        clear.file(name, text)
    (clear.folder / "junk").write_bytes(b"\xff\xfe")
    return clear


@pytest.mark.parametrize("arguments", WRONG_USAGE, ids=" ".join)
def test_wrong_usage(inputs: Keys, arguments: tuple[str, ...]) -> None:
    filled = _filled(arguments, inputs.folder)
    if filled[0] in ("mnemonic", "nonsense"):
        answer = inputs.cli("keys", *filled)
    else:
        answer = inputs(*filled)
    answer.failed("wrong_usage", ExitCode.USAGE)


@pytest.mark.parametrize(("arguments", "code"), BAD_INPUT)
def test_bad_input(inputs: Keys, arguments: tuple[str, ...], code: str) -> None:
    answer = inputs(*_filled(arguments, inputs.folder)).failed(code, ExitCode.USAGE)
    assert "abandon" not in answer.stderr
    assert [e["name"] for e in inputs("list", "--output", "json").json["keys"]] == ["alice"]


def test_a_damaged_file_is_told(clear: Keys) -> None:
    clear("add", "alice").done()
    (clear.home / "keyring-test" / "alice.key").write_text("{}")
    clear("show", "alice").failed("key_damaged", ExitCode.USAGE)
    clear("list").failed("key_damaged", ExitCode.USAGE)


def test_an_empty_keyring_says_what_next(clear: Keys) -> None:
    answer = clear("list").done()
    assert "seedpactd keys add" in answer.stdout
    assert clear("list", "--output", "json").json["keys"] == []


def test_words_are_made_and_kept_nowhere(cli: Cli, tmp_path: Path) -> None:
    words = cli("keys", "mnemonic", "--words", "12", "--output", "json").done().json["mnemonic"]
    assert len(check_mnemonic(words).split()) == 12
    assert not list(tmp_path.iterdir())


def test_the_test_keyring_warns(clear: Keys) -> None:
    assert "in clear" in clear("add", "alice").done().stdout


def test_a_terminal_is_asked_twice_and_shows_nothing(tmp_path: Path) -> None:
    """On a real terminal: two equal answers make a key; the typing is not echoed."""
    primary, secondary = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "keys", "add", "alice", "--home", str(tmp_path), "--words", "12"],
        stdin=secondary,
        stdout=subprocess.PIPE,
        stderr=secondary,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    os.close(secondary)
    shown = b""
    for _ in range(2):
        shown += _until(primary, b": ")
        os.write(primary, PASSWORD.encode() + b"\n")
    stdout, _ = process.communicate(timeout=60)
    os.close(primary)
    assert process.returncode == 0, (stdout, shown)
    assert PASSWORD.encode() not in stdout + shown
    assert (tmp_path / "keyring-file" / "alice.key").exists()


def _until(descriptor: int, mark: bytes) -> bytes:
    found = b""
    while not found.endswith(mark):
        found += os.read(descriptor, 1024)
    return found
