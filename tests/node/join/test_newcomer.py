"""A newcomer on a real chain: from nothing to HOLDER, killed at every step, paid once."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from cosmpy.protos.cosmos.bank.v1beta1.tx_pb2 import MsgSend
from cosmpy.protos.cosmos.base.v1beta1.coin_pb2 import Coin

from enclave.crypto.labels import Mode
from enclave.errors import Code
from node.chain_client import ChainCode, ChainFailure
from node.config import Home, NodeConfig
from node.enclave_client import EnclaveClient
from node.join import Join, JoinCode, Joined, JoinFailure, Progress, Step, join
from node.join.enclave_process import enclave_of
from node.join.journal import FILE_NAME, SIGNED
from node.localnet.homes import ensure_key
from seedpact.enclave.v1 import service_pb2 as pb
from seedpact.registration.v1 import types_pb2
from tests.support.cli import python_path
from tests.support.joins import FUNDS
from tests.support.one_validator import OneValidator

FEE: Final = 10_000
"""useed: far more than one register, far less than FUNDS."""
POINTS: Final = [*(str(step) for step in Step), SIGNED]
WAITING: Final = [Step.QUOTE, SIGNED, Step.REGISTER, Step.CONFIRM]
"""Where the enclave is PENDING."""


def spent(chain: OneValidator, wish: Join) -> int:
    """What the operator paid, in useed."""
    with chain.client() as client:
        return FUNDS - client.balance(wish.operator.info.raw_address)


def registers(chain: OneValidator, wish: Join) -> int:
    """How many transactions of the operator were executed."""
    with chain.client() as client:
        return client.account(wish.operator.info.raw_address).sequence


def check_joined(chain: OneValidator, wish: Join, joined: Joined) -> None:
    """A holder, its record on the chain, its confirm behind its register in one block."""
    with chain.client() as client:
        record = client.node(joined.node_id)
        assert record is not None
        assert record.status == types_pb2.NODE_STATUS_CONFIRMED
        assert record.operator == wish.operator.info.raw_address
        assert record.height == joined.height
        assert record.register_tx_hash.hex().upper() == joined.tx_hash
        block = client.block(joined.height)
        keys = client.network_keys()
        register, confirm = client.tx(joined.tx_hash), client.tx(joined.confirm_tx_hash)
    assert register is not None
    assert confirm is not None
    assert (register.height, register.code) == (confirm.height, confirm.code) == (joined.height, 0)
    assert joined.confirm_index >= len(block.txs) // 2
    assert registers(chain, wish) == 1
    with opened(wish) as enclave:
        info = enclave.get_info()
        held = enclave.get_network_keys().keys[0]
    assert info.state == pb.ENCLAVE_STATE_HOLDER
    assert (info.node_id, held.pk_io) == (joined.node_id, keys.pk_io)


def opened(wish: Join) -> AbstractContextManager[EnclaveClient]:
    """The newcomer's enclave."""
    folder = Home.of(str(wish.home)).enclave
    return enclave_of(folder, mode=Mode.SOFTWARE, address=None, configured="")


def test_from_nothing_to_holder(chain: OneValidator, newcomer: Join) -> None:
    told: list[Progress] = []
    joined = join(newcomer, progress=told.append)
    check_joined(chain, newcomer, joined)
    done = [progress.step for progress in told if progress.done]
    assert done == list(Step)
    assert set(joined.timings_ms) == {*Step, "total"}
    assert joined.paid == 1
    assert 0 < spent(chain, newcomer) < FEE
    home = Home.of(str(newcomer.home)).require()
    assert home.genesis.is_file()
    assert home.cometbft_config.is_file()
    assert NodeConfig.load(home).enclave_mode is Mode.SOFTWARE


def test_a_second_run_finds_all_done(chain: OneValidator, newcomer: Join) -> None:
    first = join(newcomer)
    cost = spent(chain, newcomer)
    again = join(newcomer)
    assert (first.proven is None, again.proven) == (False, None)
    assert replace(again, timings_ms={}) == replace(first, timings_ms={}, proven=None)
    assert spent(chain, newcomer) == cost


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_any_step_it_goes_on(chain: OneValidator, newcomer: Join, point: str) -> None:
    kill_at(chain, newcomer, point)
    joined = join(newcomer)
    check_joined(chain, newcomer, joined)
    assert joined.paid == 1


@pytest.mark.parametrize("point", WAITING)
def test_restored_from_its_backup_it_goes_on(
    chain: OneValidator, newcomer: Join, point: str
) -> None:
    kill_at(chain, newcomer, point)
    (Path(newcomer.home) / "enclave" / "state.sealed").unlink()
    joined = join(newcomer)
    check_joined(chain, newcomer, joined)
    assert joined.paid == 1


@pytest.mark.parametrize("point", WAITING)
def test_with_nothing_but_its_backup_it_pays_once(
    chain: OneValidator, newcomer: Join, tmp_path: Path, point: str
) -> None:
    """Another disk: the enclave's backup and the machine's key; journal, config, state are lost."""
    kill_at(chain, newcomer, point)
    moved = tmp_path / "moved"
    shutil.copytree(newcomer.home / "enclave", moved / "enclave")
    (moved / "enclave" / "state.sealed").unlink()
    wish = replace(newcomer, home=moved)
    check_joined(chain, wish, join(wish))


