"""Laws of the seed envelope (docs/spec/protocol.md sections 7 and 8.3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from enclave.crypto.labels import Mode
from enclave.crypto.primitives import ExchangeKey
from enclave.crypto.seed_envelope import ENVELOPE_BYTES, SeedContext, node_id, open_seed, seal_seed
from enclave.errors import Code, Refusal
from tests.enclave.crypto.agreements import (
    EPOCHS,
    SECRETS,
    Agreement,
    Sealed,
    agreements,
    flips,
    seal,
)

Read = Callable[[SeedContext], bytes]
Change = Callable[[SeedContext, bytes], SeedContext]

CHANGED: dict[str, tuple[Read, Change]] = {
    "network_id": (lambda c: c.network_id, lambda c, new: replace(c, network_id=new)),
    "pk_io": (lambda c: c.pk_io, lambda c, new: replace(c, pk_io=new)),
    "kem_io": (lambda c: c.kem_io, lambda c, new: replace(c, kem_io=new)),
    "exchange_key": (lambda c: c.exchange_key, lambda c, new: replace(c, exchange_key=new)),
    "kem_ciphertext": (lambda c: c.kem_ciphertext, lambda c, new: replace(c, kem_ciphertext=new)),
    "report_data": (lambda c: c.report_data, lambda c, new: replace(c, report_data=new)),
}
"""The byte strings of a context, with how to read and to change each."""

OTHER_MODE = {Mode.HARDWARE: Mode.SOFTWARE, Mode.SOFTWARE: Mode.HARDWARE}


def refuses_to_open(sealed: Sealed) -> None:
    with pytest.raises(Refusal) as refused:
        sealed.open()
    assert refused.value.code is Code.ENVELOPE_OPEN_FAILED


@given(agreements())
def test_both_sides_derive_the_same_key(agreement: Agreement) -> None:
    """Whatever a holder seals, the newcomer for whom it was sealed opens."""
    sealed = seal(agreement)
    assert len(sealed.envelope) == ENVELOPE_BYTES == 48
    assert sealed.open() == agreement.seed


@given(agreements())
def test_envelopes_are_deterministic(agreement: Agreement) -> None:
    """Two enclaves that hold the seed make equal bytes."""
    assert seal(agreement).envelope == seal(agreement).envelope


@pytest.mark.parametrize("name", sorted(CHANGED))
@given(agreement=agreements(), data=st.data())
def test_any_changed_bit_of_the_context_closes_it(
    name: str, agreement: Agreement, data: st.DataObject
) -> None:
    """Each byte string of the context counts, and each bit of it."""
    sealed = seal(agreement)
    read, change = CHANGED[name]
    changed = data.draw(flips(read(sealed.context)))
    with pytest.raises(Refusal) as refused:
        replace(sealed, context=change(sealed.context, changed)).open()
    # Another pk_io may be no key at all, which is refused before anything is opened.
    other = {Code.BAD_EXCHANGE_KEY, Code.LOW_ORDER_KEY} if name == "pk_io" else set()
    assert refused.value.code in {Code.ENVELOPE_OPEN_FAILED} | other


def test_the_laws_know_every_field_of_the_context() -> None:
    assert {field.name for field in fields(SeedContext)} == CHANGED.keys() | {"mode", "epoch"}


@given(agreements(), EPOCHS)
def test_another_epoch_closes_it(agreement: Agreement, epoch: int) -> None:
    """An envelope of one epoch is none of another, under the very same keys."""
    assume(epoch != agreement.epoch)
    sealed = seal(agreement)
    refuses_to_open(replace(sealed, context=replace(sealed.context, epoch=epoch)))


@given(agreements())
def test_the_other_mode_closes_it(agreement: Agreement) -> None:
    """Software labels never open what hardware labels sealed, nor the reverse."""
    sealed = seal(agreement)
    mode = OTHER_MODE[agreement.mode]
    refuses_to_open(replace(sealed, context=replace(sealed.context, mode=mode)))


@given(agreements(), SECRETS)
def test_only_the_right_node_key_opens(agreement: Agreement, node_key: bytes) -> None:
    """Also where the opener knows the whole public context and the KEM secret."""
    assume(ExchangeKey(node_key).public != ExchangeKey(agreement.node_key).public)
    sealed = seal(agreement)
    refuses_to_open(replace(sealed, agreement=replace(agreement, node_key=node_key)))


@given(agreements(), st.data())
def test_only_the_right_kem_secret_opens(agreement: Agreement, data: st.DataObject) -> None:
    """Also where the opener has the node key."""
    sealed = seal(agreement)
    refuses_to_open(replace(sealed, kem_secret=data.draw(flips(sealed.kem_secret) | SECRETS)))


@given(agreements(), st.data())
def test_any_changed_bit_of_the_envelope_closes_it(
    agreement: Agreement, data: st.DataObject
) -> None:
    """The synthetic IV authenticates all of it."""
    sealed = seal(agreement)
    refuses_to_open(replace(sealed, envelope=data.draw(flips(sealed.envelope))))


@given(agreements(), st.integers(0, 96))
def test_an_envelope_of_another_length_is_refused(agreement: Agreement, length: int) -> None:
    """Truncated, extended or empty: the length is exact."""
    assume(length != ENVELOPE_BYTES)
    sealed = seal(agreement)
    with pytest.raises(Refusal) as refused:
        replace(sealed, envelope=(sealed.envelope * 2)[:length]).open()
    assert refused.value.code is Code.BAD_LENGTH


@given(agreements(), st.data())
def test_a_wrong_kem_ciphertext_gives_equal_bytes_and_opens_for_nobody(
    agreement: Agreement, data: st.DataObject
) -> None:
    """Implicit rejection: no enclave fails, all agree, and the newcomer's secret is not theirs."""
    kem_secret, ciphertext = agreement.encapsulated()
    random = st.binary(min_size=len(ciphertext), max_size=len(ciphertext))
    wrong = data.draw(flips(ciphertext) | random)
    exchange_key = ExchangeKey(agreement.node_key).public
    first, second = (
        seal_seed(
            agreement.seed,
            keys=agreement.keys(),
            exchange_key=exchange_key,
            kem_ciphertext=wrong,
            report_data=agreement.report_data,
        )
        for _ in range(2)
    )
    assert first == second
    sealed = seal(agreement)
    for bound in (wrong, ciphertext):
        context = replace(sealed.context, kem_ciphertext=bound)
        refuses_to_open(replace(sealed, context=context, envelope=first, kem_secret=kem_secret))


