"""What stands in a newcomer's way: keys of other networks, useless keys, registers of before."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from cosmpy.protos.cosmos.bank.v1beta1.tx_pb2 import MsgSend
from cosmpy.protos.cosmos.base.v1beta1.coin_pb2 import Coin

from enclave.crypto.labels import Mode
from enclave.errors import Code
from enclave.registration.network_codec import network_to_proto
from node.chain_client import Fee, TxRefused
from node.config import Home
from node.enclave_client import EnclaveRefused
from node.join import Join, JoinCode, JoinFailure, Progress, Step, join, registering
from node.join.enclave_process import enclave_of
from node.join.genesis import Network, read_genesis
from node.join.journal import FILE_NAME, SIGNED, Journal
from node.join.quoting import check_price
from seedpact.enclave.v1 import service_pb2 as pb
from seedpact.registration.v1 import tx_pb2
from tests.support.enclaves import inputs
from tests.support.joins import FUNDS, make_keys
from tests.support.one_validator import OneValidator


class Stopped(Exception):
    """The flow ends at a point of the journal."""


def network_of(chain: OneValidator) -> Network:
    return read_genesis(chain.home.genesis.read_bytes(), where="the validator's home")


def test_keys_that_are_quoted_to_the_full_are_made_anew_unless_a_register_was_signed(
    chain: OneValidator, newcomer: Join
) -> None:
    """16 quotes, of whomever: with none of them anything was paid, or one of them may be."""
    network = network_of(chain)
    with chain.client() as client:
        kem_io = client.network_keys().kem_io
    full = make_keys(Home.of(str(newcomer.home)), network.inputs, kem_io, quoted=True, quotes=16)
    home = Home.of(str(newcomer.home))
    home.run.mkdir(parents=True, exist_ok=True)
    journal = Journal(home.run)
    journal.restart(network_id=network.id, node_id=full)
    journal.write(paid=1)
    with pytest.raises(EnclaveRefused) as refused:
        join(newcomer)
    assert refused.value.code == Code.TOO_MANY_QUOTES
    (home.run / FILE_NAME).unlink()
    assert join(newcomer).node_id != full


def stop_at(wish: Join, point: str) -> None:
    """Runs the flow up to a point of the journal."""

    def hook(recorded: str) -> None:
        if recorded == point:
            raise Stopped

    with pytest.raises(Stopped):
        join(wish, hook=hook)


def kem_io_of(chain: OneValidator) -> bytes:
    with chain.client() as client:
        return client.network_keys().kem_io


def sequence_of(chain: OneValidator, wish: Join) -> int:
    with chain.client() as client:
        return client.account(wish.operator.info.raw_address).sequence


def test_unquoted_keys_of_another_network_are_thrown_away(
    chain: OneValidator, newcomer: Join
) -> None:
    before = make_keys(Home.of(str(newcomer.home)), inputs(), kem_io_of(chain), quoted=False)
    assert join(newcomer).node_id != before


def test_quoted_keys_of_another_network_only_if_the_operator_says_so(
    chain: OneValidator, newcomer: Join
) -> None:
    before = make_keys(Home.of(str(newcomer.home)), inputs(), kem_io_of(chain), quoted=True)
    with pytest.raises(JoinFailure) as caught:
        join(newcomer)
    assert caught.value.code == Code.KEYS_EXIST
    assert before.hex() in caught.value.found
    assert join(replace(newcomer, discard=True)).node_id != before


def test_keys_for_a_kem_key_that_the_chain_does_not_have(
    chain: OneValidator, newcomer: Join, tmp_path: Path
) -> None:
    """A peer told a false kem_io: nothing is paid for, and --discard cures it."""
    other = tmp_path / "other"
    with enclave_of(other, mode=Mode.SOFTWARE, address=None, configured="") as enclave:
        false = enclave.bootstrap(pb.BootstrapRequest(network=network_to_proto(inputs()))).kem_io
    before = make_keys(Home.of(str(newcomer.home)), network_of(chain).inputs, false, quoted=False)
    with pytest.raises(JoinFailure) as caught:
        join(newcomer)
    assert caught.value.code == JoinCode.KEYS_UNUSABLE
    assert sequence_of(chain, newcomer) == 0
    joined = join(replace(newcomer, discard=True))
    assert joined.node_id != before
    assert sequence_of(chain, newcomer) == 1


def test_a_holder_of_another_network_is_never_touched(
    newcomer: Join,
) -> None:
    folder = Home.of(str(newcomer.home)).enclave
    with enclave_of(folder, mode=Mode.SOFTWARE, address=None, configured="") as enclave:
        enclave.bootstrap(pb.BootstrapRequest(network=network_to_proto(inputs())))
    before = (folder / "state.sealed").read_bytes()
    for wish in (newcomer, replace(newcomer, discard=True)):
        with pytest.raises(JoinFailure) as caught:
            join(wish)
        assert caught.value.code == Code.WRONG_NETWORK
    assert (folder / "state.sealed").read_bytes() == before


def test_the_founder_itself_has_nothing_to_do(chain: OneValidator, newcomer: Join) -> None:
    """A validator whose own node runs: its enclave is found through the lock of its home."""
    joined = join(replace(newcomer, home=chain.home.path))
    assert joined.height == 1
    assert joined.paid == 0
    assert joined.confirm_tx_hash == ""
    assert sequence_of(chain, newcomer) == 0


def test_a_register_that_no_block_can_take_is_replaced(
    chain: OneValidator, newcomer: Join, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registering, "TIMEOUT_BLOCKS", 6)
    stop_at(newcomer, SIGNED)
    notes = Journal(newcomer.home / "run").notes
    assert notes.sent is not None
    wait_for(chain, notes.sent.timeout_height + 2)
    told: list[Progress] = []
    joined = join(newcomer, progress=told.append)
    assert joined.tx_hash != notes.sent.tx_hash
    assert joined.paid == 2
    assert sequence_of(chain, newcomer) == 1, "the first was never executed"


def test_a_register_of_before_is_sent_as_it_was(newcomer: Join) -> None:
    stop_at(newcomer, SIGNED)
    notes = Journal(newcomer.home / "run").notes
    assert notes.sent is not None
    assert join(newcomer).tx_hash == notes.sent.tx_hash


def test_a_record_of_a_lost_quote_is_registered_again(chain: OneValidator, newcomer: Join) -> None:
    """The enclave came back from a backup that is older than the quote of the record."""
    stop_at(newcomer, Step.KEYS)
    folder = Home.of(str(newcomer.home)).enclave
    old = (folder / "state.sealed").read_bytes()
    stop_at(newcomer, Step.CONFIRM)
    (folder / "state.sealed").write_bytes(old)
    (folder / "backup.sealed").unlink()
    (newcomer.home / "run" / FILE_NAME).unlink()
    joined = join(newcomer)
    assert sequence_of(chain, newcomer) == 2
    with chain.client() as client:
        record = client.node(joined.node_id)
    assert record is not None
    assert record.height == joined.height


def test_a_revoked_node_needs_new_keys(chain: OneValidator, newcomer: Join) -> None:
    stop_at(newcomer, Step.CONFIRM)
    folder = Home.of(str(newcomer.home)).enclave
    with enclave_of(folder, mode=Mode.SOFTWARE, address=None, configured="") as enclave:
        node_id = enclave.get_info().node_id
    with chain.client() as client:
        revoke = tx_pb2.MsgRevokeNode(signer=newcomer.operator.info.address, node_id=node_id)
        client.send_tx([revoke], newcomer.operator)
    with pytest.raises(JoinFailure) as caught:
        join(newcomer)
    assert caught.value.code == JoinCode.KEYS_UNUSABLE
    assert "revoked" in caught.value.found
    assert join(replace(newcomer, discard=True)).node_id != node_id


def test_an_operator_whose_coins_went_away_is_told_what_is_missing(
    chain: OneValidator, newcomer: Join
) -> None:
    stop_at(newcomer, Step.KEYS)
    with chain.client() as client:
        own = newcomer.operator.info
        left = FUNDS - 200
        coin = Coin(denom="useed", amount=str(left))
        message = MsgSend(from_address=own.address, to_address=chain.faucet.info.address)
        message.amount.append(coin)
        client.send_tx([message], newcomer.operator)
    with pytest.raises(JoinFailure) as caught:
        join(newcomer)
    assert caught.value.code == JoinCode.NO_FUNDS


def test_a_fee_that_is_too_low_is_the_chain_s_own_refusal(newcomer: Join) -> None:
    wish = replace(newcomer, price=replace(newcomer.price, amount=1))
    with pytest.raises(TxRefused) as caught:
        join(wish)
    assert caught.value.code == "insufficient_fee"
    notes = Journal(newcomer.home / "run").notes
    assert (notes.paid, notes.sent) == (0, None)


def test_a_peer_whose_word_would_drain_the_operator(chain: OneValidator) -> None:
    """What a register costs stands in the genesis; a peer may say a little more, not ten times."""
    network = network_of(chain)
    message = tx_pb2.MsgRegisterNode(quote=bytes(8000), collateral=bytes(20_000))
    check_price(Fee(amount=1, gas_limit=network.register_gas + 400_000), network, message)
    with pytest.raises(JoinFailure) as caught:
        check_price(Fee(amount=1, gas_limit=10 * network.register_gas), network, message)
    assert caught.value.code == JoinCode.FEE_TOO_HIGH


def wait_for(chain: OneValidator, height: int) -> None:
    with chain.client() as client:
        while client.height() < height:
            time.sleep(0.1)
