"""A whole network, from nothing to a newcomer that holds the seed, looked at from outside."""

from __future__ import annotations

import base64
import hashlib
import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from node.cli.exit_codes import ExitCode
from node.config.parts import Part
from node.engine_rpc import EngineRpc
from node.localnet.homes import SNAPSHOT_EVERY
from node.localnet.plan import Stage
from node.receipts import Trust, read, verify
from tests.support.abci_grammar import check_log
from tests.support.cli import run_for_real
from tests.support.light_blocks import hashes_are_the_engines
from tests.support.localnets import Net, net

CALL_LOG: Final = "logs/abci-calls.jsonl"
LOST: Final = "answer_not_written"
NAMES: Final = ("validator0", "validator1", "validator2", "validator3", "newcomer1")
CONFIRM: Final = b"/seedpact.registration.v1.MsgConfirmNode"
REGISTER: Final = b"/seedpact.registration.v1.MsgRegisterNode"


def test_a_network_from_nothing_to_a_clean_stop(engine: Path) -> None:
    """One test, since its steps share one network, and workers of a run share no fixture."""
    del engine  # built
    with net() as network:
        network.up()
        register_and_confirm_are_in_one_block_of_every_node(network)
        every_validator_registered_like_anyone(network)
        the_status_is_as_documented(network)
        the_receipt_shows_the_registration(network)
        all_nodes_have_one_state_at_every_height(network)
        an_enclaves_hashes_are_the_engines(network)
        there_is_one_seed(network)
        one_more_node_joins_with_a_snapshot(network)
        every_stop_is_clean_and_the_network_comes_back(network)


def block_of(network: Net, node: str, height: int) -> list[bytes]:
    """The transactions of a block, as CometBFT itself gives them."""
    block = network.rpc(node, f"block?height={height}")["block"]
    return [base64.b64decode(tx) for tx in block["data"]["txs"]]


def name_of(tx: bytes) -> str:
    return hashlib.sha256(tx).hexdigest().upper()


def test_a_network_that_is_left_halfway_is_finished_later(engine: Path) -> None:
    del engine  # built
    with net() as network:
        network.begin()
        network.wait_for(lambda: network.stage is Stage.GENESIS, "the genesis")
        assert network.down(signal.SIGKILL) == -signal.SIGKILL
        network.wait_for(lambda: not running_pids(network), "the end of all processes")
        network.begin()
        network.wait_for(lambda: network.stage is Stage.VALIDATORS, "the validators")
        assert network.down(signal.SIGINT) == ExitCode.REFUSED  # interrupted
        assert not running_pids(network)
        network.up("--once")
        assert network.ended() == 0
        assert network.stage is Stage.COMPLETE
        for node in network.localnet.nodes[1:]:
            journal = json.loads((network.home(node.name).run / "register.json").read_text())
            assert journal["paid"] == 1


def running_pids(network: Net) -> list[int]:
    return [pid for node in network.look() for pid in node.pids.values() if pid is not None]


def register_and_confirm_are_in_one_block_of_every_node(network: Net) -> None:
    done = network.command("status")["last_registration"]
    height = done["height"]
    for node in NAMES:
        txs = block_of(network, node, height)
        names = [name_of(tx) for tx in txs]
        assert names.count(done["tx_hash"]) == 1
        assert names.index(done["confirm_tx_hash"]) == done["confirm_index"]
        assert names.index(done["tx_hash"]) < done["confirm_index"]
        assert REGISTER in txs[names.index(done["tx_hash"])]
        assert CONFIRM in txs[done["confirm_index"]]
        results = network.rpc(node, f"block_results?height={height}")["txs_results"]
        assert all(result["code"] == 0 for result in results)
        events = [event["type"] for event in results[done["confirm_index"]]["events"]]
        assert "confirm_node" in events


def every_validator_registered_like_anyone(network: Net) -> None:
    """Each confirm on the chain stands behind a register of its own block."""
    registers = confirms = 0
    for height in range(1, network.height() + 1):
        txs = block_of(network, "newcomer1", height)
        kinds = [REGISTER in tx for tx in txs], [CONFIRM in tx for tx in txs]
        assert sum(kinds[0]) == sum(kinds[1])
        registers, confirms = registers + sum(kinds[0]), confirms + sum(kinds[1])
        if any(kinds[1]):
            first = kinds[1].index(True)
            assert all(kinds[1][first:]), "confirms are the end of a block"
            assert height > 2, "the first two blocks carry no register"
    assert registers == confirms == 4


def the_status_is_as_documented(network: Net) -> None:
    status = network.command("status")
    assert set(status) == {"nodes", "last_registration"}
    assert [node["name"] for node in status["nodes"]] == list(NAMES)
    roles = ["bootstrap", *["validator"] * 3, "newcomer"]
    assert [node["role"] for node in status["nodes"]] == roles
    for node in status["nodes"]:
        fields = "name role home rpc grpc rest enclave pids height enclave_state node_id"
        assert list(node) == fields.split()
        assert node["rpc"].startswith("http://127.0.0.1:")
        assert node["enclave_state"] == "HOLDER"
        assert len(bytes.fromhex(node["node_id"])) == 32
        assert set(node["pids"]) == {"cometbft", "node", "enclave"}
        for part, pid in node["pids"].items():
            found = network.process(node["name"], Part(part))
            assert found is not None
            assert found.pid == pid
    done = status["last_registration"]
    fields = "node_id tx_hash height confirm_tx_hash confirm_index timings_ms proven_height "
    assert list(done) == (fields + "light_client_steps receipt").split()
    assert done["height"] < done["proven_height"]
    assert done["light_client_steps"] >= 1
    assert done["node_id"] == status["nodes"][-1]["node_id"]
    steps = "genesis config enclave keys funds quote register confirm import total"
    assert list(done["timings_ms"]) == steps.split()


