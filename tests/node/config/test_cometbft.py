"""config.toml and CometBFT's keys: the real engine reads them, an edit keeps what else is there."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import tomlkit
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chain_module.app.check import RECHECK_BYTES, RECHECKS
from chain_module.limits import MAX_TX_BYTES
from node.config import ConfigCode, ConfigFailure, Home
from node.config.cometbft import (
    CometSettings,
    check_cometbft,
    edit_cometbft,
    is_loopback,
    read_cometbft,
    write_cometbft,
)
from node.config.engine_keys import ensure_engine_keys, read_engine_keys
from node.config.toml_writer import parse

PEER = "ab" * 20 + "@10.0.0.1:1"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.make_folders()
    return home


def _settings(home: Home, *, moniker: str = "berlin", p2p: str = "127.0.0.1:1") -> CometSettings:
    default = CometSettings.default(moniker, abci_socket=home.default_socket)
    return replace(default, p2p_listen=p2p)


def _ask(engine: Path, home: Home, *arguments: str) -> str:
    done = subprocess.run(
        [engine, *arguments, "--home", home.path],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.strip()


def test_the_engine_reads_our_keys(home: Home, engine: Path) -> None:
    write_cometbft(home, _settings(home))
    keys = ensure_engine_keys(home)
    assert _ask(engine, home, "show-node-id") == keys.node_id
    shown = json.loads(_ask(engine, home, "show-validator"))
    assert shown == {
        "type": "tendermint/PubKeyEd25519",
        "value": base64.b64encode(keys.validator_key).decode(),
    }


def test_our_key_files_are_the_engines_own(home: Home, tmp_path: Path, engine: Path) -> None:
    """The same JSON, but for the keys, as `cometbft init` writes."""
    theirs = Home(tmp_path / "theirs")
    _ask(engine, theirs, "init")
    ensure_engine_keys(home)
    for name in ("node_key", "validator_key", "validator_state"):
        ours = json.loads(getattr(home, name).read_text())
        other = json.loads(getattr(theirs, name).read_text())
        assert _shape(ours) == _shape(other), name
    assert read_engine_keys(theirs).node_id == _ask(engine, theirs, "show-node-id")
    state = json.loads(home.validator_state.read_text())
    assert state == json.loads(theirs.validator_state.read_text())


def _shape(value: object) -> object:
    """A JSON value with its texts of keys left out."""
    if isinstance(value, dict):
        return {key: _shape(entry) for key, entry in value.items()}
    return type(value)


def test_the_address_is_that_of_the_key(home: Home) -> None:
    keys = ensure_engine_keys(home)
    value = json.loads(home.validator_key.read_text())
    private = base64.b64decode(value["priv_key"]["value"])
    public = Ed25519PrivateKey.from_private_bytes(private[:32]).public_key().public_bytes_raw()
    assert private[32:] == public == keys.validator_key
    assert value["address"] == keys.validator_address
    assert keys.validator_address == hashlib.sha256(public).hexdigest()[:40].upper()


def test_keys_are_private_and_never_replaced(home: Home) -> None:
    first = ensure_engine_keys(home)
    content = home.validator_key.read_bytes()
    assert ensure_engine_keys(home) == first
    assert home.validator_key.read_bytes() == content
    for path in (home.validator_key, home.node_key, home.validator_state):
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_missing_node_key_is_made_beside_a_consensus_key(home: Home) -> None:
    """A power cut between the two leaves it so."""
    first = ensure_engine_keys(home)
    home.node_key.unlink()
    second = ensure_engine_keys(home)
    assert second.validator_key == first.validator_key
    assert second.node_id != first.node_id


def test_a_consensus_key_without_what_it_signed_is_refused(home: Home) -> None:
    ensure_engine_keys(home)
    home.validator_state.unlink()
    for call in (read_engine_keys, ensure_engine_keys):
        with pytest.raises(ConfigFailure, match="sign twice") as caught:
            call(home)
        assert caught.value.code is ConfigCode.SIGNED_UNKNOWN
    assert not home.validator_state.exists()


def test_a_kept_state_goes_with_a_new_key(home: Home) -> None:
    """A new key that takes an old state's height signs later, never twice."""
    ensure_engine_keys(home)
    home.validator_key.unlink()
    home.validator_state.write_text('{"height": "7", "round": 0, "step": 3}')
    ensure_engine_keys(home)
    assert '"7"' in home.validator_state.read_text()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        "[]",
        '{"priv_key": {}}',
        '{"priv_key": {"type": "tendermint/PrivKeyEd25519", "value": "AA=="}}',
        '{"priv_key": {"type": "tendermint/PrivKeyEd25519", "value": "!"}}',
    ],
)
def test_a_damaged_key_is_told_and_not_shown(home: Home, content: str) -> None:
    ensure_engine_keys(home)
    secret = json.loads(home.node_key.read_text())["priv_key"]["value"]
    home.node_key.write_text(content)
    with pytest.raises(ConfigFailure) as caught:
        read_engine_keys(home)
    assert caught.value.code is ConfigCode.CONFIG_INVALID
    assert secret not in str(caught.value)


def test_a_key_of_two_halves_that_do_not_fit_is_refused(home: Home) -> None:
    ensure_engine_keys(home)
    value = json.loads(home.node_key.read_text())
    pair = bytearray(base64.b64decode(value["priv_key"]["value"]))
    pair[40] ^= 1
    value["priv_key"]["value"] = base64.b64encode(bytes(pair)).decode()
    home.node_key.write_text(json.dumps(value))
    with pytest.raises(ConfigFailure, match="Ed25519 key"):
        read_engine_keys(home)


def test_missing_keys_are_told(home: Home) -> None:
    with pytest.raises(ConfigFailure) as caught:
        read_engine_keys(home)
    assert caught.value.code is ConfigCode.NO_HOME


