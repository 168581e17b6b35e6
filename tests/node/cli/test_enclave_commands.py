"""Every `enclave` command against real enclaves: its JSON, its text, and its refusals."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from node.cli.exit_codes import ExitCode
from tests.support.cli import Answer, Cli
from tests.support.enclaves import CODE
from tests.support.process import EnclaveProcess, enclave_process
from tests.support.secrets import hits, secrets_of

MEASURED = ("--measurement", CODE.mr_enclave.hex())


class Desk:
    """A folder of files, one founder and one newcomer."""

    def __init__(
        self, cli: Cli, folder: Path, founder: EnclaveProcess, newcomer: EnclaveProcess
    ) -> None:
        self.cli, self.folder = cli, folder
        self.founder, self.newcomer = founder.address, newcomer.address
        self.printed: list[str] = []

    def __call__(self, *arguments: str, at: str | None = None, text: bool = False) -> Answer:
        words = [str(self.folder / w[1:]) if w.startswith("@") else w for w in arguments]
        words += ["--address", at] if at else []
        answer = self.cli("enclave", *words, *([] if text else ["--output", "json"]))
        self.printed += [answer.stdout, answer.stderr]
        return answer

    def file(self, name: str) -> Any:
        return json.loads((self.folder / name).read_text())

    def bootstrap(self) -> None:
        made = ("--chain-id", "desk-1", "--genesis-time", "1767312000", "--out", "@network.json")
        self("make-network", *made).done()
        self("init", "@network.json", "--bootstrap", "--out", "@f.json", at=self.founder).done()

    def ask(self, *, text: bool = False, code: str = "") -> None:
        """A newcomer gets its keys, or is refused."""
        answer = self(*self.init(), at=self.newcomer, text=text)
        if code:
            answer.failed(code)
        else:
            answer.done()

    def init(self, network: str = "@network.json") -> tuple[str, ...]:
        """A newcomer's keys, by the network's KEM key."""
        return ("init", network, "--epoch", "0", "--kem-io", self.file("f.json")["kem_io"])


@pytest.fixture
def desk(cli: Cli, tmp_path: Path) -> Iterator[Desk]:
    with (
        enclave_process(tmp_path / "a", *MEASURED) as founder,
        enclave_process(tmp_path / "b", *MEASURED) as newcomer,
    ):
        yield Desk(cli, tmp_path, founder, newcomer)


def test_founder_and_newcomer_as_json(desk: Desk) -> None:
    empty = desk("info", at=desk.founder).done().json
    assert empty["state"] == "EMPTY"
    assert empty["mode"] == "software"
    assert empty["measurement"]["mr_enclave"] == CODE.mr_enclave.hex()
    assert empty["network_id"] is empty["node_id"] is None
    desk.bootstrap()
    founder = desk("info", at=desk.founder).done().json
    assert founder["state"] == "HOLDER"
    assert founder["epochs"] == [0]
    assert founder["chain_id"] == "desk-1"
    assert founder["network_id"] == desk.file("f.json")["network_id"]
    desk.ask()
    newcomer = desk("info", at=desk.newcomer).done().json
    assert (newcomer["state"], newcomer["network_id"]) == ("KEYED", founder["network_id"])
    (keys,) = desk("network-keys", at=desk.founder).done().json["network_keys"]
    assert keys["pk_io"] == desk.file("f.json")["pk_io"]


def test_founder_and_newcomer_as_text(desk: Desk) -> None:
    desk.bootstrap()
    desk.ask(text=True)
    info = desk("info", at=desk.newcomer, text=True).done().stdout
    assert "KEYED" in info
    assert "protects nothing" in info
    keys = desk("network-keys", at=desk.founder, text=True).done().stdout
    assert "(1,184 bytes)" in keys
    backup = desk("backup", "--out", "@bb", at=desk.newcomer, text=True).done().stdout
    assert "seedpactd enclave restore" in backup


def test_nothing_that_is_printed_or_written_is_secret(desk: Desk) -> None:
    desk.bootstrap()
    desk.ask()
    desk.ask(code="keys_exist")
    for at in (desk.founder, desk.newcomer):
        for text in (False, True):
            desk("info", at=at, text=text)
            desk("network-keys", at=at, text=text)
            desk("backup", "--out", "@backup", "--force", at=at, text=text)
    places = {str(n): text.encode() for n, text in enumerate(desk.printed)}
    files = [path for path in desk.folder.iterdir() if path.is_file()]
    places |= {path.name: path.read_bytes() for path in files}
    assert len(files) >= 3
    assert hits(secrets_of(desk.folder / "a"), places) == []


# init


def test_a_newcomer_may_name_the_kem_key_itself(desk: Desk) -> None:
    desk.bootstrap()
    desk("network-keys", "--out", "@keys.json", at=desk.founder).done()
    (keys,) = desk.file("keys.json")["network_keys"]
    init = ("init", "@network.json", "--epoch", "0", "--kem-io", keys["kem_io"])
    made = desk(*init, at=desk.newcomer).done().json
    assert made["state"] == "KEYED"
    assert len(bytes.fromhex(made["kem_ciphertext"])) == 1088
    desk(*init[:4], at=desk.newcomer).failed("wrong_usage", ExitCode.USAGE)


def test_keys_that_exist_are_named_and_kept(desk: Desk) -> None:
    desk.bootstrap()
    init = desk.init()
    first = desk(*init, at=desk.newcomer).done().json["node_id"]
    found = desk(*init, at=desk.newcomer).failed("keys_exist").json["found"]
    assert first in found
    assert "KEYED" in found
    second = desk(*init, "--discard", at=desk.newcomer).done().json["node_id"]
    assert second != first
    assert desk("info", at=desk.newcomer).done().json["node_id"] == second


def test_a_holders_keys_are_never_discarded(desk: Desk) -> None:
    desk.bootstrap()
    founder = desk("info", at=desk.founder).done().json["node_id"]
    init = (*desk.init(), "--discard")
    assert founder in desk(*init, at=desk.founder).failed("keys_exist").json["found"]
    again = ("init", "@network.json", "--bootstrap", "--out", "@again.json")
    found = desk(*again, at=desk.founder).failed("already_bootstrapped").json["found"]
    assert founder in found
    assert not (desk.folder / "again.json").exists()


def test_a_network_that_the_enclave_refuses(desk: Desk) -> None:
    desk.bootstrap()
    network = desk.file("network.json")
    network["chain_id"] = "desk-2"
    (desk.folder / "other.json").write_text(json.dumps(network))
    other = desk.init("@other.json")
    desk(*other, at=desk.newcomer).failed("wrong_root")
    network["floor"]["mode"] = "MODE_HARDWARE"
    (desk.folder / "other.json").write_text(json.dumps(network))
    desk(*other, at=desk.newcomer).failed("wrong_mode")
    assert desk("info", at=desk.newcomer).done().json["state"] == "EMPTY"


# backup and restore


def test_a_backup_is_private_and_restores_into_the_same_machine_alone(desk: Desk) -> None:
    desk("backup", "--out", "@none", at=desk.founder).failed("illegal_state")
    assert not (desk.folder / "none").exists()
    desk.bootstrap()
    made = desk("backup", "--out", "@copy", at=desk.founder).done().json
    copy = desk.folder / "copy"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert made["bytes"] == copy.stat().st_size
    desk("backup", "--out", "@copy", at=desk.founder).failed("file_exists")
    desk("backup", "--out", "@copy", "--force", at=desk.founder).done()
    restore = ("restore", "@copy", "--network-id", made["network_id"])
    desk(*restore, at=desk.founder).failed("keys_exist")
    desk(*restore, at=desk.newcomer).failed("sealed_open_failed")
    copy.write_bytes(copy.read_bytes()[:-1])
    answer = desk(*restore, at=desk.newcomer)
    assert answer.json["code"].startswith("sealed_")
    assert desk("info", at=desk.newcomer).done().json["state"] == "EMPTY"


# make-network


def test_a_network_by_hand_is_a_floor_of_its_own(cli: Cli, tmp_path: Path) -> None:
    def make(*arguments: str) -> Answer:
        out = ("--genesis-time", "1767312000", "--out", str(tmp_path / "n"), "--force")
        return cli("enclave", "make-network", *out, "--output", "json", *arguments)

    ids = {
        make("--chain-id", "a-1").done().json["network_id"],
        make("--chain-id", "a-2").done().json["network_id"],
        make("--chain-id", "a-1", "--worst-tcb-status", "OutOfDate").done().json["network_id"],
        make("--chain-id", "a-1", "--genesis-time", "1767312001").done().json["network_id"],
        make("--chain-id", "a-1", "--upgrade-key", ED25519).done().json["network_id"],
    }
    assert len(ids) == 5
    make("--chain-id", "a-1", "--upgrade-key", ED25519, "--threshold", "2").failed("bad_floor")
    make("--chain-id", "a-1", "--upgrade-key", "00" * 32).failed("bad_floor")
    make("--chain-id", "x" * 51).failed("bad_value")
    make("--chain-id", "ä").failed("bad_value")
    make("--chain-id", "a-1", "--genesis-time", "0").failed("bad_value")
    make("--chain-id", "a-1", "--genesis-time", str(2**61)).failed("bad_value")
    text = make("--chain-id", "a-1", "--worst-tcb-status", "Revoked")
    text.failed("wrong_usage", ExitCode.USAGE)


ED25519 = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
"""The public key of RFC 8032, section 7.1, TEST 1."""
