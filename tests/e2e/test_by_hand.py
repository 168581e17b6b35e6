"""Two enclave processes agree on a seed by hand, each step by the real command line.

Bootstrap, quote, confirm, import; in between restarts, kill -9 of the command and of the enclave
itself, a backup and a restore. At the end nothing that was printed or written tells a secret.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from node.cli.exit_codes import ExitCode
from tests.support.cli import Answer, Served, run_for_real, served
from tests.support.secrets import hits, secrets_of

OPERATOR = "07" * 20
CODE = ("--measurement", "c0" * 32)
"""The same for all, also where somebody edits the code between two starts."""
KEY_FILES = ("software-seal.key", "software-platform.id")


class Shell:
    """A folder, and everything that was printed in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.printed: list[bytes] = []

    def __call__(self, *arguments: str, at: Served | None = None) -> Answer:
        address = ("--address", at.address) if at else ()
        answer = run_for_real(*arguments, *address, "--output", "json", cwd=self.folder)
        self.printed += [answer.stdout.encode(), answer.stderr.encode()]
        return answer

    def state(self, at: Served) -> str:
        return str(self("enclave", "info", at=at).done().json["state"])

    def pk_io(self, at: Served) -> str:
        keys = self("enclave", "network-keys", at=at).done().json["network_keys"]
        return str(keys[0]["pk_io"])

    def stop(self, enclave: Served, number: int = signal.SIGTERM) -> Answer:
        answer = enclave.stop(number)
        self.printed += [answer.stdout.encode(), answer.stderr.encode()]
        return answer


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.fixture
def founder(shell: Shell) -> Iterator[Served]:
    """A holder, with network.json, founder.json and context.json in the folder."""
    network = ("--chain-id", "by-hand-1", "--genesis-time", "1767312000", "--out", "network.json")
    shell("enclave", "make-network", *network).done()
    with served(shell.folder / "a", *CODE) as enclave:
        bootstrap = ("--bootstrap", "--out", "founder.json")
        shell("enclave", "init", "network.json", *bootstrap, at=enclave).done()
        files = ("network.json", "founder.json", "--out", "context.json")
        shell("enclave", "make-context", *files).done()
        yield enclave


def ask(shell: Shell, name: str, at: Served, context: str = "context.json") -> str:
    """A newcomer's first two steps; the registration file."""
    shell("enclave", "init", "network.json", "--context", context, at=at).done()
    out = f"{name}.json"
    shell("enclave", "quote", context, "--operator", OPERATOR, "--out", out, at=at).done()
    return out


def test_two_processes_agree_on_a_seed(shell: Shell, founder: Served) -> None:
    home = shell.folder / "b"
    with served(home, *CODE) as newcomer:
        assert shell.state(newcomer) == "EMPTY"
        registration = ask(shell, "b", newcomer)
        assert shell.state(newcomer) == "PENDING"
        shell.stop(newcomer, signal.SIGKILL)
    confirm = ("context.json", registration, "--out", "confirmed.json")
    shell("enclave", "confirm", *confirm, at=founder).done()
    with served(home, *CODE) as newcomer:
        assert shell.state(newcomer) == "PENDING"
        # The context before it was confirmed has no record of it, and changes nothing.
        shell("enclave", "import", "context.json", at=newcomer).failed("record_mismatch")
        assert shell.state(newcomer) == "PENDING"
        assert shell("enclave", "import", "confirmed.json", at=newcomer).done().json["epochs"] == [
            0
        ]
        assert shell.pk_io(newcomer) == shell.pk_io(founder)
        os.kill(newcomer.enclave_pid, signal.SIGKILL)
        shell.stop(newcomer, 0).failed("enclave_stopped", logged=True)
    with served(home, *CODE) as newcomer:
        assert shell.state(newcomer) == "HOLDER"
        assert shell.pk_io(newcomer) == shell.pk_io(founder)
        assert shell.stop(newcomer, signal.SIGINT).exit_code == ExitCode.DONE
    secrets_stay_inside(shell, "a", "b")


