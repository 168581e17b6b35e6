"""Attack 23: an envelope replayed to another newcomer, for another epoch, on another chain.

First at the envelope, where each law changes one thing and gives the attacker all the rest, also
what it could not have; then with whole enclaves and a chain that lies.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given

from enclave.crypto.primitives import ExchangeKey
from enclave.crypto.seed_envelope import seal_seed
from enclave.errors import Code, Refusal
from seedpact.registration.v1 import types_pb2
from tests.enclave.crypto.agreements import (
    EPOCHS,
    SECRETS,
    Agreement,
    Sealed,
    agreements,
    seal,
)
from tests.support.enclaves import Node, inputs
from tests.support.world import Ledger, network


def refuses_to_open(sealed: Sealed) -> None:
    with pytest.raises(Refusal) as refused:
        sealed.open()
    assert refused.value.code is Code.ENVELOPE_OPEN_FAILED


@given(agreements(), SECRETS)
def test_23_it_takes_the_node_key(agreement: Agreement, node_key: bytes) -> None:
    """Another newcomer, though it knew the KEM secret and sent the same public values."""
    sealed = seal(agreement)
    thief = replace(agreement, node_key=node_key)
    assume(ExchangeKey(node_key).public != sealed.context.exchange_key)
    refuses_to_open(replace(sealed, agreement=thief))


@given(agreements(), SECRETS)
def test_23_it_takes_the_kem_secret(agreement: Agreement, kem_secret: bytes) -> None:
    """A later quantum computer that has the node key and reads the chain."""
    sealed = seal(agreement)
    assume(kem_secret != sealed.kem_secret)
    refuses_to_open(replace(sealed, kem_secret=kem_secret))


@given(agreements(), EPOCHS)
def test_23_not_for_another_epoch(agreement: Agreement, epoch: int) -> None:
    """Though both epochs had the very same keys."""
    assume(epoch != agreement.epoch)
    sealed = seal(agreement)
    refuses_to_open(replace(sealed, context=replace(sealed.context, epoch=epoch)))


@given(agreements(), SECRETS)
def test_23_not_on_another_chain(agreement: Agreement, network_id: bytes) -> None:
    """Though both chains had the very same seed and keys."""
    assume(network_id != agreement.network_id)
    sealed = seal(agreement)
    refuses_to_open(replace(sealed, context=replace(sealed.context, network_id=network_id)))


@given(agreements(), SECRETS)
def test_23_not_for_a_later_quote_of_the_same_node(agreement: Agreement, other: bytes) -> None:
    """Same keys, same ciphertext, another report_data: an old envelope confirms no new quote."""
    sealed = seal(agreement)
    later = other + other
    assume(later != agreement.report_data)
    refuses_to_open(replace(sealed, context=replace(sealed.context, report_data=later)))


@given(agreements(), SECRETS)
def test_23_a_copied_kem_ciphertext_buys_nothing(agreement: Agreement, node_key: bytes) -> None:
    """A second newcomer registers the first one's ciphertext: neither opens the other's."""
    sealed = seal(agreement)
    copier = ExchangeKey(node_key)
    assume(copier.public != sealed.context.exchange_key)
    envelope = seal_seed(
        agreement.seed,
        keys=sealed.keys,
        exchange_key=copier.public,
        kem_ciphertext=sealed.context.kem_ciphertext,
        report_data=agreement.report_data,
    )
    refuses_to_open(replace(sealed, envelope=envelope))
    theirs = replace(sealed.context, exchange_key=copier.public)
    own = replace(agreement, node_key=node_key)
    refuses_to_open(Sealed(own, sealed.keys, bytes(32), theirs, envelope))


def pending(ledger: Ledger, holder: Node, name: str) -> Node:
    """A newcomer whose register was confirmed and who has not imported yet."""
    node = Node(name)
    ledger.prepare(node)
    confirmation = ledger.register(node, holder)
    assert not confirmation.HasField("refusal")
    return node


def fails_then_succeeds(ledger: Ledger, node: Node, envelope: bytes, code: Code) -> None:
    """The replayed envelope changes nothing; the node's own still opens afterwards."""
    node_id = node.info().node_id
    before = node.info()
    own = ledger.records[node_id]
    ledger.records[node_id] = replace(own, envelope=envelope)
    with pytest.raises(Refusal) as refused:
        node.import_seed(ledger.proof(node))
    assert refused.value.code is code
    assert node.info() == before
    ledger.records[node_id] = own
    assert list(node.import_seed(ledger.proof(node)).epochs) == [0]


