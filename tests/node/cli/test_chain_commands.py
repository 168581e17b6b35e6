"""query, tx, status and explain against a real chain: answers for people and programs, refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from node.cli.exit_codes import ExitCode
from node.config import Home
from node.keyring import Backend, Keyring, SigningKey
from node.libraries import library_versions
from node.localnet.homes import ensure_key
from node.localnet.plan import OPERATOR
from tests.support.cli import Answer, Cli
from tests.support.one_validator import CHAIN_ID, OneValidator

NOBODY: Final = ("--node", "http://127.0.0.1:1", "--grpc", "127.0.0.1:1")


@pytest.fixture(autouse=True)
def _test_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEDPACT_KEYRING_BACKEND", "test")


@pytest.fixture
def rich(chain: OneValidator, tmp_path: Path) -> SigningKey:
    """A key named "rich" with coins, in the keyring of tmp_path."""
    key = ensure_key(Home.of(str(tmp_path)), "rich")
    chain.fund(key.info.address, 1_000_000)
    return key


def place(chain: OneValidator) -> tuple[str, ...]:
    return ("--node", chain.rpc, "--grpc", chain.grpc)


def operator(chain: OneValidator) -> str:
    return ensure_key(chain.home, OPERATOR).info.address


def test_balances_and_accounts(chain: OneValidator, rich: SigningKey, cli: Cli) -> None:
    address = rich.info.address
    found = cli("query", "bank", "balances", address, *place(chain), "--output", "json").done().json
    assert found["balances"] == [{"denom": "useed", "amount": "1000000"}]
    assert "1000000" in cli("query", "bank", "balances", address, *place(chain)).done().stdout
    account = (
        cli("query", "auth", "account", address, *place(chain), "--output", "json").done().json
    )
    assert (account["address"], account["sequence"]) == (address, 0)
    assert address in cli("query", "auth", "account", address, *place(chain)).done().stdout


def test_an_account_without_coins_is_unknown(chain: OneValidator, tmp_path: Path, cli: Cli) -> None:
    nobody = ensure_key(Home.of(str(tmp_path)), "nobody").info.address
    cli("query", "auth", "account", nobody, *place(chain)).failed("account_unknown")
    assert "no coins" in cli("query", "bank", "balances", nobody, *place(chain)).done().stdout


def test_a_send_is_in_a_block_when_it_is_done(
    chain: OneValidator, rich: SigningKey, tmp_path: Path, cli: Cli
) -> None:
    to = operator(chain)
    sent = send(cli, chain, tmp_path, to, "1000useed").done().json
    shown = cli("query", "tx", sent["tx_hash"], *place(chain), "--output", "json").done().json
    assert (shown["height"], shown["code"]) == (sent["height"], 0)
    assert shown["messages"] == ["/cosmos.bank.v1beta1.MsgSend"]
    block = (
        cli("query", "block", str(sent["height"]), *place(chain), "--output", "json").done().json
    )
    assert sent["tx_hash"] in [entry["tx_hash"] for entry in block["txs"]]
    assert (
        sent["tx_hash"] in cli("query", "block", str(sent["height"]), *place(chain)).done().stdout
    )
    explained = cli("explain", sent["tx_hash"], *place(chain), "--output", "json").done().json
    assert explained["code"] == "ok"
    assert spent(chain, rich) == 1000 + fee_of(sent)


def test_a_send_to_many(chain: OneValidator, rich: SigningKey, tmp_path: Path, cli: Cli) -> None:
    others = [ensure_key(Home.of(str(tmp_path / n)), n).info.address for n in ("one", "two")]
    words = ["tx", "bank", "multi-send", "7useed", *others, "--from", "rich", *place(chain)]
    sent = cli(*words, "--home", str(tmp_path), "--output", "json").done().json
    for address in others:
        found = cli("query", "bank", "balances", address, *place(chain), "--output", "json").json
        assert found["balances"] == [{"denom": "useed", "amount": "7"}]
    assert spent(chain, rich) == 14 + fee_of(sent)


def test_a_dry_run_sends_nothing(
    chain: OneValidator, rich: SigningKey, tmp_path: Path, cli: Cli
) -> None:
    found = send(cli, chain, tmp_path, operator(chain), "5useed", "--dry-run").done().json
    assert found["sent"] is False
    assert found["gas_limit"] > 0
    assert spent(chain, rich) == 0


def test_generate_only_asks_nobody(rich: SigningKey, tmp_path: Path, cli: Cli) -> None:
    words = ["tx", "bank", "send", rich.info.address, "5useed", "--from", "rich", *NOBODY]
    words += ["--home", str(tmp_path), "--generate-only"]
    tx = cli(*words, "--gas", "200000", "--output", "json").done().json["tx"]
    assert tx["body"]["messages"][0]["amount"] == [{"denom": "useed", "amount": "5"}]
    assert tx["auth_info"]["fee"]["amount"] == [{"denom": "useed", "amount": "200"}]
    cli(*words).failed("wrong_usage", ExitCode.USAGE)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--fees", "1useed"), "insufficient_fee"),
        (("--gas-prices", "0.0001useed"), "insufficient_fee"),
        (("--sequence", "7"), "wrong_sequence"),
        (("--chain-id", "another-1"), "another_chain"),
        (("--gas", "100"), "out_of_gas"),
        (NOBODY, "chain_unreachable"),
        (("--from", "nobody"), "key_not_found"),
        (("--memo", "m" * 300), "memo_too_large"),
    ],
)
def test_a_send_that_is_refused_says_why(  # noqa: PLR0917 (a table beside fixtures)
    chain: OneValidator,
    rich: SigningKey,
    tmp_path: Path,
    cli: Cli,
    options: tuple[str, ...],
    code: str,
) -> None:
    answer = send(cli, chain, tmp_path, operator(chain), "5useed", *options)
    assert answer.failed(code).exit_code == ExitCode.REFUSED
    assert spent(chain, rich) == 0


def test_a_used_sequence_is_refused(
    chain: OneValidator, rich: SigningKey, tmp_path: Path, cli: Cli
) -> None:
    send(cli, chain, tmp_path, rich.info.address, "5useed").done()
    answer = send(cli, chain, tmp_path, rich.info.address, "5useed", "--sequence", "0")
    assert "sequence 1" in answer.failed("wrong_sequence").json["expected"]


def test_a_wrong_password_of_the_keyring(chain: OneValidator, tmp_path: Path, cli: Cli) -> None:
    keyring = Keyring(
        Home.of(str(tmp_path)).keyring("file"), Backend.FILE, password=lambda _: "correct horse"
    )
    address = keyring.add("locked", bytes(31) + b"\x07").address
    (tmp_path / "password").write_text("battery staple\n")
    words = ["tx", "bank", "send", address, "1useed", "--from", "locked", "--home", str(tmp_path)]
    words += ["--keyring-backend", "file", "--keyring-passphrase-file", str(tmp_path / "password")]
    cli(*words, *place(chain)).failed("wrong_password")


def test_a_transaction_that_failed_in_its_block_is_explained(
    chain: OneValidator, rich: SigningKey, tmp_path: Path, cli: Cli
) -> None:
    answer = send(cli, chain, tmp_path, operator(chain), "9000000useed", "--gas", "200000")
    failed = answer.failed("insufficient_funds").json
    assert failed["height"] > 0
    shown = cli("explain", failed["tx_hash"], *place(chain), "--output", "json").done().json
    assert (shown["code"], shown["codespace"], shown["number"]) == ("insufficient_funds", "sdk", 5)
    assert shown["meaning"]
    text = cli("query", "tx", failed["tx_hash"], *place(chain)).done().stdout
    assert "insufficient_funds" in text
    assert f"seedpactd explain {failed['tx_hash']}" in text
    assert 0 < spent(chain, rich) < 1000


def test_what_is_not_on_the_chain(chain: OneValidator, cli: Cli) -> None:
    cli("query", "tx", "00" * 32, *place(chain)).failed("not_on_chain")
    cli("explain", "00" * 32, *place(chain)).failed("not_on_chain")
    cli("query", "registration", "node", "00" * 32, *place(chain)).failed("not_on_chain")
    cli("query", "block", "9999999", *place(chain)).failed("not_on_chain")
    cli("query", "registration", "network-keys", "--epoch", "9", *place(chain)).failed(
        "no_such_epoch"
    )


@pytest.mark.parametrize(
    "words",
    [
        ("query", "bank", "balances", "cosmos1xyz"),
        ("query", "tx", "12"),
        ("query", "block", "0"),
        ("query", "registration", "node", "ff"),
        ("tx", "bank", "send", "seed1", "5useed", "--from", "rich"),
        ("tx", "bank", "multi-send", "5uatom", "seed1", "--from", "rich"),
        ("query", "block", "--node", "nowhere"),
        ("status", "--grpc", "nowhere"),
    ],
)
def test_what_cannot_be_meant_is_wrong_usage(cli: Cli, words: tuple[str, ...]) -> None:
    cli(*words).failed("wrong_usage", ExitCode.USAGE)


@pytest.mark.parametrize(
    "words",
    [
        ("query", "block"),
        ("query", "registration", "nodes"),
        ("query", "registration", "params"),
        ("status",),
        ("explain", "00" * 32),
    ],
)
def test_nobody_answers(cli: Cli, tmp_path: Path, words: tuple[str, ...]) -> None:
    cli(*words, *NOBODY, "--home", str(tmp_path)).failed("chain_unreachable")


def test_registration_queries(chain: OneValidator, tmp_path: Path, cli: Cli) -> None:
    ask = ("query", "registration")
    nodes = cli(*ask, "nodes", *place(chain), "--output", "json").done().json["nodes"]
    first = next(node for node in nodes if node["height"] == 1)
    assert first["operator_address"] == operator(chain)
    one = cli(*ask, "node", first["node_id"], *place(chain), "--output", "json").done().json["node"]
    assert one == first
    assert first["node_id"] in cli(*ask, "node", first["node_id"], *place(chain)).done().stdout
    mine = ("--operator", operator(chain), "--status", "confirmed", "--limit", "1")
    assert len(cli(*ask, "nodes", *mine, *place(chain), "--output", "json").json["nodes"]) == 1
    gone = cli(*ask, "nodes", "--status", "revoked", *place(chain), "--output", "json").done().json
    assert gone["nodes"] == []
    params = cli(*ask, "params", *place(chain), "--output", "json").done().json
    assert params["network_id"] == chain.network_id.hex()
    assert "register_gas" in cli(*ask, "params", *place(chain)).done().stdout
    keys = cli(*ask, "network-keys", *place(chain), "--output", "json").done().json["network_keys"]
    assert keys["epoch"] == 0
    out = tmp_path / "policy.json"
    policy = cli(*ask, "policy", *place(chain), "--out", str(out), "--output", "json").done().json
    assert json.loads(out.read_bytes()) == policy["policy"]
    cli(*ask, "policy", *place(chain), "--out", str(out)).failed("file_exists")


def test_only_the_authority_changes_the_policy(
    chain: OneValidator, rich: SigningKey, tmp_path: Path, cli: Cli
) -> None:
    out = tmp_path / "policy.json"
    cli("query", "registration", "policy", *place(chain), "--out", str(out)).done()
    changed: dict[str, Any] = json.loads(out.read_bytes())
    changed["serial"] += 1
    changed["frozen"] = True
    out.write_text(json.dumps(changed))
    words = ["tx", "registration", "update-policy", str(out), "--from", "rich", *place(chain)]
    words += ["--home", str(tmp_path), "--gas", "300000"]
    cli(*words).failed("not_authority", logged=True)
    out.write_text("{}x")
    cli(*words).failed("malformed_input", ExitCode.USAGE)
    assert spent(chain, rich) > 0


def test_only_its_operator_takes_a_node_out(
    chain: OneValidator, rich: SigningKey, tmp_path: Path, cli: Cli
) -> None:
    nodes = cli("query", "registration", "nodes", *place(chain), "--output", "json").json["nodes"]
    first = next(node for node in nodes if node["height"] == 1)
    words = ["tx", "registration", "revoke-node", first["node_id"], "--from", "rich"]
    words += [*place(chain), "--home", str(tmp_path), "--gas", "200000"]
    cli(*words).failed("not_authority", logged=True)
    words[3] = "00" * 32
    cli(*words).failed("no_such_node", logged=True)
    assert spent(chain, rich) > 0


def test_status_of_a_validator(chain: OneValidator, cli: Cli) -> None:
    found = cli("status", "--home", str(chain.home.path), "--output", "json").done().json
    assert found["engine"]["chain_id"] == CHAIN_ID
    assert found["engine"]["catching_up"] is False
    assert found["enclave"]["state"] == "HOLDER"
    assert found["record"]["status"] == "CONFIRMED"
    assert found["node"]["network_id"] == chain.network_id.hex()
    assert found["node"]["libraries"] == dict(library_versions())
    text = cli("status", "--home", str(chain.home.path)).done().stdout
    assert "HOLDER" in text
    assert "in sync" in text


def test_status_without_an_enclave(chain: OneValidator, tmp_path: Path, cli: Cli) -> None:
    where = (*place(chain), "--home", str(tmp_path), "--output", "json")
    assert cli("status", *where).done().json["enclave"] is None
    away = cli("status", *where, "--enclave", "127.0.0.1:1").done().json
    assert away["enclave"] is None
    assert away["engine"]["chain_id"] == CHAIN_ID


def send(cli: Cli, chain: OneValidator, home: Path, to: str, amount: str, *options: str) -> Answer:
    words = ["tx", "bank", "send", to, amount, "--from", "rich", "--home", str(home)]
    return cli(*words, *place(chain), "--output", "json", *options)


def fee_of(sent: dict[str, Any]) -> int:
    """At the default price of gas, rounded up."""
    return -(-int(sent["gas_wanted"]) // 1000)


def spent(chain: OneValidator, key: SigningKey) -> int:
    with chain.client() as client:
        return 1_000_000 - client.balance(key.info.raw_address)
