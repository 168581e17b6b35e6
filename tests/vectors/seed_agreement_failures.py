"""The cases of seed_agreement.json that must fail: inputs, values on the way, step and reason.

Every input of the failing step is written out, so no case needs another one to be understood.
The codes are those of the refusals in the product's registry of codes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tests.second_opinion import agreement, primitives
from tests.second_opinion import network as identity
from tests.second_opinion.curve25519 import P
from tests.second_opinion.transcript import SOFTWARE
from tests.vectors.seed_agreement_cases import BETA, Case, Object, value

ORDER_EIGHT = 325606250916557431795983626356110631294008115727848805560023387167927233504
"""A u-coordinate of order 8 on Curve25519."""


@dataclass(frozen=True, slots=True)
class Opening:
    """All that the newcomer's side of section 7 takes; `exchange_key` is that of `node_key`."""

    mode: str
    network_id: bytes
    epoch: int
    node_key: bytes
    kem_secret: bytes
    kem_ciphertext: bytes
    pk_io: bytes
    kem_io: bytes
    report_data: bytes
    envelope: bytes


def failures(first: Case, third: Case) -> Iterator[Object]:
    """Every case, in the order of the README. `third` is of epoch 2 of the network of `first`."""
    honest = opening(first)
    yield from changed_openings(first, honest)
    yield from foreign_ciphertexts(first, honest)
    yield from refused_exchange_keys()
    yield wrong_seed(first, honest)
    yield wrong_previous_seed(third)


def opening(case: Case) -> Opening:
    """The inputs with which the newcomer of `case` opens its envelope."""
    kem_secret, kem_ciphertext = case.encapsulation()
    return Opening(
        mode=case.mode,
        network_id=case.network_id,
        epoch=case.epoch,
        node_key=case.own("node_key"),
        kem_secret=kem_secret,
        kem_ciphertext=kem_ciphertext,
        pk_io=case.pk_io(case.epoch),
        kem_io=case.kem_io(case.epoch),
        report_data=case.report_data(),
        envelope=case.envelope(),
    )


def changed_openings(case: Case, honest: Opening) -> Iterator[Object]:
    """The right envelope, opened with one input changed."""
    changes = (
        (
            "wrong node key",
            "another node's X25519 private key gives another shared secret and another context",
            replace(honest, node_key=value("another node_key")),
        ),
        (
            "wrong KEM secret",
            "the secret of another encapsulation gives another seed_key",
            replace(honest, kem_secret=value("another kem_secret")),
        ),
        (
            "wrong network_id",
            "salt and context bind the network",
            replace(honest, network_id=identity.network_id(BETA)),
        ),
        ("wrong epoch", "the context binds the epoch", replace(honest, epoch=case.epoch + 1)),
        (
            "flipped bit of the envelope",
            "the synthetic IV is also the authentication tag",
            replace(honest, envelope=_flip(honest.envelope)),
        ),
        (
            "flipped bit of report_data",
            "the context binds what the quote said",
            replace(honest, report_data=_flip(honest.report_data)),
        ),
        (
            "software labels in hardware mode",
            "each mode has its own registry of labels",
            replace(honest, mode=SOFTWARE),
        ),
    )
    for name, why, opened in changes:
        yield _open_failure(name, why, opened)


def foreign_ciphertexts(case: Case, honest: Opening) -> Iterator[Object]:
    """The right opener, but the holder sealed for a KEM ciphertext that is not the opener's."""
    _, another = primitives.ml_kem_encapsulate(honest.kem_io, value("another encapsulation"))
    mangled = value("mangled kem_ciphertext", len(another))
    for name, why, ciphertext in (
        (
            "swapped KEM ciphertext",
            "the holder decapsulates another newcomer's secret, which this one does not have",
            another,
        ),
        (
            "mangled KEM ciphertext",
            "every enclave decapsulates the same pseudo-random secret, which nobody outside has",
            mangled,
        ),
    ):
        envelope = agreement.seal_envelope(
            honest.mode,
            honest.network_id,
            honest.epoch,
            seed=case.seed(honest.epoch),
            exchange_key=primitives.x25519_public(honest.node_key),
            kem_ciphertext=ciphertext,
            report_data=honest.report_data,
        )
        key_seed = agreement.kem_io_seed(
            honest.mode, honest.network_id, honest.epoch, case.seed(honest.epoch)
        )
        row = _open_failure(
            name, why, replace(honest, kem_ciphertext=ciphertext, envelope=envelope)
        )
        decapsulated = primitives.ml_kem_decapsulate(key_seed, ciphertext)
        yield {**row, "kem_secret_of_holder": decapsulated.hex()}


