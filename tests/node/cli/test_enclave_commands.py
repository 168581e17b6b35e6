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
from tests.support.process import EnclaveProcess, enclave_process
from tests.support.secrets import hits, secrets_of
from tests.support.world import CODE

OPERATOR = "07" * 20
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
        self("make-context", "@network.json", "@f.json", "--out", "@context.json").done()

    def ask(self) -> None:
        self("init", "@network.json", "--context", "@context.json", at=self.newcomer).done()
        self.quote("b.json")

    def quote(self, out: str) -> None:
        quote = ("quote", "@context.json", "--operator", OPERATOR, "--out", f"@{out}")
        self(*quote, at=self.newcomer).done()


@pytest.fixture
def desk(cli: Cli, tmp_path: Path) -> Iterator[Desk]:
    with (
        enclave_process(tmp_path / "a", *MEASURED) as founder,
        enclave_process(tmp_path / "b", *MEASURED) as newcomer,
    ):
        yield Desk(cli, tmp_path, founder, newcomer)


def test_the_way_of_a_newcomer_as_json(desk: Desk) -> None:
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
    assert desk("info", at=desk.newcomer).done().json["quotes"] == 1
    confirm = ("confirm", "@context.json", "@b.json", "--out", "@next.json")
    confirmed = desk(*confirm, at=desk.founder).done().json
    (entry,) = confirmed["confirmations"]
    assert entry["code"] == "ok"
    assert len(bytes.fromhex(entry["envelope"])) == 48
    record = desk.file("next.json")["records"][1]
    assert record["envelope"] == entry["envelope"]
    assert record["operator"] == OPERATOR
    imported = desk("import", "@next.json", at=desk.newcomer).done().json
    assert imported["epochs"] == [0]
    assert imported["tls_key"] == record["tls_key"]
    keys = [
        desk("network-keys", at=at).done().json["network_keys"]
        for at in (desk.founder, desk.newcomer)
    ]
    assert keys[0] == keys[1]
    assert keys[0][0]["pk_io"] == desk.file("f.json")["pk_io"]


def test_the_way_of_a_newcomer_as_text(desk: Desk) -> None:
    desk.bootstrap()
    desk("init", "@network.json", "--context", "@context.json", at=desk.newcomer, text=True).done()
    quote = ("quote", "@context.json", "--operator", OPERATOR, "--out", "@b.json")
    assert "next: seedpactd enclave confirm" in desk(*quote, at=desk.newcomer, text=True).stdout
    confirm = ("confirm", "@context.json", "@b.json", "--out", "@next.json")
    assert "confirmed 1" in desk(*confirm, at=desk.founder, text=True).done().stdout
    assert "holds the seed" in desk("import", "@next.json", at=desk.newcomer, text=True).stdout
    info = desk("info", at=desk.newcomer, text=True).done().stdout
    assert "HOLDER" in info
    assert "protects nothing" in info
    keys = desk("network-keys", at=desk.newcomer, text=True).done().stdout
    assert "(1,184 bytes)" in keys
    backup = desk("backup", "--out", "@bb", at=desk.newcomer, text=True).done().stdout
    assert "seedpactd enclave restore" in backup


def test_nothing_that_is_printed_or_written_is_secret(desk: Desk) -> None:
    desk.bootstrap()
    desk.ask()
    desk("confirm", "@context.json", "@b.json", "--out", "@next.json", at=desk.founder).done()
    desk("import", "@next.json", at=desk.newcomer).done()
    desk("import", "@next.json", at=desk.newcomer).failed("illegal_state")
    for at in (desk.founder, desk.newcomer):
        for text in (False, True):
            desk("info", at=at, text=text)
            desk("network-keys", at=at, text=text)
            desk("backup", "--out", "@backup", "--force", at=at, text=text)
    places = {str(n): text.encode() for n, text in enumerate(desk.printed)}
    files = [path for path in desk.folder.iterdir() if path.is_file()]
    places |= {path.name: path.read_bytes() for path in files}
    assert len(files) >= 6
    for name in ("a", "b"):
        assert hits(secrets_of(desk.folder / name), places) == []


# init


def test_a_newcomer_may_name_the_kem_key_itself(desk: Desk) -> None:
    desk.bootstrap()
    desk("network-keys", "--out", "@keys.json", at=desk.founder).done()
    (keys,) = desk.file("keys.json")["network_keys"]
    init = ("init", "@network.json", "--epoch", "0", "--kem-io", keys["kem_io"])
    made = desk(*init, at=desk.newcomer).done().json
    assert made["state"] == "KEYED"
    assert len(bytes.fromhex(made["kem_ciphertext"])) == 1088
    both = desk(*init, "--context", "@context.json", at=desk.newcomer)
    both.failed("wrong_usage", ExitCode.USAGE)


def test_keys_that_exist_are_named_and_kept(desk: Desk) -> None:
    desk.bootstrap()
    init = ("init", "@network.json", "--context", "@context.json")
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
    init = ("init", "@network.json", "--context", "@context.json", "--discard")
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
    other = ("init", "@other.json", "--context", "@context.json")
    desk(*other, at=desk.newcomer).failed("wrong_root")
    network["floor"]["mode"] = "MODE_HARDWARE"
    (desk.folder / "other.json").write_text(json.dumps(network))
    desk(*other, at=desk.newcomer).failed("wrong_mode")
    assert desk("info", at=desk.newcomer).done().json["state"] == "EMPTY"