@given(agreements(), agreements())
def test_an_envelope_serves_one_newcomer(one: Agreement, other: Agreement) -> None:
    """Two newcomers of the same network and epoch: neither opens the other's."""
    other = replace(
        one, node_key=other.node_key, randomness=other.randomness, report_data=other.report_data
    )
    assume(one.node_key != other.node_key)
    assume(ExchangeKey(one.node_key).public != ExchangeKey(other.node_key).public)
    mine, theirs = seal(one), seal(other)
    assert mine.envelope != theirs.envelope
    refuses_to_open(replace(mine, envelope=theirs.envelope))


@pytest.mark.parametrize("length", [0, 31, 33, 63, 65, 128])
def test_report_data_has_64_bytes(length: int) -> None:
    agreement = Agreement(Mode.HARDWARE, bytes(32), 0, b"s" * 32, b"n" * 32, bytes(32), bytes(64))
    keys = agreement.keys()
    _, ciphertext = agreement.encapsulated()
    with pytest.raises(Refusal) as refused:
        seal_seed(
            agreement.seed,
            keys=keys,
            exchange_key=ExchangeKey(agreement.node_key).public,
            kem_ciphertext=ciphertext,
            report_data=bytes(length),
        )
    assert refused.value.code is Code.BAD_LENGTH


@pytest.mark.parametrize("length", [0, 1087, 1089, 2176])
def test_kem_ciphertext_has_1088_bytes_on_both_sides(length: int) -> None:
    agreement = Agreement(Mode.SOFTWARE, bytes(32), 1, b"s" * 32, b"n" * 32, bytes(32), bytes(64))
    sealed = seal(agreement)
    with pytest.raises(Refusal) as at_the_holder:
        seal_seed(
            agreement.seed,
            keys=sealed.keys,
            exchange_key=sealed.context.exchange_key,
            kem_ciphertext=bytes(length),
            report_data=agreement.report_data,
        )
    with pytest.raises(Refusal) as at_the_newcomer:
        open_seed(
            sealed.envelope,
            context=replace(sealed.context, kem_ciphertext=bytes(length)),
            node_key=ExchangeKey(agreement.node_key),
            kem_secret=sealed.kem_secret,
        )
    assert at_the_holder.value.code is Code.BAD_LENGTH
    assert at_the_newcomer.value.code is Code.BAD_LENGTH


@given(SECRETS, SECRETS)
def test_node_ids_differ_by_key_and_by_mode(one: bytes, other: bytes) -> None:
    """A node's name is a hash of its key under its mode's label."""
    assume(one != other)
    names = {node_id(mode, key) for mode in Mode for key in (one, other)}
    assert len(names) == 4
    assert {len(name) for name in names} == {32}
