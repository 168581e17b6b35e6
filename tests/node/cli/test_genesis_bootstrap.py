"""`seedpactd genesis bootstrap` and `validate`, with a real enclave."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chain_module.address import to_text
from node.cli.exit_codes import ExitCode
from node.cli.main import run
from node.config import Home, NodeConfig
from node.genesis import GenesisFailure
from node.genesis.checks import check_first_start
from tests.support.cli import Answer, Cli, Served, served
from tests.support.genesis_home import FUNDS, Genesis, make_home

KEY = bytes(range(32))
SIGNATURE_AT = 48 + 384 + 4
"""Of a quote in version 3: after header, report and length."""


@pytest.fixture
def draft(cli: Cli, tmp_path: Path) -> Genesis:
    """A genesis without accounts and validators."""
    home = Home(tmp_path / "home")
    make_home(home, complete=False)
    return Genesis(cli, home)


@pytest.fixture
def ready(cli: Cli, tmp_path: Path) -> Genesis:
    """A genesis that could be bootstrapped."""
    home = Home(tmp_path / "home")
    make_home(home, complete=True)
    return Genesis(cli, home)


# --- the bootstrap ---


@pytest.fixture
def enclave(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path / "enclave") as one:
        yield one


def _bootstrap(genesis: Genesis, enclave: Served) -> Answer:
    return genesis("bootstrap", "--operator", "op", "--address", enclave.address)


def test_a_bootstrap_completes_the_genesis(ready: Genesis, enclave: Served) -> None:
    before = ready.network_id()
    draft = ready.home.genesis.read_bytes()
    answer = _bootstrap(ready, enclave).done()
    assert before in answer.stdout
    assert ready.network_id() == before
    judged = ready("validate", "--output", "json").done().json
    assert list(judged["checks"]) == [
        "form",
        "validators",
        "state",
        "policy",
        "unsafe",
        "bootstrap",
        "evidence",
        "operator",
    ]
    config = NodeConfig.load(ready.home)
    assert (config.operator_key, config.keyring_backend) == ("op", "test")
    registration = ready.file().registration()
    assert to_text(registration.nodes[0].operator) == ready.operator()

    # Once more: nothing to do, nothing changed.
    complete = ready.home.genesis.read_bytes()
    assert "as before" in _bootstrap(ready, enclave).done().stdout
    assert ready.home.genesis.read_bytes() == complete

    # The genesis was lost after the enclave had made the seed: the same keys come again.
    ready.home.genesis.write_bytes(draft)
    assert "as before" in _bootstrap(ready, enclave).done().stdout
    again = ready.file().registration()
    assert again.network is not None
    assert registration.network is not None
    assert again.network.keys == registration.network.keys
    assert again.nodes[0].node_id == registration.nodes[0].node_id
    ready("validate").done()

    # It was changed instead: another network, of which this enclave knows nothing.
    ready.home.genesis.write_bytes(draft)
    ready("add-account", to_text(bytes(20)), "1useed").done()
    _bootstrap(ready, enclave).failed("wrong_network")
    ready("validate").failed("genesis_not_bootstrapped")


def test_another_enclave_does_not_bootstrap_a_second_time(
    ready: Genesis, enclave: Served, tmp_path: Path
) -> None:
    _bootstrap(ready, enclave).done()
    complete = ready.home.genesis.read_bytes()
    with served(tmp_path / "second") as second:
        _bootstrap(ready, second).failed("genesis_bootstrapped")
        info = ready.cli("enclave", "info", "--address", second.address, "--output", "json")
        assert info.json["state"] == "EMPTY"
    assert ready.home.genesis.read_bytes() == complete


def _poor(genesis: Genesis) -> Answer:
    return genesis("add-account", to_text(bytes(20)), "5useed").done()


BEFORE_THE_SEED: list[tuple[str, Callable[[Genesis], object], str]] = [
    ("op", lambda g: g.file(), "genesis_without_validators"),
    (to_text(bytes(20)), lambda g: (g("add-validator"), _poor(g)), "genesis_not_ready"),
    ("op", lambda g: g("add-validator"), "genesis_not_ready"),
    (
        "op",
        lambda g: (
            g("add-validator"),
            g("add-account", "op", FUNDS),
            g("set-policy", "--measurement", "11" * 32),
        ),
        "measurement_not_allowed",
    ),
]


@pytest.mark.parametrize(("operator", "prepare", "code"), BEFORE_THE_SEED)
def test_what_is_wrong_is_found_before_the_seed(
    draft: Genesis,
    enclave: Served,
    operator: str,
    prepare: Callable[[Genesis], object],
    code: str,
) -> None:
    """An enclave bootstraps once for ever: it is not asked for a network that cannot start."""
    prepare(draft)
    before = draft.home.genesis.read_bytes()
    draft("bootstrap", "--operator", operator, "--address", enclave.address).failed(code)
    assert draft.home.genesis.read_bytes() == before
    info = draft.cli("enclave", "info", "--address", enclave.address, "--output", "json")
    assert info.json["state"] == "EMPTY"


def test_a_software_enclave_serves_no_hardware_network(
    cli: Cli, tmp_path: Path, enclave: Served
) -> None:
    home = Home(tmp_path / "home")
    make_home(home, complete=True, mode="hardware")
    _bootstrap(Genesis(cli, home), enclave).failed("wrong_mode")


def test_an_enclave_that_is_away_is_told(ready: Genesis) -> None:
    before = ready.home.genesis.read_bytes()
    away = ready("bootstrap", "--operator", "op", "--address", "127.0.0.1:1")
    away.failed("enclave_unreachable")
    assert ready.home.genesis.read_bytes() == before


def test_it_is_this_homes_enclave_that_makes_the_seed(ready: Genesis, enclave: Served) -> None:
    """One of another home, at the port that both homes name, is not asked."""
    named = replace(NodeConfig.load(ready.home), enclave_address=enclave.address)
    named.save(ready.home)
    ready("bootstrap", "--operator", "op").done()
    info = ready.cli("enclave", "info", "--address", enclave.address, "--output", "json")
    assert info.json["state"] == "EMPTY"
    with served(ready.home.enclave) as own:
        there = ready.cli("enclave", "info", "--address", own.address, "--output", "json")
    assert (there.json["state"], there.json["network_id"]) == ("HOLDER", ready.network_id())


def test_the_enclave_of_this_home_that_runs_is_asked(ready: Genesis) -> None:
    with served(ready.home.enclave) as own:
        named = replace(NodeConfig.load(ready.home), enclave_address=own.address)
        named.save(ready.home)
        ready("bootstrap", "--operator", "op").done()
        info = ready.cli("enclave", "info", "--address", own.address, "--output", "json")
    assert info.json["state"] == "HOLDER"


# --- judging what somebody changed ---


@pytest.fixture(scope="module")
def complete(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a bootstrapped genesis; copied by each test."""
    folder = tmp_path_factory.mktemp("complete")
    home = Home(folder / "home")
    make_home(home, complete=True)
    with served(folder / "enclave") as one:
        arguments = ["--operator", "op", "--address", one.address, "--home", str(home.path)]
        assert run(["genesis", "bootstrap", *arguments]) == ExitCode.DONE
    return home.path


