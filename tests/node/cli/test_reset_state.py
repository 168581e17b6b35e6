"""`reset-state` on a real validator: the state is damaged, removed, and made anew from blocks."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import plyvel

from chain_module.app.modules import STORES
from node.cli.exit_codes import ExitCode
from node.config import Home
from node.config.state_sync import (
    StateSyncSettings,
    has_blocks,
    is_state_sync_on,
    write_state_sync,
)
from node.log import no_log
from node.storage import StoredBlock, StoredTx, open_storage
from node.storage.database import RECORD, key_of
from tests.support.cli import COMMAND, Cli, python_path
from tests.support.one_validator import CHAIN_ID, OneValidator, one_validator

BLOCKS = 6
WHOLE_SECS = 60.0
Facts = tuple[list[StoredBlock | None], list[tuple[StoredTx, ...]]]


def facts_of(home: Home, *, upto: int) -> Facts:
    """What the storage says of the blocks up to a height."""
    with open_storage(
        home.application_data, names=STORES, chain_id=CHAIN_ID, log=no_log
    ) as storage:
        assert storage.height >= upto
        heights = range(1, upto + 1)
        return [storage.block(h) for h in heights], [storage.txs_of(h) for h in heights]


def start(chain: OneValidator) -> None:
    chain.process = subprocess.Popen(
        [*COMMAND, "start", "--home", str(chain.home.path)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": python_path()},
    )
    chain.wait_ready()


def wait_for_height(chain: OneValidator, height: int) -> None:
    deadline = time.monotonic() + WHOLE_SECS
    with chain.client() as client:
        while client.height() < height:
            assert time.monotonic() < deadline, chain.log()
            time.sleep(0.1)


def test_a_damaged_state_is_made_anew_from_the_blocks(tmp_path: Path, cli: Cli) -> None:
    with one_validator(tmp_path / "net") as chain:
        home = chain.home
        where = ("--home", str(home.path))
        chain.fund_raw(bytes(20), 7)
        wait_for_height(chain, BLOCKS)
        cli("reset-state", *where).failed("node_already_running")
        chain.stop()
        before = facts_of(home, upto=BLOCKS)
        assert any(before[1])

        with plyvel.DB(str(home.application_data / "db")) as database:
            database.delete(key_of(RECORD, 3))
        only = subprocess.run(
            [*COMMAND, "start", "--only", "node", *where],
            env={**os.environ, "PYTHONPATH": python_path()},
            stderr=subprocess.PIPE,
            timeout=WHOLE_SECS,
            check=False,
            text=True,
        )
        assert only.returncode == 1
        last = only.stderr.splitlines()[-1]
        assert "storage_damaged" in last
        assert "version 3" in last

        answer = cli("reset-state", *where, "--output", "json").done()
        assert answer.json == {"accepted": True, "removed": str(home.application_data)}
        start(chain)
        wait_for_height(chain, BLOCKS + 1)
        chain.stop()
        assert facts_of(home, upto=BLOCKS) == before
        the_blocks_of_a_node_that_began_with_a_snapshot_go_too(home, cli)


def the_blocks_of_a_node_that_began_with_a_snapshot_go_too(home: Home, cli: Cli) -> None:
    """Without its blocks a state cannot be made anew; what its key signed is never forgotten."""
    settings = StateSyncSettings(("http://a:1", "http://b:1"), 5, bytes(32))
    write_state_sync(home, settings)
    signed = home.validator_state.read_bytes()
    where = ("--home", str(home.path))
    cli("reset-state", *where).failed("wrong_usage", ExitCode.USAGE)
    assert has_blocks(home)
    cli("reset-state", "--blocks", *where).done()
    assert not has_blocks(home)
    assert not is_state_sync_on(home)
    assert [path.name for path in home.data.iterdir()] == [home.validator_state.name]
    assert home.validator_state.read_bytes() == signed