def test_a_founder_that_is_restored_has_no_register(
    chain: OneValidator, newcomer: Join, tmp_path: Path
) -> None:
    """The genesis made its record: there is no transaction to name."""
    moved = tmp_path / "founder"
    shutil.copytree(chain.home.enclave, moved / "enclave")
    (moved / "enclave" / "state.sealed").unlink()
    joined = join(replace(newcomer, home=moved))
    assert joined.restored
    assert (joined.tx_hash, joined.confirm_tx_hash, joined.paid) == ("", "", 0)
    assert spent(chain, newcomer) == 0


def test_another_network_is_refused_before_anything_is_made(
    chain: OneValidator, newcomer: Join
) -> None:
    wish = replace(newcomer, network_id=bytes(32))
    with pytest.raises(JoinFailure) as caught:
        join(wish)
    assert caught.value.code == Code.WRONG_NETWORK
    assert chain.network_id.hex() in caught.value.found
    home = Home.of(str(wish.home))
    assert not home.genesis.exists()
    assert not list(home.enclave.iterdir())


def test_without_an_id_somebody_has_to_say_yes(chain: OneValidator, newcomer: Join) -> None:
    asked: list[tuple[bytes, str]] = []

    def answer(network_id: bytes, chain_id: str) -> bool:
        asked.append((network_id, chain_id))
        return len(asked) > 1

    wish = replace(newcomer, network_id=None, confirm_network=answer)
    with pytest.raises(JoinFailure) as caught:
        join(wish)
    assert caught.value.code == JoinCode.NETWORK_NOT_CONFIRMED
    check_joined(chain, wish, join(wish))
    assert asked == [(chain.network_id, chain.localnet.chain_id)] * 2
    # The home has the genesis now: nobody is asked again.
    join(replace(wish, confirm_network=None))


def test_an_operator_without_coins_pays_later(
    chain: OneValidator, newcomer: Join, tmp_path: Path
) -> None:
    poor = ensure_key(Home.of(str(tmp_path / "poor")), "operator")
    wish = replace(newcomer, operator=poor)
    with pytest.raises(JoinFailure) as caught:
        join(wish)
    assert caught.value.code == JoinCode.NO_FUNDS
    assert poor.info.address in caught.value.expected
    chain.fund(poor.info.address, FUNDS)
    check_joined(chain, wish, join(wish))


def test_a_home_of_another_network_is_left_alone(newcomer: Join) -> None:
    home = Home.of(str(newcomer.home))
    home.make_folders()
    home.genesis.write_bytes(b"{}")
    with pytest.raises(JoinFailure) as caught:
        join(newcomer)
    assert caught.value.code == JoinCode.GENESIS_UNUSABLE
    assert home.genesis.read_bytes() == b"{}"


def test_a_genesis_of_another_network_is_never_overwritten(
    chain: OneValidator, newcomer: Join
) -> None:
    home = Home.of(str(newcomer.home))
    home.make_folders()
    other = json.loads(chain.home.genesis.read_bytes())
    other["genesis_time"] = "2031-01-01T00:00:00Z"
    home.genesis.write_text(json.dumps(other))
    before = home.genesis.read_bytes()
    with pytest.raises(JoinFailure) as caught:
        join(newcomer)
    assert caught.value.code == JoinCode.OTHER_GENESIS
    assert home.genesis.read_bytes() == before


def test_nobody_at_the_peer_s_address(newcomer: Join) -> None:
    with pytest.raises(ChainFailure) as caught:
        join(replace(newcomer, peer_rpc="http://127.0.0.1:1"))
    assert caught.value.code == ChainCode.CHAIN_UNREACHABLE


def test_a_used_up_sequence_is_taken_again(chain: OneValidator, newcomer: Join) -> None:
    """Another transaction of the operator took the sequence of the register that was signed."""
    kill_at(chain, newcomer, SIGNED)
    with chain.client() as client:
        chain.fund(newcomer.operator.info.address, 1)
        own = newcomer.operator.info.address
        send = MsgSend(from_address=own, to_address=own, amount=[Coin(denom="useed", amount="1")])
        client.send_tx([send], newcomer.operator)
    joined = join(newcomer)
    assert joined.paid == 2
    assert registers(chain, newcomer) == 2


def kill_at(chain: OneValidator, wish: Join, point: str) -> None:
    """Runs the newcomer in a process of its own until it dies at `point`."""
    script = Path(__file__).parents[2] / "support" / "join_until.py"
    words = [str(wish.home), chain.rpc, chain.grpc, chain.network_id.hex(), point]
    done = subprocess.run(
        [sys.executable, str(script), *words],
        capture_output=True,
        check=False,
        timeout=120,
        env={"PYTHONPATH": python_path(), "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == -9, (point, done.stderr.decode())
    assert (wish.home / "run" / FILE_NAME).is_file()