@pytest.fixture
def bootstrapped(cli: Cli, tmp_path: Path, complete: Path) -> Genesis:
    shutil.copytree(complete, tmp_path / "copy")
    return Genesis(cli, Home(tmp_path / "copy"))


@pytest.mark.parametrize(
    "command",
    [
        ("add-account", to_text(bytes(20)), "1useed"),
        ("add-validator", "--pubkey", KEY.hex()),
        ("set-policy", "--enable", "frozen"),
        ("set-floor", "--threshold", "0"),
        ("set-params", "--register-gas", "1"),
        ("set-authority", "op"),
        ("set-time", "--in", "1"),
        ("validate", "--draft"),
    ],
    ids=lambda value: value[0],
)
def test_a_bootstrapped_genesis_is_final(bootstrapped: Genesis, command: tuple[str, ...]) -> None:
    before = bootstrapped.home.genesis.read_bytes()
    bootstrapped(*command).failed("genesis_bootstrapped")
    assert bootstrapped.home.genesis.read_bytes() == before


Change = Callable[[dict[str, Any]], object]


def _registration(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["app_state"]["registration"]
    return found


def _flipped(entry: dict[str, Any], name: str, at: int) -> None:
    data = bytearray(base64.b64decode(entry[name]))
    data[at] ^= 1
    entry[name] = base64.b64encode(bytes(data)).decode()


CHANGES: list[tuple[str, Change, str]] = [
    # Outside of network_id: only the evidence and the record vouch for it.
    ("node", lambda d: _flipped(_registration(d)["nodes"][0], "operator", 0), "genesis_not_ready"),
    (
        "envelope",
        lambda d: _flipped(_registration(d)["nodes"][0], "envelope", 0),
        "genesis_record_mismatch",
    ),
    (
        "status",
        lambda d: _registration(d)["nodes"][0].update(status="NODE_STATUS_EXPIRED"),
        "genesis_record_mismatch",
    ),
    ("no node", lambda d: _registration(d).update(nodes=[]), "genesis_record_mismatch"),
    (
        "network's keys",
        lambda d: _flipped(_registration(d)["network"]["keys"], "pk_io", 3),
        "genesis_record_mismatch",
    ),
    (
        "quote",
        lambda d: _flipped(_registration(d)["network"], "quote", 500),
        "genesis_record_mismatch",
    ),
    # Inside of network_id: the quote binds another one.
    ("time", lambda d: d.update(genesis_time="2026-01-01T00:00:00Z"), "genesis_record_mismatch"),
    ("chain id", lambda d: d.update(chain_id="other"), "wrong_root"),
    ("votes", lambda d: d["validators"][0].update(power="11"), "genesis_record_mismatch"),
    (
        "coins",
        lambda d: (
            d["app_state"]["bank"]["balances"][0]["coins"][0].update(amount="1"),
            d["app_state"]["bank"].pop("supply"),
        ),
        "genesis_record_mismatch",
    ),
    (
        "policy",
        lambda d: _registration(d)["policy"].update(frozen=True),
        "genesis_record_mismatch",
    ),
    # Against the state's rules.
    (
        "supply",
        lambda d: d["app_state"]["bank"]["supply"][0].update(amount="1"),
        "bad_genesis",
    ),
    (
        "root",
        lambda d: _flipped(_registration(d)["floor"], "attestation_root", 100),
        "wrong_root",
    ),
    (
        "block size",
        lambda d: d["consensus_params"]["block"].update(max_bytes="1000000"),
        "genesis_consensus_params",
    ),
    (
        "evidence of no age",
        lambda d: d["consensus_params"]["evidence"].update(max_age_num_blocks="0"),
        "genesis_consensus_params",
    ),
    ("version", lambda d: d["consensus_params"]["version"].update(app="-1"), "bad_genesis"),
    ("no validators", lambda d: d.update(validators=[]), "genesis_without_validators"),
    ("no votes", lambda d: d["validators"][0].update(power="0"), "genesis_validator_power"),
    ("twice", lambda d: d.update(validators=d["validators"] * 2), "genesis_validator_twice"),
    ("misspelt", lambda d: d.update(genesis_tme=d.pop("genesis_time")), "bad_genesis"),
]


@pytest.mark.parametrize(("change", "code"), [c[1:] for c in CHANGES], ids=[c[0] for c in CHANGES])
def test_each_change_is_found(bootstrapped: Genesis, change: Change, code: str) -> None:
    document = json.loads(bootstrapped.home.genesis.read_bytes())
    change(document)
    bootstrapped.home.genesis.write_text(json.dumps(document))
    exit_code = ExitCode.USAGE if code == "bad_genesis" else ExitCode.REFUSED
    answer = bootstrapped("validate", "--output", "json").failed(code, exit_code)
    assert isinstance(answer.json["checks"], dict)


def test_a_forged_quote_is_found_even_where_the_record_fits(bootstrapped: Genesis) -> None:
    """State rules cannot see it; the verification does."""
    document = json.loads(bootstrapped.home.genesis.read_bytes())
    network, record = _registration(document)["network"], _registration(document)["nodes"][0]
    _flipped(network, "quote", SIGNATURE_AT)
    digest = hashlib.sha256(base64.b64decode(network["quote"])).digest()
    record["quote_hash"] = base64.b64encode(digest).decode()
    bootstrapped.home.genesis.write_text(json.dumps(document))
    answer = bootstrapped("validate").failed("quote_signature_invalid")
    assert "bootstrap" in answer.stdout


def test_what_holds_is_shown_before_what_does_not(bootstrapped: Genesis) -> None:
    document = json.loads(bootstrapped.home.genesis.read_bytes())
    _registration(document)["nodes"] = []
    bootstrapped.home.genesis.write_text(json.dumps(document))
    answer = bootstrapped("validate").failed("genesis_record_mismatch")
    assert answer.stdout.startswith("form ")
    assert "validators" in answer.stdout


def test_a_file_elsewhere_is_judged(bootstrapped: Genesis, tmp_path: Path) -> None:
    copy = tmp_path / "peer.json"
    copy.write_bytes(bootstrapped.home.genesis.read_bytes())
    bootstrapped.home.genesis.unlink()
    bootstrapped("validate", str(copy)).done()
    answer = bootstrapped("network-id", str(copy), "--output", "json").done().json
    assert answer["bootstrapped"] is True


def test_a_node_starts_with_a_true_genesis_alone(bootstrapped: Genesis) -> None:
    """`start` judges it before the first block, and never again."""
    home = bootstrapped.home
    check_first_start(home)
    document = json.loads(home.genesis.read_bytes())
    _registration(document)["nodes"] = []
    home.genesis.write_text(json.dumps(document))
    with pytest.raises(GenesisFailure):  # asked first: a start that takes it would go on
        check_first_start(home)
    start = ("start", "--only", "node", "--home", str(home.path))
    bootstrapped.cli(*start).failed("genesis_record_mismatch")
    bootstrapped.cli("start", "--home", str(home.path)).failed("genesis_record_mismatch")
    home.genesis.unlink()
    bootstrapped.cli(*start).failed("no_genesis", ExitCode.USAGE)
    (home.data / "blockstore.db").mkdir()
    check_first_start(home)