# make-context: the founder is checked before anyone believes it.


def test_a_founder_that_was_changed_is_refused(desk: Desk) -> None:
    desk.bootstrap()
    original = desk.file("f.json")
    for field, code in (
        ("network_id", "wrong_network"),
        ("pk_io", "report_data_mismatch"),
        ("kem_io", "report_data_mismatch"),
        ("tls_key", "report_data_mismatch"),
        ("exchange_key", "report_data_mismatch"),
    ):
        value = original[field]
        flipped = format(int(value[:2], 16) ^ 1, "02x") + value[2:]
        (desk.folder / "g.json").write_text(json.dumps({**original, field: flipped}))
        desk("make-context", "@network.json", "@g.json", "--out", "@x.json").failed(code)
    assert not (desk.folder / "x.json").exists()


def test_the_founder_file_can_be_had_again(desk: Desk) -> None:
    desk.bootstrap()
    desk("quote", "--bootstrap", "--out", "@again.json", at=desk.founder).done()
    assert desk.file("again.json") == desk.file("f.json")
    answer = desk("quote", "--bootstrap", "--out", "@x.json", at=desk.newcomer)
    answer.failed("illegal_state")


# quote and confirm


def test_a_newcomer_quotes_again_with_another_tls_key(desk: Desk) -> None:
    desk.bootstrap()
    desk.ask()
    desk.quote("c.json")
    first, second = desk.file("b.json"), desk.file("c.json")
    assert first["tls_key"] != second["tls_key"]
    assert first["exchange_key"] == second["exchange_key"]
    assert first["kem_ciphertext"] == second["kem_ciphertext"]
    confirm = ("confirm", "@context.json", "@b.json", "--out", "@next.json")
    desk(*confirm, at=desk.founder).done()
    imported = desk("import", "@next.json", at=desk.newcomer).done().json
    assert imported["tls_key"] == first["tls_key"]


def test_one_that_is_refused_stops_no_other(desk: Desk) -> None:
    desk.bootstrap()
    desk.ask()
    bad = {**desk.file("b.json"), "operator": "08" * 20}
    (desk.folder / "bad.json").write_text(json.dumps(bad))
    confirm = ("confirm", "@context.json", "@bad.json", "@b.json", "--out", "@next.json")
    found = desk(*confirm, at=desk.founder).failed("not_all_confirmed").json
    assert [entry["code"] for entry in found["confirmations"]] == ["report_data_mismatch", "ok"]
    assert found["confirmations"][0]["remedy"]
    assert len(desk.file("next.json")["records"]) == 2
    desk("import", "@next.json", at=desk.newcomer).done()
    text = desk(*confirm, "--force", at=desk.founder, text=True)
    assert "report_data_mismatch" in text.stdout
    text.failed("not_all_confirmed")


def test_the_batch_as_a_whole_can_be_refused(desk: Desk) -> None:
    desk.bootstrap()
    desk.ask()
    confirm = ("confirm", "@context.json", "@b.json", "--out", "@next.json")
    desk(*confirm, at=desk.newcomer).failed("illegal_state")
    context = desk.file("context.json")
    context["records"] = []
    (desk.folder / "alone.json").write_text(json.dumps(context))
    alone = ("confirm", "@alone.json", "@b.json", "--out", "@next.json")
    desk(*alone, at=desk.founder).failed("record_mismatch")
    assert not (desk.folder / "next.json").exists()


def test_an_edited_context_is_judged_by_the_enclave(desk: Desk) -> None:
    desk.bootstrap()
    desk.ask()
    for change, code in (
        ({"height": 200}, "stale_quote"),
        ({"height": 2}, "unknown_anchor"),
        ({"epoch": 1}, "bad_value"),
        ({"network_id": "00" * 32}, "wrong_network"),
        ({"gate_time": {"seconds": 0, "nanos": 0}}, "collateral_not_yet_valid"),
        ({"gate_time": {"seconds": "253402300799", "nanos": 0}}, "certificate_expired"),
        ({"anchors": []}, "unknown_anchor"),
    ):
        context = {**desk.file("context.json"), **change}
        (desk.folder / "edited.json").write_text(json.dumps(context))
        confirm = ("confirm", "@edited.json", "@b.json", "--out", "@next.json")
        desk(*confirm, at=desk.founder).failed(code)


def test_a_context_without_a_header_to_bind(desk: Desk) -> None:
    desk.bootstrap()
    context = {**desk.file("context.json"), "height": 2}
    (desk.folder / "early.json").write_text(json.dumps(context))
    desk("init", "@network.json", "--context", "@context.json", at=desk.newcomer).done()
    quote = ("quote", "@early.json", "--operator", OPERATOR, "--out", "@b.json")
    desk(*quote, at=desk.newcomer).failed("malformed_input", ExitCode.USAGE)


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