def test_an_edit_keeps_comments_and_other_keys(home: Home) -> None:
    write_cometbft(home, _settings(home))
    with home.cometbft_config.open("a") as file:
        file.write("# mine\n[statesync]\nenable = false # keep\n")
    before = home.cometbft_config.read_text()
    edit_cometbft(home, {"p2p.persistent_peers": PEER, "statesync.trust_height": 7})
    after = home.cometbft_config.read_text()
    changed = set(after.splitlines()) ^ set(before.splitlines())
    assert changed == {
        'persistent_peers = ""',
        f'persistent_peers = "{PEER}"',
        "trust_height = 7",
    }
    assert read_cometbft(home, "p2p.persistent_peers") == PEER
    assert read_cometbft(home, "moniker") == "berlin"
    assert read_cometbft(home, "p2p.nothing") is None
    assert read_cometbft(home, "p2p") is None


def test_an_edit_may_make_a_table(home: Home) -> None:
    home.cometbft_config.write_text("")
    edit_cometbft(home, {"rpc.laddr": "tcp://127.0.0.1:1", "moniker": "x"})
    assert read_cometbft(home, "rpc.laddr") == "tcp://127.0.0.1:1"
    assert read_cometbft(home, "moniker") == "x"


def test_a_missing_or_broken_file_is_told(home: Home) -> None:
    with pytest.raises(ConfigFailure) as caught:
        edit_cometbft(home, {})
    assert caught.value.code is ConfigCode.NO_HOME
    for content in (b"[", b"\xff"):
        home.cometbft_config.write_bytes(content)
        with pytest.raises(ConfigFailure) as caught:
            read_cometbft(home, "moniker")
        assert caught.value.code is ConfigCode.CONFIG_INVALID


@pytest.mark.parametrize("moniker", ['"', "\\", "a b", "'''", "#", "[x]"])
def test_any_moniker_is_text_for_the_engine(home: Home, moniker: str) -> None:
    write_cometbft(home, _settings(home, moniker=moniker))
    assert read_cometbft(home, "moniker") == moniker


REFUSED = {
    "moniker": ("Zürich", "   ", "", "a\nb", "x" * 71),
    "rpc.laddr": ("tcp://127.0.0.1:a", "127.0.0.1:1", "tcp://:1", "tcp://127.0.0.1:70000"),
    "p2p.laddr": ("tcp://:26656", "tcp://a b:1"),
    "p2p.external_address": ("example.org", "[::1", "http://example.org:1"),
    "p2p.persistent_peers": ("a@b:1", PEER + "," + "ab" * 20, PEER + "/x"),
    "p2p.seeds": ("10.0.0.1:1",),
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in REFUSED.items() for value in values]
)
def test_what_the_engine_would_die_of_is_neither_written_nor_started_with(
    home: Home, name: str, value: str
) -> None:
    write_cometbft(home, _settings(home))
    before = home.cometbft_config.read_bytes()
    with pytest.raises(ConfigFailure) as caught:
        edit_cometbft(home, {name: value})
    assert caught.value.code is ConfigCode.CONFIG_INVALID
    assert caught.value.expected.startswith(f"{name} in ")
    assert home.cometbft_config.read_bytes() == before
    by_hand = parse(home.cometbft_config)
    table, _, key = name.rpartition(".")
    (by_hand[table] if table else by_hand)[key] = value
    home.cometbft_config.write_text(tomlkit.dumps(by_hand))
    with pytest.raises(ConfigFailure) as found:
        check_cometbft(home)
    assert str(found.value) == str(caught.value)


def test_a_new_file_has_no_such_value_either(home: Home) -> None:
    with pytest.raises(ConfigFailure, match="moniker"):
        write_cometbft(home, _settings(home, moniker="a\nb"))
    assert not home.cometbft_config.exists()


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("127.0.0.1:1", True),
        ("127.5.0.1:1", True),
        ("[::1]:1", True),
        ("localhost:1", True),
        ("0.0.0.0:1", False),
        ("[::]:1", False),
        ("10.0.0.1:1", False),
        ("example.org:1", False),
    ],
)
def test_what_is_loopback(address: str, *, local: bool) -> None:
    assert is_loopback(address) is local


def test_peers_on_one_machine_are_allowed_on_loopback_alone(home: Home) -> None:
    for address, local in (("127.0.0.1:1", True), ("0.0.0.0:1", False)):
        write_cometbft(home, _settings(home, p2p=address))
        assert read_cometbft(home, "p2p.addr_book_strict") is not local
        assert read_cometbft(home, "p2p.allow_duplicate_ip") is local


def test_no_more_waits_than_is_judged_again(home: Home) -> None:
    """The engine sends the application all that waits after each block, under its lock."""
    write_cometbft(home, _settings(home))
    size = read_cometbft(home, "mempool.size")
    most = read_cometbft(home, "mempool.max_txs_bytes")
    assert isinstance(size, int)
    assert 0 < size <= RECHECKS
    assert isinstance(most, int)
    assert 0 < most <= RECHECK_BYTES
    assert read_cometbft(home, "mempool.max_tx_bytes") == MAX_TX_BYTES


def test_rpc_reads_the_largest_transaction_and_little_more(home: Home) -> None:
    write_cometbft(home, _settings(home))
    largest = base64.b64encode(bytes(MAX_TX_BYTES)).decode()
    request = {"jsonrpc": "2.0", "id": 2**63, "method": "broadcast_tx_commit"}
    body = json.dumps({**request, "params": {"tx": largest}})
    most = read_cometbft(home, "rpc.max_body_bytes")
    assert isinstance(most, int)
    assert len(body) < most < 2 * len(body)
