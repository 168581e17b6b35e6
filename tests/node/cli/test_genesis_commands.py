"""`seedpactd genesis`: from the draft to a genesis that a real enclave has bootstrapped."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chain_module.address import to_text
from enclave.attestation.types import SgxMeasurement, TcbStatus
from node.cli.exit_codes import ExitCode
from node.cli.main import run
from node.config import Home
from node.config.engine_keys import read_engine_keys
from node.genesis import GenesisFile
from tests.support.cli import Answer, Cli, Served, served

CHAIN_ID = "by-hand-1"
FUNDS = "1000000000useed"
KEY = bytes(range(32))
SIGNATURE_AT = 48 + 384 + 4
"""Of a quote in version 3: after header, report and length."""


class Genesis:
    """`seedpactd genesis` on one home, with an account `op` in its keyring."""

    def __init__(self, cli: Cli, home: Home) -> None:
        self.cli = cli
        self.home = home

    def __call__(self, command: str, *arguments: str) -> Answer:
        return self.cli("genesis", command, "--home", str(self.home.path), *arguments)

    def file(self) -> GenesisFile:
        """The file as it stands."""
        return GenesisFile.load(self.home.genesis)

    def network_id(self) -> str:
        """As the command says it."""
        return str(self("network-id", "--output", "json").done().json["network_id"])

    def operator(self) -> str:
        """The address of `op`."""
        arguments = ["keys", "show", "op", "-a", "--home", str(self.home.path)]
        return str(self.cli(*arguments).done().stdout.strip())


def _make(home: Home, *, complete: bool, mode: str = "software") -> None:
    at = ["--home", str(home.path)]
    backend = ["--keyring-backend", "test"]
    commands = [
        ["init", "berlin", "--chain-id", CHAIN_ID, "--mode", mode, *backend],
        ["keys", "add", "op"],
    ]
    if complete:
        commands += [["genesis", "add-validator"], ["genesis", "add-account", "op", FUNDS]]
    for command in commands:
        assert run([*command, *at]) == ExitCode.DONE


@pytest.fixture
def draft(cli: Cli, tmp_path: Path) -> Genesis:
    """A genesis without accounts and validators."""
    home = Home(tmp_path / "home")
    _make(home, complete=False)
    return Genesis(cli, home)


@pytest.fixture
def ready(cli: Cli, tmp_path: Path) -> Genesis:
    """A genesis that could be bootstrapped."""
    home = Home(tmp_path / "home")
    _make(home, complete=True)
    return Genesis(cli, home)


# --- accounts, validators, time ---


def test_accounts_hold_what_they_are_given(draft: Genesis) -> None:
    other = to_text(bytes(20))
    draft("add-account", "op", FUNDS).done()
    draft("add-account", other, "5atom,7useed").done()
    app_state: Any = draft.file().document["app_state"]
    assert [entry["address"] for entry in app_state["auth"]["accounts"]] == [
        draft.operator(),
        other,
    ]
    assert [entry["account_number"] for entry in app_state["auth"]["accounts"]] == ["0", "1"]
    assert app_state["bank"]["supply"] == [
        {"denom": "atom", "amount": "5"},
        {"denom": "useed", "amount": "1000000007"},
    ]


def test_an_account_is_added_once(draft: Genesis) -> None:
    draft("add-account", "op", FUNDS).done()
    answer = draft("add-account", draft.operator(), "1useed").failed("genesis_entry_exists")
    assert FUNDS in answer.stderr


def test_validators_come_from_homes_and_keys(draft: Genesis, tmp_path: Path) -> None:
    other = Home(tmp_path / "other")
    _make(other, complete=False)
    draft("add-validator").done()
    draft("add-validator", "--validator-home", str(other.path), "--power", "3").done()
    draft("add-validator", "--pubkey", KEY.hex(), "--name", "hex").done()
    draft("add-validator", "--pubkey", base64.b64encode(KEY[::-1]).decode()).done()
    shown = {"type": "tendermint/PubKeyEd25519", "value": base64.b64encode(KEY[1:] + b"x").decode()}
    answer = draft("add-validator", "--pubkey", json.dumps(shown), "--output", "json").done().json
    assert answer["total_power"] == 43
    validators: Any = draft.file().document["validators"]
    assert [(entry["name"], entry["power"]) for entry in validators] == [
        ("berlin", "10"),
        ("berlin", "3"),
        ("hex", "10"),
        ("", "10"),
        ("", "10"),
    ]
    assert validators[0]["address"] == read_engine_keys(draft.home).validator_address
    draft("add-validator").failed("genesis_entry_exists")


def test_a_validator_of_no_home_is_told(draft: Genesis, tmp_path: Path) -> None:
    missing = draft("add-validator", "--validator-home", str(tmp_path / "none"))
    missing.failed("no_home", ExitCode.USAGE)


def test_the_time_is_set(draft: Genesis) -> None:
    for text in ("2026-01-01T00:00:00Z", "1767225600"):
        draft("set-time", text).done()
        assert draft.file().document["genesis_time"] == "2026-01-01T00:00:00Z"
    draft("set-time", "--in", "600").done()
    assert draft.file().document["genesis_time"] != "2026-01-01T00:00:00Z"


# --- policy, floor, parameters ---


def test_a_policy_is_set_by_options(draft: Genesis) -> None:
    code = ["11" * 32, f"{'22' * 32}:{'33' * 32}:4:5"]
    draft(
        "set-policy",
        *("--measurement", code[0], "--measurement", code[1]),
        *("--tcb-status", "SWHardeningNeeded", "--tcb-status", "UpToDate"),
        *("--advisory", "INTEL-SA-00615", "--max-quote-age-blocks", "7"),
        *("--enable", "one-node-per-machine", "--enable", "allow-smt"),
        *("--minimum-evaluation-number", "17"),
    ).done()
    policy = draft.file().registration().policy
    assert policy.measurements == (
        SgxMeasurement(b"\x11" * 32, bytes(32), 0, 0),
        SgxMeasurement(b"\x22" * 32, b"\x33" * 32, 4, 5),
    )
    assert policy.tcb_statuses == (TcbStatus.UP_TO_DATE, TcbStatus.SW_HARDENING_NEEDED)
    assert policy.advisories == ("INTEL-SA-00615",)
    assert (policy.max_quote_age_blocks, policy.minimum_evaluation_number) == (7, 17)
    assert (policy.one_node_per_machine, policy.allow_smt, policy.frozen) == (True, True, False)
    draft("set-policy", "--disable", "allow-smt").done()
    changed = draft.file().registration().policy
    assert not changed.allow_smt
    assert changed.measurements == policy.measurements  # what no option names stays


def test_a_policy_is_read_from_a_file(draft: Genesis, tmp_path: Path) -> None:
    shown = draft("set-policy", "--output", "json").done().json["policy"]
    shown |= {"denied_fmspcs": ["00906ed50000"], "frozen": True}
    file = tmp_path / "policy.json"
    file.write_text(json.dumps(shown))
    draft("set-policy", str(file), "--max-quote-age-blocks", "9").done()
    policy = draft.file().registration().policy
    assert policy.denied_fmspcs == (bytes.fromhex("00906ed50000"),)
    assert (policy.frozen, policy.max_quote_age_blocks) == (True, 9)


def test_a_floor_is_set(draft: Genesis) -> None:
    keys = [
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    ]
    options = [part for key in keys for part in ("--upgrade-key", key)]
    draft("set-floor", *options, "--worst-tcb-status", "SWHardeningNeeded").done()
    floor = draft.file().registration().floor
    assert [key.hex() for key in floor.upgrade_keys] == sorted(keys)
    assert floor.threshold == 2
    assert floor.worst_tcb_status is TcbStatus.SW_HARDENING_NEEDED
    draft("set-floor", "--threshold", "1").done()
    assert draft.file().registration().floor.threshold == 1
    draft("set-floor", "--threshold", "3").failed("bad_floor")
    draft("set-floor", "--upgrade-key", "00" * 32).failed("bad_floor")
    assert draft.file().registration().floor.threshold == 1


def test_parameters_are_set(draft: Genesis) -> None:
    draft("set-params", "--registration-period-secs", "60", "--register-gas", "5").done()
    params = draft.file().registration().params
    assert (params.registration_period_secs, params.register_gas) == (60, 5)
    assert params.max_registers_per_block == 8
    draft("set-authority", "op").done()
    assert to_text(draft.file().registration().params.authority) == draft.operator()
    draft("set-authority", "nobody").done()
    assert draft.file().registration().params.authority == b""


WRONG_USAGE = [
    ("add-account",),
    ("add-account", "op"),
    ("add-account", "op", "many"),
    ("add-account", "op", "0useed"),
    ("add-account", "op", "7useed,5atom"),
    ("add-account", "seed1qqqq", "1useed"),
    ("add-validator", "--pubkey", "00"),
    ("add-validator", "--pubkey", "{}"),
    ("add-validator", "--pubkey", KEY.hex(), "--validator-home", "x"),
    ("add-validator", "--power", "0"),
    ("set-time",),
    ("set-time", "now"),
    ("set-time", "2026-01-01T00:00:00Z", "--in", "5"),
    ("set-time", "--in", "-5"),
    ("set-policy", "--measurement", "00"),
    ("set-policy", "--measurement", "zz" * 32),
    ("set-policy", "--measurement", "00" * 32 + ":" + "00" * 32 + ":65536"),
    ("set-policy", "--measurement", "00" * 32 + ":" + "00" * 32 + ":1:2:3"),
    ("set-policy", "--tcb-status", "Revoked"),
    ("set-policy", "--enable", "everything"),
    ("set-policy", "--enable", "frozen", "--disable", "frozen"),
    ("set-policy", "--max-quote-age-blocks", "2"),
    ("set-floor", "--upgrade-key", "00"),
    ("set-floor", "--worst-tcb-status", "Revoked"),
    ("set-params",),
    ("set-params", "--max-registers-per-block", "0"),
    ("set-authority",),
    ("set-authority", "seed1qqqq"),
    ("bootstrap",),
    ("bootstrap", "--operator", "op", "--address", "nowhere"),
    ("bootstrap", "--operator", "seed1qqqq"),
    ("validate", "a", "b"),
    ("network-id", "--nonsense"),
    ("nonsense",),
]


@pytest.mark.parametrize("arguments", WRONG_USAGE, ids=lambda value: " ".join(value)[:60])
def test_wrong_usage_changes_nothing(ready: Genesis, arguments: tuple[str, ...]) -> None:
    before = ready.home.genesis.read_bytes()
    if arguments == ("nonsense",):
        ready.cli("genesis", *arguments).failed("wrong_usage", ExitCode.USAGE)
    else:
        ready(*arguments).failed("wrong_usage", ExitCode.USAGE)
    assert ready.home.genesis.read_bytes() == before


def test_a_name_that_is_no_key_is_told(draft: Genesis) -> None:
    draft("add-account", "nobody", FUNDS).failed("key_not_found")
    draft("set-authority", "somebody").failed("key_not_found")


@pytest.mark.parametrize(
    "command",
    [
        ("add-account", "op", FUNDS),
        ("add-validator",),
        ("set-policy", "--enable", "frozen"),
        ("set-floor", "--threshold", "0"),
        ("set-params", "--register-gas", "1"),
        ("set-authority", "op"),
        ("set-time", "--in", "1"),
        ("bootstrap", "--operator", "op"),
        ("validate",),
        ("network-id",),
    ],
    ids=lambda value: value[0],
)
def test_a_missing_or_broken_genesis_is_told(draft: Genesis, command: tuple[str, ...]) -> None:
    draft.home.genesis.write_text("{]")
    draft(*command).failed("bad_genesis", ExitCode.USAGE)
    draft.home.genesis.unlink()
    draft(*command).failed("no_genesis", ExitCode.USAGE)


@pytest.mark.parametrize("content", ["", "{}]", '{"nonsense": 1}', '{"frozen": 7}'])
def test_a_policy_file_that_is_none_is_told(draft: Genesis, tmp_path: Path, content: str) -> None:
    file = tmp_path / "policy.json"
    file.write_text(content)
    draft("set-policy", str(file)).failed("malformed_input", ExitCode.USAGE)
    draft("set-policy", str(tmp_path / "none")).failed("unreadable_input", ExitCode.USAGE)


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
        "bootstrap",
        "evidence",
        "operator",
    ]
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
    _make(home, complete=True, mode="hardware")
    _bootstrap(Genesis(cli, home), enclave).failed("wrong_mode")


def test_an_enclave_that_is_away_is_told(ready: Genesis) -> None:
    before = ready.home.genesis.read_bytes()
    away = ready("bootstrap", "--operator", "op", "--address", "127.0.0.1:1")
    away.failed("enclave_unreachable")
    assert ready.home.genesis.read_bytes() == before


# --- judging what somebody changed ---


@pytest.fixture(scope="module")
def complete(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a bootstrapped genesis; copied by each test."""
    folder = tmp_path_factory.mktemp("complete")
    home = Home(folder / "home")
    _make(home, complete=True)
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
    ("no validators", lambda d: d.update(validators=[]), "genesis_without_validators"),
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
