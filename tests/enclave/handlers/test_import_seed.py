"""import_seed: only one's own record, only the network's seed (protocol.md section 8)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from enclave.crypto.key_schedule import derive_io_keys, seal_previous_seed
from enclave.crypto.labels import Mode
from enclave.crypto.primitives import KemKey
from enclave.crypto.seed_envelope import seal_seed
from enclave.errors import Code
from enclave.framework.states import State
from enclave.registration.records import NodeRecord, NodeStatus
from enclave.time import Time
from seedpact.enclave.v1 import chain_pb2
from seedpact.registration.v1 import types_pb2
from tests.support.enclaves import GENESIS_TIME, OTHER_CODE, Node
from tests.support.refusals import entries, refused_unchanged
from tests.support.world import Ledger, network


@pytest.fixture
def recorded() -> tuple[Ledger, Node]:
    """A newcomer whose registration the chain confirmed."""
    ledger, (founder,) = network("founder")
    node = Node("newcomer")
    ledger.prepare(node)
    assert ledger.register(node, founder).envelope
    return ledger, node


def chain(ledger: Ledger, node: Node, **changes: Any) -> chain_pb2.ChainProof:
    """What the chain proves with the node's own record, changed."""
    node_id = node.info().node_id
    ledger.records[node_id] = dataclasses.replace(ledger.records[node_id], **changes)
    return ledger.proof(node)


def test_the_newcomer_becomes_a_holder_of_the_founders_seed(
    recorded: tuple[Ledger, Node],
) -> None:
    ledger, node = recorded
    (entry,) = node.enclave.keys.quotes()
    answer = node.import_seed(chain(ledger, node))
    assert list(answer.epochs) == [0]
    assert node.enclave.state is State.HOLDER
    info = node.info()
    assert (info.root_height, info.root_hash) == (entry.anchor_height, entry.anchor_hash)
    assert answer.tls_key == info.tls_key == ledger.records[info.node_id].tls_key
    assert node.enclave.keys.quotes() == []


def test_the_record_of_an_older_quote_keeps_that_quotes_root_and_tls_key(
    recorded: tuple[Ledger, Node],
) -> None:
    ledger, node = recorded
    (entry,) = node.enclave.keys.quotes()
    ledger.height += 9
    node.make_quote(ledger.purpose())
    node.import_seed(chain(ledger, node))
    assert node.info().root_height == entry.anchor_height
    assert node.info().tls_key == ledger.records[node.info().node_id].tls_key


def test_a_holder_restarts_with_nothing_but_its_sealed_state(
    recorded: tuple[Ledger, Node],
) -> None:
    ledger, node = recorded
    node.import_seed(chain(ledger, node))
    before = node.info()
    node.start()
    after = node.info()
    assert after.freshness_nonce != before.freshness_nonce
    after.freshness_nonce = before.freshness_nonce
    assert after == before


RECORDS: dict[str, tuple[dict[str, Any], Code]] = {
    "another node's id": ({"node_id": bytes(32)}, Code.RECORD_MISMATCH),
    "another node's key": ({"exchange_key": (9).to_bytes(32, "little")}, Code.RECORD_MISMATCH),
    "expired status": ({"status": NodeStatus.EXPIRED}, Code.RECORD_NOT_CONFIRMED),
    "revoked": ({"status": NodeStatus.REVOKED}, Code.RECORD_NOT_CONFIRMED),
    "past its time": ({"expires_at": Time(GENESIS_TIME)}, Code.RECORD_EXPIRED),
    "a quote not made here": ({"report_data": bytes(64)}, Code.UNKNOWN_QUOTE),
    "another epoch": ({"epoch": 1}, Code.STALE_EPOCH),
    "a wrong envelope": ({"envelope": bytes(48)}, Code.ENVELOPE_OPEN_FAILED),
}


@pytest.mark.parametrize(("changes", "code"), RECORDS.values(), ids=RECORDS)
def test_a_record_that_is_not_this_nodes_living_one_is_refused(
    recorded: tuple[Ledger, Node], changes: dict[str, Any], code: Code
) -> None:
    ledger, node = recorded
    with refused_unchanged(node, code):
        node.import_seed(chain(ledger, node, **changes))


def test_no_record_is_refused(recorded: tuple[Ledger, Node]) -> None:
    ledger, node = recorded
    with refused_unchanged(node, Code.RECORD_MISMATCH):
        ledger.records.clear()
        node.import_seed(ledger.proof(node))


