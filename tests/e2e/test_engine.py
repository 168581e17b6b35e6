"""The real engine with the key-value application, over the real socket."""

from __future__ import annotations

import json
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.abci_grammar import check_log
from tests.support.cometbft import PATIENCE_SECS, KvNode, join, wait_for
from tests.support.kv_application import BAD_TX, State


@pytest.fixture
def node(engine: Path) -> Iterator[KvNode]:
    # Not tmp_path: a unix socket's path is short.
    with tempfile.TemporaryDirectory(prefix="kv-") as folder:
        made = KvNode(Path(folder), engine)
        try:
            yield made
        finally:
            made.stop()


def _read_state(node: KvNode) -> State:
    return State.decode((node.app_home / "state.json").read_bytes())


def test_a_transaction_is_committed_queried_and_survives_a_restart(node: KvNode) -> None:
    node.start()
    assert node.value("born") == "with genesis"
    assert node.value("city") is None
    result = node.commit(b"city=Paris")
    assert result["tx_result"].get("code", 0) == 0
    assert node.value("city") == "Paris"
    assert node.commit(b"nonsense")["check_tx"]["code"] == BAD_TX
    node.wait_for_height(int(result["height"]) + 2)  # votes are extended from height 2 on
    node.stop()

    before = _read_state(node).height
    node.start()
    node.wait_for_height(before + 2)
    assert node.value("city") == "Paris"
    assert node.commit(b"city=Rome")["tx_result"].get("code", 0) == 0
    assert node.value("city") == "Rome"
    assert node.call("abci_info")["response"]["data"] == "kv"
    with urllib.request.urlopen(f"{node.rpc}/abci_query?path=0xff", timeout=PATIENCE_SECS) as got:  # noqa: S310 (an address of ours)
        assert json.load(got)["result"]["response"]["code"] == 1  # and the engine goes on
    assert node.call("abci_info")["response"]["data"] == "kv"
    node.stop()

    summary = check_log(node.call_log)
    assert (summary.clean_starts, summary.recoveries) == (1, 1)
    assert summary.blocks == _read_state(node).height
    called = node.call_log.read_text()
    for name in ("prepare_proposal", "process_proposal", "extend_vote", "finalize_block"):
        assert f'"call": "{name}"' in called


def test_whoever_is_killed_the_chain_goes_on_without_a_gap(node: KvNode) -> None:
    node.start()
    node.commit(b"kept=1")
    node.kill_cometbft()
    node.start_cometbft()  # the application stays
    node.wait_for_height(_read_state(node).height + 2)
    node.kill_application()  # the engine ends by itself
    node.start()
    node.wait_for_height(_read_state(node).height + 2)
    node.commit(b"later=2")
    node.kill_application()
    (node.app_home / "state.json").unlink()  # from nothing: every block again
    node.call_log.rename(node.call_log.with_suffix(".before"))
    node.start()
    wait_for(lambda: node.value("later") == "2", "the replay of all blocks")
    assert node.value("kept") == "1"
    node.stop()
    before = check_log(node.call_log.with_suffix(".before"))
    assert (before.clean_starts, before.recoveries) == (1, 2)
    after = check_log(node.call_log)
    assert after.clean_starts == 1
    assert after.blocks >= before.blocks


def test_an_exception_ends_the_engine_and_the_chain_goes_on_once_the_cause_is_gone(
    node: KvNode,
) -> None:
    node.start()
    node.commit(b"kept=1")
    obstacle = node.app_home / "state.partial"  # where Commit writes
    obstacle.mkdir()
    assert node.cometbft is not None
    node.cometbft.wait(PATIENCE_SECS)
    log = (node.app_home / "cometbft.log").read_text()
    assert "internal error in commit: IsADirectoryError" in log
    assert '"error": "IsADirectoryError"' in node.call_log.read_text()
    obstacle.rmdir()
    node.start_cometbft()  # the application stayed
    node.wait_for_height(_read_state(node).height + 2)
    assert node.value("kept") == "1"
    node.stop()
    assert check_log(node.call_log).recoveries == 1


def test_two_validators_verify_each_others_vote_extensions(engine: Path) -> None:
    """Both logs are legal, also over a crash of one."""
    with (
        tempfile.TemporaryDirectory(prefix="kv-") as first,
        tempfile.TemporaryDirectory(prefix="kv-") as second,
    ):
        nodes = [KvNode(Path(folder), engine) for folder in (first, second)]
        join(nodes)
        try:
            for node in nodes:
                node.start()
            for node in nodes:
                node.wait_for_height(4)
            nodes[0].commit(b"city=Paris")
            wait_for(lambda: nodes[1].value("city") == "Paris", "the other's state")
            # Neither has more than 2/3 of the power: the chain waits for the one that died.
            nodes[1].kill_application()
            height = nodes[0].height()
            nodes[1].start()
            for node in nodes:
                node.wait_for_height(height + 3)
        finally:
            for node in nodes:
                node.stop()
        summaries = [check_log(node.call_log) for node in nodes]
        assert [summary.clean_starts for summary in summaries] == [1, 1]
        assert [summary.recoveries for summary in summaries] == [0, 1]
        for node in nodes:
            called = node.call_log.read_text()
            assert called.count('"call": "verify_vote_extension"') >= 3
            assert '"call": "extend_vote"' in called