def secrets_stay_inside(shell: Shell, *homes: str) -> None:
    """No secret of any home in what was printed, nor in any file but the key files."""
    places = {f"output {n}": text for n, text in enumerate(shell.printed)}
    for path in shell.folder.rglob("*"):
        if path.is_file() and path.name not in KEY_FILES:
            places[str(path)] = path.read_bytes()
    assert len(places) > 20
    for home in homes:
        secrets = secrets_of(shell.folder / home)
        assert {"seed", "node_key", "tls_key"} <= set(secrets)
        assert hits(secrets, places) == []


def test_the_newcomer_becomes_a_holder_that_confirms_others(shell: Shell, founder: Served) -> None:
    with served(shell.folder / "b", *CODE) as second, served(shell.folder / "c", *CODE) as third:
        first = ask(shell, "b", second)
        confirm = ("context.json", first, "--out", "1.json")
        shell("enclave", "confirm", *confirm, at=founder).done()
        shell("enclave", "import", "1.json", at=second).done()
        other = ask(shell, "c", third, context="1.json")
        by_second = shell("enclave", "confirm", "1.json", other, "--out", "2.json", at=second)
        by_first = shell("enclave", "confirm", "1.json", other, "--out", "3.json", at=founder)
        assert by_second.done().json["confirmations"] == by_first.done().json["confirmations"]
        two, three = (shell.folder / name for name in ("2.json", "3.json"))
        assert two.read_bytes() == three.read_bytes()
        shell("enclave", "import", "2.json", at=third).done()
        assert shell.pk_io(third) == shell.pk_io(founder)
        # A holder renews, and is confirmed again.
        renew = ("2.json", "--operator", OPERATOR, "--out", "renewal.json")
        shell("enclave", "quote", *renew, at=second).done()
        again = ("2.json", "renewal.json", "--out", "4.json")
        shell("enclave", "confirm", *again, at=third).done()
        # Whoever is not addressed opens nothing.
        shell("enclave", "import", "2.json", at=founder).failed("illegal_state")


def test_backup_and_restore(shell: Shell, founder: Served) -> None:
    shell("enclave", "backup", "--out", "a.backup", at=founder).done()
    network_id = shell("enclave", "info", at=founder).done().json["network_id"]
    pk_io, restore = shell.pk_io(founder), ("enclave", "restore", "a.backup", "--network-id")
    shell(*restore, network_id, at=founder).failed("keys_exist")
    shell.stop(founder, signal.SIGKILL)
    (shell.folder / "new").mkdir(mode=0o700)
    for name in KEY_FILES:
        shutil.copy(shell.folder / "a" / name, shell.folder / "new")
    with served(shell.folder / "new", *CODE) as same_machine:
        shell(*restore, "00" * 32, at=same_machine).failed("sealed_wrong_network")
        assert shell.state(same_machine) == "EMPTY"
        assert shell(*restore, network_id, at=same_machine).done().json["state"] == "HOLDER"
        assert shell.pk_io(same_machine) == pk_io
    with served(shell.folder / "other", *CODE) as other_machine:
        shell(*restore, network_id, at=other_machine).failed("sealed_open_failed")
        assert shell.state(other_machine) == "EMPTY"
    secrets_stay_inside(shell, "new")


def test_a_frozen_policy_and_a_tampered_registration_are_refused(
    shell: Shell, founder: Served
) -> None:
    """The context is a file: whoever edits it sees what the enclave refuses."""
    with served(shell.folder / "b", *CODE) as newcomer:
        registration = ask(shell, "b", newcomer)
    context, shown = (shell.folder / name for name in ("context.json", registration))
    frozen = context.read_text().replace('"frozen": false', '"frozen": true')
    (shell.folder / "frozen.json").write_text(frozen)
    confirm = (registration, "--out", "x.json")
    shell("enclave", "confirm", "frozen.json", *confirm, at=founder).failed("frozen")
    shown.write_text(shown.read_text().replace(OPERATOR, "08" * 20))
    answer = shell("enclave", "confirm", "context.json", *confirm, at=founder)
    answer.failed("report_data_mismatch")
    assert answer.json["out"] is None
    assert not (shell.folder / "x.json").exists()