def test_expiry_at_the_headers_time_itself_is_past(recorded: tuple[Ledger, Node]) -> None:
    ledger, node = recorded
    gate = ledger.time(ledger.height + 1)
    with refused_unchanged(node, Code.RECORD_EXPIRED):
        node.import_seed(chain(ledger, node, expires_at=gate))
    gate = ledger.time(ledger.height + 1)
    later = Time(gate.seconds, gate.nanos + 1)
    assert node.import_seed(chain(ledger, node, expires_at=later)).epochs


def test_a_record_of_the_proving_header_or_above_is_refused(recorded: tuple[Ledger, Node]) -> None:
    """Header h proves the state of block h - 1 at most."""
    ledger, node = recorded
    with refused_unchanged(node, Code.RECORD_TOO_NEW):
        node.import_seed(chain(ledger, node, height=ledger.height + 1))
    assert node.import_seed(chain(ledger, node, height=ledger.height)).epochs


def test_a_record_of_other_code_is_refused(recorded: tuple[Ledger, Node]) -> None:
    ledger, node = recorded
    verdict = ledger.records[node.info().node_id].verdict
    other = dataclasses.replace(verdict, measurement=OTHER_CODE)
    with refused_unchanged(node, Code.RECORD_MISMATCH):
        node.import_seed(chain(ledger, node, verdict=other))
    assert node.import_seed(chain(ledger, node, verdict=verdict)).epochs


def test_another_kem_key_on_the_chain_is_named(recorded: tuple[Ledger, Node]) -> None:
    """A peer told a false kem_io: the newcomer learns it here, and discards its keys."""
    ledger, node = recorded
    ledger.keys[0].kem_io = KemKey(bytes(64)).public
    with refused_unchanged(node, Code.KEM_KEY_MISMATCH):
        node.import_seed(chain(ledger, node))


def _forged(ledger: Ledger, node: Node, seed: bytes) -> NodeRecord:
    """A record of a liar who knows every public value and invents a seed under its own keys."""
    keys = derive_io_keys(seed, mode=Mode.SOFTWARE, network_id=ledger.network_id, epoch=0)
    record = ledger.records[node.info().node_id]
    envelope = seal_seed(
        seed,
        keys=keys,
        exchange_key=record.exchange_key,
        kem_ciphertext=node.enclave.keys.kem_secret(0).ciphertext,
        report_data=record.report_data,
    )
    return dataclasses.replace(record, envelope=envelope)


def test_a_seed_that_is_not_the_networks_is_refused(recorded: tuple[Ledger, Node]) -> None:
    """The true holder seals another seed: it opens, and its keys are not the proven ones."""
    ledger, node = recorded
    (founder_keys,) = ledger.keys
    founder = Node("founder")
    founder.bootstrap(ledger.network)
    true = founder.enclave.keys.io_keys(0)
    assert true.pk_io == founder_keys.pk_io
    record = ledger.records[node.info().node_id]
    envelope = seal_seed(
        bytes(32),
        keys=true,
        exchange_key=record.exchange_key,
        kem_ciphertext=node.enclave.keys.kem_secret(0).ciphertext,
        report_data=record.report_data,
    )
    with refused_unchanged(node, Code.NETWORK_KEYS_MISMATCH):
        node.import_seed(chain(ledger, node, envelope=envelope))
    forged = _forged(ledger, node, b"\x01" * 32)
    with refused_unchanged(node, Code.ENVELOPE_OPEN_FAILED):
        node.import_seed(chain(ledger, node, envelope=forged.envelope))


@pytest.mark.parametrize("half", ["sk_io", "kem_io"])
def test_a_seed_whose_keys_are_the_networks_by_half_is_refused(half: str) -> None:
    """A chain that proves one key of the network and one of a liar, who has both private halves."""
    ledger, (founder,) = network("founder")
    true = founder.enclave.keys.io_keys(0)
    lying = derive_io_keys(b"\x01" * 32, mode=Mode.SOFTWARE, network_id=ledger.network_id, epoch=0)
    mixed = dataclasses.replace(lying, **{half: getattr(true, half)})
    ledger.keys[0].pk_io, ledger.keys[0].kem_io = mixed.pk_io, mixed.kem_public
    node = Node("newcomer")
    ledger.prepare(node)
    node.make_quote(purpose := ledger.purpose())
    (quote,) = node.enclave.keys.quotes()
    info = node.info()
    kem = node.enclave.keys.kem_secret(0)
    envelope = seal_seed(
        founder.enclave.keys.seed(0),
        keys=mixed,
        exchange_key=info.exchange_key,
        kem_ciphertext=kem.ciphertext,
        report_data=quote.report_data,
    )
    ledger.bound[info.node_id] = purpose.anchor_height
    ledger.records[info.node_id] = dataclasses.replace(
        ledger.records[founder.info().node_id],
        node_id=info.node_id,
        exchange_key=info.exchange_key,
        report_data=quote.report_data,
        envelope=envelope,
    )
    with refused_unchanged(node, Code.NETWORK_KEYS_MISMATCH):
        node.import_seed(ledger.proof(node))


