"""Attack 20: a lying encryptor tries to leak the seed through what it may choose in a confirm.

Nothing is free to choose: every byte of a confirm follows from the register, the chain and the
seed, so every other enclave makes it again and compares.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from enclave.crypto.seed_envelope import seal_seed
from enclave.wire import encode
from seedpact.enclave.v1 import service_pb2 as pb
from tests.attacks.forgery import Forgery, confirm
from tests.enclave.crypto.agreements import Agreement, agreements, flips, seal
from tests.second_opinion import agreement as second
from tests.support.enclaves import Node
from tests.support.world import network

CIPHERTEXT = st.binary(min_size=1088, max_size=1088)


@given(agreements())
def test_20_any_enclave_makes_the_envelope_again(agreement: Agreement) -> None:
    """From the seed and public values alone, and by another program too."""
    sealed = seal(agreement)
    again = seal(agreement)
    other_program = second.seal_envelope(
        agreement.mode.value,
        agreement.network_id,
        agreement.epoch,
        seed=agreement.seed,
        exchange_key=sealed.context.exchange_key,
        kem_ciphertext=sealed.context.kem_ciphertext,
        report_data=agreement.report_data,
    )
    assert sealed.envelope == again.envelope == other_program


@given(agreements(), CIPHERTEXT)
def test_20_also_for_a_ciphertext_that_nobody_made(agreement: Agreement, noise: bytes) -> None:
    """Implicit rejection is no choice either: its secret comes from the key and the ciphertext."""
    sealed = seal(agreement)
    made = [
        seal_seed(
            agreement.seed,
            keys=agreement.keys(),
            exchange_key=sealed.context.exchange_key,
            kem_ciphertext=noise,
            report_data=agreement.report_data,
        )
        for _ in range(2)
    ]
    assert made[0] == made[1]


@given(agreements(), st.data())
def test_20_an_envelope_with_one_hidden_bit_is_another_one(
    agreement: Agreement, data: st.DataObject
) -> None:
    """What a liar would change is seen by comparing, and opens for nobody."""
    sealed = seal(agreement)
    assert data.draw(flips(sealed.envelope)) != seal(agreement).envelope


def test_20_two_holders_confirm_alike_whatever_their_entropy() -> None:
    """The whole answer, verdict included; asked once, asked again, asked after a restart."""
    ledger, (first, second_holder) = network("first", "second")
    machine = Node("newcomer's machine")
    newcomer = Forgery().newcomer(ledger, machine)
    answers = [confirm(ledger, first, newcomer), confirm(ledger, first, newcomer)]
    answers.append(confirm(ledger, second_holder, newcomer))
    second_holder.start()
    answers.append(confirm(ledger, second_holder, newcomer))
    as_bytes = {encode(answer) for (answer,) in answers}
    assert len(as_bytes) == 1
    assert not answers[0][0].HasField("refusal")


def test_20_company_in_the_batch_changes_nothing() -> None:
    """The order of a block's registers, and who else is in it, is the proposer's to choose."""
    ledger, (holder,) = network("first")
    one = Forgery().newcomer(ledger, Node("one"))
    other = Forgery(kem_ciphertext=bytes(1088)).newcomer(ledger, Node("other"))
    bad = Forgery(exchange_key=bytes(32)).newcomer(ledger, Node("bad"))
    (alone,) = confirm(ledger, holder, one)
    forwards = confirm(ledger, holder, one, bad, other)
    backwards = confirm(ledger, holder, other, bad, one)
    assert encode(alone) == encode(forwards[0]) == encode(backwards[2])
    assert encode(forwards[2]) == encode(backwards[0])


def test_20_a_confirm_has_no_field_for_a_choice() -> None:
    """Node id, envelope and verdict are derived; a new field wants a proof that it is too."""
    fields = [field.name for field in pb.Confirmation.DESCRIPTOR.fields]
    assert fields == ["node_id", "envelope", "verdict", "refusal"]
