"""doctor: a healthy node has no fault, and each check has a test that makes it fail."""

from __future__ import annotations

import json
import re
import resource
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import cryptography
import pytest

from enclave.registration.network_codec import network_to_proto
from node.cli.doctor import CHECKS, on_chain, on_machine
from node.cli.output import Format, Output
from node.cli.start import _Shown
from node.config import Home, NodeConfig
from node.config.parts import Part, pid_file
from node.enclave_client import EnclaveClient
from node.engine.plan import CACHE_VARIABLE
from node.host.freshness import MARGIN_HEADERS
from node.join import Join, join
from node.join.genesis import read_genesis
from node.join.journal import Journal
from node.localnet.homes import ensure_key
from node.localnet.plan import OPERATOR
from node.supervisor import ProcessId
from seedpact.enclave.v1 import service_pb2 as pb
from seedpact.registration.v1 import tx_pb2
from tests.support.cli import Cli
from tests.support.fresh_enclave import FreshEnclave, fresh_enclave
from tests.support.lying_rpc import lying_rpc, powerless, second_validator
from tests.support.one_validator import OneValidator
from tests.support.process import enclave_process

OTHER_CODE: Final = "ab" * 32
FUNDS: Final = 100_000
TEN_YEARS: Final = 10 * 365 * 86_400


@pytest.fixture
def home(chain: OneValidator, tmp_path: Path) -> Home:
    """A copy of the validator's home that can be spoilt; its processes are the validator's."""
    copy = Home.of(str(tmp_path / "home"))
    shutil.copytree(chain.home.config, copy.config)
    shutil.copytree(chain.home.run, copy.run)
    shutil.copytree(chain.home.keyring("test"), copy.keyring("test"))
    copy.data.mkdir()
    shutil.copy(chain.home.validator_state, copy.validator_state)
    copy.enclave.mkdir()
    shutil.copy(chain.home.enclave / "software-seal.key", copy.enclave)
    return copy


def codes(cli: Cli, home: Home, *options: str) -> dict[str, str]:
    """The failed checks and their codes."""
    answer = cli("doctor", "--home", str(home.path), "--output", "json", *options)
    checks = answer.json["checks"]
    assert [entry["check"] for entry in checks] == list(CHECKS)
    failed = {entry["check"]: entry for entry in checks if entry["result"] == "failed"}
    assert all(e["expected"] and e["found"] and e["remedy"] for e in failed.values())
    if failed:
        answer.failed("checks_failed")
    else:
        answer.done()
    return {name: entry["code"] for name, entry in failed.items()}


def test_a_healthy_validator_has_no_fault(home: Home, cli: Cli) -> None:
    assert codes(cli, home) == {}
    text = cli("doctor", "--home", str(home.path)).done().stdout
    assert "nothing is wrong" in text
    assert "skipped" in text


def test_the_judge_of_certificates_is_named_with_its_version(home: Home, cli: Cli) -> None:
    answer = cli("doctor", "--home", str(home.path), "--output", "json").done()
    found = {entry["check"]: entry["found"] for entry in answer.json["checks"]}
    assert found["libraries"].startswith(f"cryptography {cryptography.__version__} (OpenSSL ")


def test_a_fault_is_shown_with_what_to_do(home: Home, cli: Cli) -> None:
    home.validator_key.chmod(0o644)
    answer = cli("doctor", "--home", str(home.path)).failed("checks_failed")
    assert "next: chmod 600" in answer.stdout


def test_home_without_a_genesis(home: Home, cli: Cli) -> None:
    home.genesis.unlink()
    assert codes(cli, home)["home"] == "no_home"


def test_no_home_at_all(chain: OneValidator, tmp_path: Path, cli: Cli) -> None:
    where = ("--node", chain.rpc, "--grpc", chain.grpc)
    found = codes(cli, Home.of(str(tmp_path / "none")), *where)
    assert found == {"home": "no_home"}


@pytest.mark.parametrize("name", ["node.toml", "config.toml"])
def test_config_that_does_not_parse(home: Home, cli: Cli, name: str) -> None:
    with (home.config / name).open("a") as file:
        file.write("\n[nonsense\n")
    assert codes(cli, home)["config"] == "config_invalid"


@pytest.mark.parametrize("key", ["size", "max_txs_bytes"])
@pytest.mark.parametrize("value", ["1073741824", None])
def test_a_mempool_without_bounds(home: Home, cli: Cli, key: str, value: str | None) -> None:
    """As homes have it that were made before, and as the engine has it by default."""
    text = home.cometbft_config.read_text()
    line = re.compile(rf"^{key} = .*$", re.MULTILINE)
    changed, times = line.subn(f"{key} = {value}" if value else "", text, count=1)
    assert times
    home.cometbft_config.write_text(changed)
    assert codes(cli, home) == {"mempool": "mempool_unbounded"}