def _second_epoch(ledger: Ledger, first_seed: bytes, second_seed: bytes) -> bytes:
    """Gives the ledger an epoch 1 whose prev_seed leads back, and returns that prev_seed."""
    network_id = ledger.network_id
    first = derive_io_keys(first_seed, mode=Mode.SOFTWARE, network_id=network_id, epoch=0)
    second = derive_io_keys(second_seed, mode=Mode.SOFTWARE, network_id=network_id, epoch=1)
    prev_seed = seal_previous_seed(second_seed, first_seed, keys=second, previous_pk_io=first.pk_io)
    ledger.epoch = 1
    ledger.keys.append(
        types_pb2.NetworkKeys(
            epoch=1, pk_io=second.pk_io, kem_io=second.kem_public, prev_seed=prev_seed
        )
    )
    return prev_seed


def _join_epoch_one(change: Callable[[Ledger], None]) -> tuple[Ledger, Node]:
    ledger, (founder,) = network("founder")
    seeds = founder.enclave.keys.seed(0), b"\x05" * 32
    _second_epoch(ledger, *seeds)
    change(ledger)
    node = Node("late")
    ledger.prepare(node)
    purpose = ledger.purpose()
    quote = node.make_quote(purpose)
    second = derive_io_keys(seeds[1], mode=Mode.SOFTWARE, network_id=ledger.network_id, epoch=1)
    envelope = seal_seed(
        seeds[1],
        keys=second,
        exchange_key=quote.exchange_key,
        kem_ciphertext=quote.kem_ciphertext,
        report_data=quote.report_data,
    )
    record = ledger.records[founder.info().node_id]
    ledger.bound[quote.node_id] = purpose.anchor_height
    ledger.records[quote.node_id] = dataclasses.replace(
        record,
        node_id=quote.node_id,
        exchange_key=quote.exchange_key,
        tls_key=quote.tls_key,
        epoch=1,
        report_data=quote.report_data,
        envelope=envelope,
    )
    return ledger, node


def test_the_newest_seed_opens_all_history() -> None:
    ledger, node = _join_epoch_one(lambda _ledger: None)
    assert list(node.import_seed(ledger.proof(node)).epochs) == [0, 1]


def test_of_all_kem_secrets_only_the_imported_epochs_stays() -> None:
    """Section 3: an older one goes once the next seed is held.

    A newer one was made for a key that nobody proved yet; kept, a false one would stand in the way
    of every renewal in its epoch, and a holder cannot discard it.
    """
    ledger, node = _join_epoch_one(lambda _ledger: None)
    for epoch in (0, 2):
        purpose = ledger.purpose()
        purpose.epoch, purpose.kem_io = epoch, KemKey(bytes(range(64))).public
        node.make_quote(purpose)
    assert sum(key.startswith(b"kem/") for key in entries(node)) == 3
    node.import_seed(ledger.proof(node))
    (kept,) = (key for key in entries(node) if key.startswith(b"kem/"))
    assert kept == b"kem/" + (1).to_bytes(8, "big")


def _flip_prev_seed(ledger: Ledger) -> None:
    flipped = bytes([ledger.keys[1].prev_seed[0] ^ 1]) + ledger.keys[1].prev_seed[1:]
    ledger.keys[1].prev_seed = flipped


def _wrong_first_key(ledger: Ledger) -> None:
    ledger.keys[0].pk_io = (9).to_bytes(32, "little")


@pytest.mark.parametrize("change", [_flip_prev_seed, _wrong_first_key])
def test_a_false_history_is_refused_whole(change: Callable[[Ledger], None]) -> None:
    ledger, node = _join_epoch_one(change)
    with refused_unchanged(node, Code.PREVIOUS_SEED_OPEN_FAILED):
        node.import_seed(ledger.proof(node))