def refused_exchange_keys() -> Iterator[Object]:
    """Gate 1: keys that never reach X25519."""
    for name, code, number, why in (
        (
            "low-order exchange key",
            "low_order_key",
            ORDER_EIGHT,
            "every private key gives the same shared secret, all zeros",
        ),
        (
            "non-canonical exchange key",
            "bad_exchange_key",
            P + 9,
            "the alias of another key (u = 9): the number is not below 2^255-19",
        ),
    ):
        yield {
            "name": name,
            "step": "form",
            "code": code,
            "why": why,
            "inputs": {"exchange_key": number.to_bytes(32, "little").hex()},
        }


def wrong_seed(case: Case, honest: Opening) -> Object:
    """A lying holder that has sk_io and kem_io seals a seed that is not the network's."""
    lie = value("another consensus_seed")
    middle = _on_the_way(honest)
    associated_data = agreement.envelope_associated_data(honest.mode, middle["context"])
    envelope = primitives.aes_siv_seal(middle["seed_key"], lie, associated_data)
    lying = replace(honest, envelope=envelope)
    return {
        "name": "seed of another network",
        "step": "compare",
        "code": "network_keys_mismatch",
        "why": "the envelope opens, but the keys derived from the seed are not the proven ones",
        "inputs": _inputs(lying),
        **_hex(middle),
        "opened_seed": lie.hex(),
        "derived_pk_io": agreement.pk_io(case.mode, case.network_id, case.epoch, lie).hex(),
        "derived_kem_io": agreement.kem_io(case.mode, case.network_id, case.epoch, lie).hex(),
    }


def wrong_previous_seed(case: Case) -> Object:
    """prev_seed of epoch 1, opened as if it were that of epoch 2."""
    mode, network_id, epoch = case.mode, case.network_id, case.epoch
    sealed = agreement.seal_prev_seed(
        mode, network_id, epoch - 1, seed=case.seed(epoch - 1), seed_before=case.seed(epoch - 2)
    )
    return {
        "name": "prev_seed of another epoch",
        "step": "open prev_seed",
        "code": "previous_seed_open_failed",
        "why": "key and associated data bind the epoch and both of its I/O keys",
        "inputs": {
            "mode": mode,
            "network_id": network_id.hex(),
            "epoch": epoch,
            "consensus_seed": case.seed(epoch).hex(),
            "pk_io_before": case.pk_io(epoch - 1).hex(),
            "prev_seed": sealed.hex(),
        },
    }


def _open_failure(name: str, why: str, opened: Opening) -> Object:
    return {
        "name": name,
        "step": "open",
        "code": "envelope_open_failed",
        "why": why,
        "inputs": _inputs(opened),
        **_hex(_on_the_way(opened)),
    }


def _inputs(opened: Opening) -> Object:
    return {
        "mode": opened.mode,
        "network_id": opened.network_id.hex(),
        "epoch": opened.epoch,
        "node_key": opened.node_key.hex(),
        "exchange_key": primitives.x25519_public(opened.node_key).hex(),
        "kem_secret": opened.kem_secret.hex(),
        "kem_ciphertext": opened.kem_ciphertext.hex(),
        "pk_io": opened.pk_io.hex(),
        "kem_io": opened.kem_io.hex(),
        "report_data": opened.report_data.hex(),
        "envelope": opened.envelope.hex(),
    }


def _on_the_way(opened: Opening) -> dict[str, bytes]:
    shared = primitives.x25519(opened.node_key, opened.pk_io)
    context = agreement.seed_context(
        opened.mode,
        opened.network_id,
        opened.epoch,
        pk_io=opened.pk_io,
        kem_io=opened.kem_io,
        exchange_key=primitives.x25519_public(opened.node_key),
        kem_ciphertext=opened.kem_ciphertext,
        report_data=opened.report_data,
    )
    key = agreement.seed_key(
        opened.mode,
        opened.network_id,
        shared=shared,
        kem_secret=opened.kem_secret,
        context=context,
    )
    return {"shared": shared, "context": context, "seed_key": key}


def _hex(values: dict[str, bytes]) -> Object:
    return {name: data.hex() for name, data in values.items()}


def _flip(data: bytes) -> bytes:
    return bytes([data[0] ^ 1]) + data[1:]