def the_receipt_shows_the_registration(network: Net) -> None:
    """The file that the summary names, without the network and by its id alone."""
    done = network.command("status")["last_registration"]
    assert network.summary["last_registration"]["receipt"] == done["receipt"]
    assert Path(done["receipt"]).parent == network.home("newcomer1").path
    with network.chain("newcomer1") as chain:
        network_id = chain.params().network_id
    trust = ("--network-id", network_id.hex(), "--output", "json")
    shown = run_for_real("receipt", "verify", done["receipt"], *trust).done().json
    assert shown["rests_on"] == "network_id"
    assert shown["node_id"] == done["node_id"]
    assert shown["register_tx_hash"] == done["tx_hash"]
    assert shown["height"] == done["height"]
    for node in NAMES[1:]:
        receipt = read((network.home(node).path / "receipt.json").read_bytes())
        assert verify(receipt, Trust(network_id=network_id)).failed == ()


def all_nodes_have_one_state_at_every_height(network: Net) -> None:
    height = min(status.height or 0 for status in network.look())
    for at in range(1, height + 1):
        hashes = {header(network, node, at)["app_hash"] for node in NAMES}
        assert len(hashes) == 1, at


def an_enclaves_hashes_are_the_engines(network: Net) -> None:
    """Of every header, commit and validator set of the chain."""
    last = network.height() - 1
    with EngineRpc(network.status("newcomer1").rpc) as rpc:
        assert hashes_are_the_engines(rpc, 1, last)["headers"] == last


def header(network: Net, node: str, height: int) -> dict[str, Any]:
    found = network.rpc(node, f"header?height={height}")["header"]
    assert isinstance(found, dict)
    return found


def there_is_one_seed(network: Net) -> None:
    keys = {network.pk_io(name) for name in NAMES}
    assert len(keys) == 1
    with network.chain("newcomer1") as chain:
        assert chain.network_keys(0).pk_io == keys.pop()


def one_more_node_joins_with_a_snapshot(network: Net) -> None:
    """It has the others' state, and no block before the snapshot."""
    added = network.command("add-node", "--state-sync")
    assert added["name"] == "newcomer2"
    lowest = network.rpc("newcomer2", "status")["sync_info"]["earliest_block_height"]
    assert int(lowest) % SNAPSHOT_EVERY == 1
    height = min(status.height or 0 for status in network.look())
    assert len({header(network, node, height)["app_hash"] for node in (*NAMES, "newcomer2")}) == 1
    assert network.status("newcomer2").enclave_state == "HOLDER"
    assert network.pk_io("newcomer2") == network.pk_io("validator0")
    last = network.command("status")["last_registration"]
    assert last["node_id"] == added["registration"]["node_id"]


def every_stop_is_clean_and_the_network_comes_back(network: Net) -> None:
    height = check_stopped(network, lambda: network.down(signal.SIGINT))
    begin_untold(network)
    network.wait_for(lambda: LOST in network.events(), "what is told on stderr")
    network.wait_for(lambda: network.height() > height, "the next block")
    assert {status.enclave_state for status in network.look()} == {"HOLDER"}

    def by_command() -> int:
        assert network.command("stop")["stopped"] is True
        return network.ended()

    height = check_stopped(network, by_command, ExitCode.UNTOLD)
    said = len(network.events())
    begin_untold(network, "--once")
    assert network.ended() == ExitCode.UNTOLD
    told = next(line for line in network.events()[said:].splitlines() if LOST in line)
    assert "; the network stops, its state stays" in json.loads(told)["found"]
    assert not running_pids(network)


def begin_untold(network: Net, *options: str) -> None:
    """With a stdout that takes nothing."""
    with Path("/dev/full").open("wb") as full:
        network.begin(*options, stdout=full)


def check_stopped(network: Net, stop: Callable[[], int], code: int = ExitCode.DONE) -> int:
    """Stops it and looks at what is left; the height before."""
    pids = running_pids(network)
    assert len(pids) == 18
    height, said = network.height(), len(network.events())
    assert stop() == code
    stopped = [json.loads(line) for line in network.events()[said:].splitlines()]
    ends = {event["text"] for event in stopped if event.get("event") == "stopped"}
    assert ends == {"exit code 0"}
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    for node in network.localnet.nodes:
        home = network.folder.home(node)
        assert not list(home.run.glob("*.pid"))
        summary = check_log(home.path / CALL_LOG)
        if node.name == "newcomer2":
            assert (summary.clean_starts, summary.state_syncs) == (0, 1)
            assert summary.blocks > 0
        else:
            assert (summary.clean_starts, summary.state_syncs) == (1, 0)
            assert summary.blocks >= height - 1
    return height