@pytest.mark.parametrize("name", ["node_key", "validator_key"])
def test_keys_that_others_read(home: Home, cli: Cli, name: str) -> None:
    path: Path = getattr(home, name)
    path.chmod(0o640)
    assert codes(cli, home) == {"keys": "keys_readable"}


def test_the_enclave_s_and_the_keyring_s_files_count_too(home: Home, cli: Cli) -> None:
    for path in (home.enclave / "software-seal.key", next(home.keyring("test").glob("*.key"))):
        path.chmod(0o644)
        assert codes(cli, home) == {"keys": "keys_readable"}
        path.chmod(0o600)


@pytest.mark.parametrize("name", ["path", "config", "data", "enclave", "keyring"])
def test_folders_to_which_others_write(home: Home, cli: Cli, name: str) -> None:
    folder = home.keyring("test") if name == "keyring" else getattr(home, name)
    folder.chmod(0o770)
    assert codes(cli, home) == {"keys": "folder_writable"}
    assert finding(cli, home, "keys")["expected"].endswith(f"(chmod 700 {folder})")
    folder.chmod(0o700)
    assert codes(cli, home) == {}


def test_a_consensus_key_without_its_state(home: Home, cli: Cli) -> None:
    home.validator_state.unlink()
    assert codes(cli, home) == {"keys": "signed_unknown"}


@pytest.mark.parametrize("content", ["", "{}", '{"height": "5"'])
def test_a_state_that_was_cut_is_named_with_what_may_be_done(
    home: Home, cli: Cli, content: str
) -> None:
    home.validator_state.write_text(content)
    assert codes(cli, home) == {"keys": "signed_unknown"}
    text = cli("doctor", "--home", str(home.path)).failed("checks_failed").stdout
    assert "no other machine has this key" in text
    assert "add 10" in text


def test_an_address_book_that_the_engine_panics_at(home: Home, cli: Cli) -> None:
    home.address_book.write_text("")
    assert codes(cli, home) == {"config": "address_book_damaged"}


def test_a_state_that_is_gone_beside_its_backup(
    chain: OneValidator, home: Home, cli: Cli, capsys: pytest.CaptureFixture[str]
) -> None:
    """The enclave starts EMPTY: the node runs, and confirms nobody."""
    shutil.copy(chain.home.enclave_backup, home.enclave)
    assert codes(cli, home) == {"sealed state": "enclave_state_lost"}
    _Shown(Output(Format.TEXT), home, NodeConfig.load(home))
    warned = capsys.readouterr().err
    assert "enclave_state_lost: expected " in warned
    assert "seedpactd register" in warned
    shutil.copy(chain.home.enclave_state, home.enclave)
    assert codes(cli, home) == {}
    _Shown(Output(Format.TEXT), home, NodeConfig.load(home))
    assert "enclave_state_lost" not in capsys.readouterr().err


def test_an_empty_enclave_of_a_node_with_a_record(
    chain: OneValidator, home: Home, tmp_path: Path, cli: Cli
) -> None:
    with EnclaveClient(NodeConfig.load(chain.home).enclave_address) as client:
        node_id = client.get_info().node_id
    with enclave_process(tmp_path / "empty") as process:
        replace(NodeConfig.load(home), enclave_address=process.address).save(home)
        assert "record" not in codes(cli, home)
        Journal(home.run).write(node_id=node_id)
        assert codes(cli, home)["record"] == "enclave_state_lost"


def test_ports_of_somebody_else(home: Home, cli: Cli) -> None:
    for part in Part:
        pid_file(home, part).unlink()
    assert codes(cli, home) == {"ports": "port_taken"}


