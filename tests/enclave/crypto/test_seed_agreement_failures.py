"""What must fail of tests/vectors/seed_agreement.json: each case at its step, with its code."""

from __future__ import annotations

import pytest

from enclave.crypto.key_schedule import derive_io_keys, open_previous_seed
from enclave.crypto.labels import Mode
from enclave.crypto.primitives import ExchangeKey, check_exchange_key
from enclave.crypto.seed_envelope import SeedContext, open_seed, seal_seed
from enclave.errors import Code, Refusal
from tests.enclave.crypto.seed_agreement import MUST_FAIL, REGISTRATIONS, Json, derive, raw
from tests.second_opinion import agreement as second

OPENING = {name: row for name, row in MUST_FAIL.items() if row["step"] in {"open", "compare"}}


@pytest.mark.parametrize("row", OPENING.values(), ids=OPENING.keys())
def test_what_must_not_open(row: Json) -> None:
    """Or, in one case, opens to a seed whose keys are not the proven ones."""
    inputs = row["inputs"]
    assert ExchangeKey(raw(inputs, "node_key")).public == raw(inputs, "exchange_key")
    context = SeedContext(
        mode=Mode(inputs["mode"]),
        network_id=raw(inputs, "network_id"),
        epoch=inputs["epoch"],
        pk_io=raw(inputs, "pk_io"),
        kem_io=raw(inputs, "kem_io"),
        exchange_key=raw(inputs, "exchange_key"),
        kem_ciphertext=raw(inputs, "kem_ciphertext"),
        report_data=raw(inputs, "report_data"),
    )
    node_key = ExchangeKey(raw(inputs, "node_key"))
    assert context.digest == raw(row, "context")
    assert node_key.agree(context.pk_io) == raw(row, "shared")
    envelope, secret = raw(inputs, "envelope"), raw(inputs, "kem_secret")
    if row["step"] == "compare":
        seed = open_seed(envelope, context=context, node_key=node_key, kem_secret=secret)
        keys = derive_io_keys(
            seed, mode=context.mode, network_id=context.network_id, epoch=context.epoch
        )
        assert keys.pk_io == raw(row, "derived_pk_io") != context.pk_io
        assert keys.kem_public == raw(row, "derived_kem_io") != context.kem_io
        return
    with pytest.raises(Refusal) as refused:
        open_seed(envelope, context=context, node_key=node_key, kem_secret=secret)
    assert refused.value.code is Code(row["code"]) is Code.ENVELOPE_OPEN_FAILED
    with pytest.raises(ValueError, match="MAC check failed"):
        second.open_envelope(
            inputs["mode"],
            context.network_id,
            context.epoch,
            node_key=raw(inputs, "node_key"),
            kem_secret=secret,
            kem_ciphertext=context.kem_ciphertext,
            pk_io=context.pk_io,
            kem_io=context.kem_io,
            report_data=context.report_data,
            envelope=envelope,
        )


@pytest.mark.parametrize("name", ["swapped KEM ciphertext", "mangled KEM ciphertext"])
def test_every_holder_seals_for_a_foreign_ciphertext_alike(name: str) -> None:
    row, epoch = MUST_FAIL[name], REGISTRATIONS["hardware epoch 0"]["epochs"][0]
    keys = derive(REGISTRATIONS["hardware epoch 0"], epoch)
    ciphertext = raw(row["inputs"], "kem_ciphertext")
    assert keys.kem_io.decapsulate(ciphertext) == raw(row, "kem_secret_of_holder")
    envelope = seal_seed(
        raw(epoch, "consensus_seed"),
        keys=keys,
        exchange_key=raw(row["inputs"], "exchange_key"),
        kem_ciphertext=ciphertext,
        report_data=raw(row["inputs"], "report_data"),
    )
    assert envelope == raw(row["inputs"], "envelope")


@pytest.mark.parametrize("name", ["low-order exchange key", "non-canonical exchange key"])
def test_exchange_keys_that_must_be_refused(name: str) -> None:
    """Gate 1."""
    row = MUST_FAIL[name]
    with pytest.raises(Refusal) as refused:
        check_exchange_key(raw(row["inputs"], "exchange_key"))
    assert refused.value.code is Code(row["code"])


def test_a_previous_seed_of_another_epoch_must_not_open() -> None:
    """Section 3."""
    row = MUST_FAIL["prev_seed of another epoch"]
    inputs = row["inputs"]
    seed = raw(inputs, "consensus_seed")
    keys = derive_io_keys(
        seed,
        mode=Mode(inputs["mode"]),
        network_id=raw(inputs, "network_id"),
        epoch=inputs["epoch"],
    )
    with pytest.raises(Refusal) as refused:
        open_previous_seed(
            seed,
            raw(inputs, "prev_seed"),
            keys=keys,
            previous_pk_io=raw(inputs, "pk_io_before"),
        )
    assert refused.value.code is Code(row["code"])
