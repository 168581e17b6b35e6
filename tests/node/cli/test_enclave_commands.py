"""Every `enclave` command against real enclaves: its JSON, its text, and its refusals."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from seedpact.enclave.v1 import service_pb2 as pb
from tests.support.cli import Answer, Cli
from tests.support.enclaves import CODE, inputs
from tests.support.process import EnclaveProcess, enclave_process
from tests.support.secrets import hits, secrets_of

MEASURED: Final = ("--measurement", CODE.mr_enclave.hex())
CHAIN_ID: Final = "desk-1"


class Desk:
    """A folder of files, one founder and one newcomer."""

    def __init__(
        self, cli: Cli, folder: Path, founder: EnclaveProcess, newcomer: EnclaveProcess
    ) -> None:
        self.cli, self.folder = cli, folder
        self.founder, self.newcomer = founder, newcomer
        self.printed: list[str] = []

    def __call__(self, *arguments: str, at: EnclaveProcess, text: bool = False) -> Answer:
        words = [str(self.folder / w[1:]) if w.startswith("@") else w for w in arguments]
        form = () if text else ("--output", "json")
        answer = self.cli("enclave", *words, "--address", at.address, *form)
        self.printed += [answer.stdout, answer.stderr]
        return answer

    def file(self, name: str) -> Any:
        return json.loads((self.folder / name).read_text())

    def bootstrap(self) -> pb.BootstrapResponse:
        """The founder makes a network's seed."""
        return self.founder.bootstrap(inputs(CHAIN_ID))

    def ask(self) -> None:
        """A newcomer gets its keys, for the founder's network."""
        (keys,) = self("network-keys", at=self.founder).done().json["network_keys"]
        self.newcomer.create_node_key(inputs(CHAIN_ID), kem_io=bytes.fromhex(keys["kem_io"]))


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
    made = desk.bootstrap()
    founder = desk("info", at=desk.founder).done().json
    assert founder["state"] == "HOLDER"
    assert founder["epochs"] == [0]
    assert founder["chain_id"] == CHAIN_ID
    assert founder["network_id"] == made.network_id.hex()
    desk.ask()
    newcomer = desk("info", at=desk.newcomer).done().json
    assert (newcomer["state"], newcomer["network_id"]) == ("KEYED", founder["network_id"])
    (keys,) = desk("network-keys", at=desk.founder).done().json["network_keys"]
    assert keys["pk_io"] == made.pk_io.hex()


def test_an_empty_enclave_is_told_where_keys_come_from(desk: Desk) -> None:
    info = desk("info", at=desk.newcomer, text=True).done().stdout
    assert "EMPTY" in info
    assert "next: seedpactd register; for a new network: seedpactd genesis bootstrap" in info


def test_founder_and_newcomer_as_text(desk: Desk) -> None:
    desk.bootstrap()
    desk.ask()
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
    desk("network-keys", "--out", "@keys", at=desk.founder).done()
    for name, at in (("a", desk.founder), ("b", desk.newcomer)):
        for text in (False, True):
            desk("info", at=at, text=text)
            desk("network-keys", at=at, text=text)
            desk("backup", "--out", f"@{name}.backup", "--force", at=at, text=text)
    places = {str(n): text.encode() for n, text in enumerate(desk.printed)}
    files = [path for path in desk.folder.iterdir() if path.is_file()]
    places |= {path.name: path.read_bytes() for path in files}
    assert {path.name for path in files} == {"keys", "a.backup", "b.backup"}
    assert hits(secrets_of(desk.folder / "a"), places) == []


def test_network_keys_go_into_a_file_that_is_never_overwritten_by_accident(desk: Desk) -> None:
    made = desk.bootstrap()
    keys = ("network-keys", "--out", "@keys.json")
    desk(*keys, at=desk.founder).done()
    (written,) = desk.file("keys.json")["network_keys"]
    assert (written["pk_io"], written["kem_io"]) == (made.pk_io.hex(), made.kem_io.hex())
    desk(*keys, at=desk.founder).failed("file_exists")


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