def test_no_engine(home: Home, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    assert codes(cli, home) == {"engine": "engine_not_built"}


def test_little_room(home: Home, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_machine, "MIN_FREE_BYTES", 2**60)
    assert codes(cli, home) == {"disk": "disk_low"}


def test_few_files(home: Home, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_machine, "MIN_OPEN_FILES", 2**60)
    assert codes(cli, home) == {"open files": "too_few_files"}


def test_an_enclave_that_may_dump_its_memory(home: Home, cli: Cli) -> None:
    process = subprocess.Popen(["sleep", "60"])
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.prlimit(process.pid, resource.RLIMIT_CORE, (hard, hard))
    try:
        found = ProcessId.of(process.pid)
        assert found is not None
        found.write(pid_file(home, Part.ENCLAVE))
        assert codes(cli, home) == {"core dumps": "core_dumps_on"}
    finally:
        process.kill()
        process.wait()


def test_hardware_mode_needs_its_devices(home: Home, cli: Cli) -> None:
    change(home, '"software"', '"hardware"')
    found = codes(cli, home)
    assert found["devices"] == "no_sgx_device"
    assert found["enclave"] == "wrong_mode"


def test_an_enclave_that_is_away(chain: OneValidator, home: Home, cli: Cli) -> None:
    change(home, NodeConfig.load(chain.home).enclave_address, "127.0.0.1:1")
    assert codes(cli, home) == {"enclave": "enclave_unreachable"}


def test_another_chain(home: Home, cli: Cli) -> None:
    assert codes(cli, home, "--chain-id", "another-1") == {"chain": "another_chain"}


def test_a_chain_that_is_away(home: Home, cli: Cli) -> None:
    nobody = ("--node", "http://127.0.0.1:1", "--grpc", "127.0.0.1:1")
    assert codes(cli, home, *nobody) == {"chain": "chain_unreachable"}


def test_a_genesis_of_another_network(home: Home, cli: Cli) -> None:
    genesis = json.loads(home.genesis.read_bytes())
    genesis["genesis_time"] = "2031-01-01T00:00:00Z"
    home.genesis.write_text(json.dumps(genesis))
    assert codes(cli, home) == {"network": "wrong_network"}


def test_a_measurement_that_the_policy_does_not_have(
    chain: OneValidator, home: Home, tmp_path: Path, cli: Cli
) -> None:
    with enclave_process(tmp_path / "other", "--measurement", OTHER_CODE) as enclave:
        change(home, NodeConfig.load(chain.home).enclave_address, enclave.address)
        assert codes(cli, home)["measurement"] == "measurement_not_allowed"


def test_a_clock_that_is_off(home: Home, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_chain, "MAX_CLOCK_SECS", -1)
    assert codes(cli, home) == {"clock": "clock_off"}


def test_a_validator_among_others_without_peers(chain: OneValidator, home: Home, cli: Cli) -> None:
    with lying_rpc(chain.rpc, second_validator) as url:
        assert codes(cli, home, "--node", url) == {"peers": "no_peers"}


def test_a_node_without_peers_or_blocks_is_told_the_cause(
    chain: OneValidator, home: Home, cli: Cli
) -> None:
    def no_block(method: str, params: dict[str, Any], answer: dict[str, Any]) -> None:
        powerless(method, params, answer)
        if method == "status":
            answer["result"]["sync_info"]["latest_block_height"] = "0"

    with lying_rpc(chain.rpc, no_block) as url:
        assert codes(cli, home, "--node", url)["peers"] == "no_peers"
        shown = cli("status", "--home", str(home.path), "--node", url).done().stdout
    assert "no peer, so no block" in shown


def test_keys_that_are_not_registered(
    chain: OneValidator, home: Home, tmp_path: Path, cli: Cli
) -> None:
    network = read_genesis(home.genesis.read_bytes(), where="the home")
    with chain.client() as client, enclave_process(tmp_path / "new") as enclave:
        enclave.call(
            "CreateNodeKey",
            pb.CreateNodeKeyRequest(
                network=network_to_proto(network.inputs), kem_io=client.network_keys().kem_io
            ),
            pb.CreateNodeKeyResponse,
        )
        change(home, NodeConfig.load(chain.home).enclave_address, enclave.address)
        assert codes(cli, home) == {"record": "not_registered"}


def test_a_record_that_ends_soon(home: Home, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_chain, "MIN_LIFE_SECS", TEN_YEARS)
    assert codes(cli, home) == {"record": "record_ends"}


def test_a_record_that_was_revoked(
    chain: OneValidator, home: Home, tmp_path: Path, cli: Cli
) -> None:
    """Not one that ends: no renewal brings it back."""
    left = Home.of(str(tmp_path / "left"))
    operator = ensure_key(left, OPERATOR)
    chain.fund(operator.info.address, FUNDS)
    joined = join(
        Join(
            home=left.path,
            peer_rpc=chain.rpc,
            peer_grpc=chain.grpc,
            operator=operator,
            network_id=chain.network_id,
        )
    )
    with chain.client() as client, enclave_process(left.enclave) as enclave:
        revoke = tx_pb2.MsgRevokeNode(signer=operator.info.address, node_id=joined.node_id)
        client.send_tx([revoke], operator)
        change(home, NodeConfig.load(chain.home).enclave_address, enclave.address)
        assert codes(cli, home) == {"record": "node_revoked"}


def test_an_operator_who_cannot_pay(home: Home, cli: Cli) -> None:
    ensure_key(home, "poor")
    change(home, f'"{OPERATOR}"', '"poor"')
    assert codes(cli, home)["funds"] == "no_funds"


@pytest.fixture
def fresh(chain: OneValidator, home: Home) -> Iterator[FreshEnclave]:
    """The home's enclave, of which a test says how fresh it is."""
    address = NodeConfig.load(chain.home).enclave_address
    with fresh_enclave(address) as (enclave, client):
        change(home, address, client.address)
        yield enclave


def finding(cli: Cli, home: Home, check: str) -> dict[str, str]:
    """What came of one check."""
    answer = cli("doctor", "--home", str(home.path), "--output", "json").json
    found: dict[str, str] = next(e for e in answer["checks"] if e["check"] == check)
    return found


def test_a_nonce_that_nobody_can_pay_or_sign(
    chain: OneValidator, home: Home, fresh: FreshEnclave, cli: Cli
) -> None:
    """Due, and not on the chain: the node publishes it, or nobody will."""
    assert "publishes the next" in finding(cli, home, "freshness")["found"]
    text = home.node_config.read_text()
    change(home, f'"{OPERATOR}"', '""')
    assert codes(cli, home) == {"freshness": "nonce_unpublished"}
    assert "for 0 more blocks" in finding(cli, home, "freshness")["found"]
    ensure_key(home, "other")
    change(home, 'key = ""', 'key = "other"')
    assert codes(cli, home) == {"freshness": "nonce_unpublished", "funds": "no_funds"}
    home.node_config.write_text(text)
    change(home, '"0.001useed"', f'"{10**17}useed"')
    assert codes(cli, home) == {"freshness": "nonce_unpaid", "funds": "no_funds"}
    # None of it matters while it is fresh for long, where it never confirms, or has no vote.
    with chain.client() as client:
        fresh.fresh_until = client.height() + MARGIN_HEADERS + 1_000
    assert finding(cli, home, "freshness")["result"] == "ok"
    fresh.fresh_until, fresh.forked = 0, True
    assert finding(cli, home, "freshness")["result"] == "skipped"
    fresh.forked = False
    with lying_rpc(chain.rpc, powerless) as url:
        assert codes(cli, home, "--node", url) == {"funds": "no_funds", "peers": "no_peers"}


def test_an_older_state_and_a_backup_that_the_disk_refused(
    home: Home, fresh: FreshEnclave, cli: Cli
) -> None:
    with_nonce = finding(cli, home, "backup")
    assert with_nonce["result"] == "ok"
    fresh.backup_newer = True
    assert codes(cli, home) == {"backup": "backup_newer"}
    assert "enclave restore" in finding(cli, home, "backup")["remedy"]
    fresh.backup_newer, fresh.backup_fails = False, True
    assert codes(cli, home) == {"backup": "storage_failed"}
    # EMPTY: with a backup beside it, and without.
    fresh.state, fresh.backup_newer = pb.ENCLAVE_STATE_EMPTY, True
    assert finding(cli, home, "backup")["code"] == "backup_newer"
    fresh.backup_newer = False
    assert finding(cli, home, "backup")["result"] == "skipped"


def test_an_engine_that_began_above_the_header_that_the_enclave_trusts(
    chain: OneValidator, home: Home, fresh: FreshEnclave, cli: Cli
) -> None:
    """Unless a node that node.toml names has the blocks between."""
    fresh.trusted_height = 2
    fresh.fresh_until = 1_000_000

    def began(method: str, _params: dict[str, Any], answer: dict[str, Any]) -> None:
        if method == "status":
            answer["result"]["sync_info"]["earliest_block_height"] = "3"

    assert "header 2" in finding(cli, home, "headers")["found"]
    with lying_rpc(chain.rpc, began) as url:
        assert codes(cli, home, "--node", url) == {"headers": "older_blocks_missing"}
        where = ("--home", str(home.path), "--node", url, "--grpc", chain.grpc)
        found = cli("status", *where, "--output", "json").done().json["headers"]
        assert found == {"from_height": 2, "earliest_height": 3, "missing": True}
        assert "older_blocks_missing: expected block 2" in cli("status", *where).done().stdout
        change(home, 'witnesses = ""', 'witnesses = "tcp://127.0.0.1:1"')
        assert codes(cli, home, "--node", url) == {"headers": "older_blocks_missing"}
        change(home, "tcp://127.0.0.1:1", f"tcp://127.0.0.1:1,{chain.rpc}")
        assert codes(cli, home, "--node", url) == {}
        fresh.forked = True
        assert cli("status", *where, "--output", "json").done().json["headers"] is None
        assert codes(cli, home, "--node", url) == {"enclave": "forked"}
    fresh.forked = False
    own = ("--home", str(home.path))
    assert cli("status", *own, "--output", "json").json["headers"]["missing"] is False
    assert "older" not in cli("status", *own).done().stdout


def change(home: Home, old: str, new: str) -> None:
    """Replaces a text in node.toml."""
    text = home.node_config.read_text()
    assert old in text
    home.node_config.write_text(text.replace(old, new))