def test_23_another_newcomers_envelope_in_ones_own_record() -> None:
    ledger, (holder,) = network("holder")
    one, other = pending(ledger, holder, "one"), pending(ledger, holder, "other")
    replayed = ledger.records[one.info().node_id].envelope
    fails_then_succeeds(ledger, other, replayed, Code.ENVELOPE_OPEN_FAILED)


def test_23_another_newcomers_whole_record() -> None:
    ledger, (holder,) = network("holder")
    one, other = pending(ledger, holder, "one"), pending(ledger, holder, "other")
    ids = [node.info().node_id for node in (one, other)]
    shown, own = ledger.proof(one), ledger.records[ids[1]]
    with pytest.raises(Refusal) as refused:
        other.import_seed(shown)
    assert refused.value.code is Code.UNKNOWN_QUOTE
    # A chain that puts the one's record under the other's key.
    ledger.records[ids[1]] = ledger.records[ids[0]]
    with pytest.raises(Refusal) as refused:
        other.import_seed(ledger.proof(other))
    assert refused.value.code is Code.UNKNOWN_QUOTE
    # And makes it name a quote of the other's.
    ledger.records[ids[1]] = replace(ledger.records[ids[0]], report_data=own.report_data)
    with pytest.raises(Refusal) as refused:
        other.import_seed(ledger.proof(other))
    assert refused.value.code is Code.RECORD_MISMATCH


def test_23_an_envelope_of_another_chain() -> None:
    """Twin chains whose machines draw the same random bytes: same seed, same node key."""
    here, there = Ledger(), Ledger(network=inputs("seedpact-test-2"))
    envelopes = []
    newcomers = []
    for ledger in (here, there):
        holder = Node("holder")
        ledger.bootstrap(holder)
        newcomers.append(pending(ledger, holder, "newcomer"))
        envelopes.append(ledger.records[newcomers[-1].info().node_id].envelope)
    assert newcomers[0].info().exchange_key == newcomers[1].info().exchange_key
    fails_then_succeeds(here, newcomers[0], envelopes[1], Code.ENVELOPE_OPEN_FAILED)


def test_23_an_envelope_of_the_epoch_before() -> None:
    """A chain that calls the old keys a new epoch, with the old record or with a renamed one."""
    ledger, (holder,) = network("holder")
    node = pending(ledger, holder, "newcomer")
    node_id, before = node.info().node_id, node.info()
    old = ledger.keys[0]
    ledger.keys.append(
        types_pb2.NetworkKeys(epoch=1, pk_io=old.pk_io, kem_io=old.kem_io, prev_seed=bytes(48))
    )
    ledger.epoch = 1
    record = ledger.records[node_id]
    for epoch, code in ((0, Code.STALE_EPOCH), (1, Code.KEM_SECRET_MISSING)):
        ledger.records[node_id] = replace(record, epoch=epoch)
        with pytest.raises(Refusal) as refused:
            node.import_seed(ledger.proof(node))
        assert refused.value.code is code
    assert node.info() == before


def test_23_an_envelope_for_an_older_quote_of_the_same_node() -> None:
    """PENDING may quote again; the record with the new quote wants a new envelope."""
    ledger, (holder,) = network("holder")
    node = pending(ledger, holder, "newcomer")
    older = ledger.records[node.info().node_id].envelope
    ledger.height += 5
    ledger.register(node, holder)
    assert ledger.records[node.info().node_id].envelope != older
    fails_then_succeeds(ledger, node, older, Code.ENVELOPE_OPEN_FAILED)
