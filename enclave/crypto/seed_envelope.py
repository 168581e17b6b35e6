"""The seed envelope: how a holder gives the consensus seed to one newcomer (protocol.md section 7).

    shared     = X25519(sk_io[e], exchange_key)
    kem_secret = Decaps(kem_io[e], kem_ciphertext)
    context    = H("seed-context", network_id, e, pk_io[e], kem_io[e] public key, exchange_key,
                   kem_ciphertext, report_data)
    seed_key   = HKDF(shared || kem_secret, H("seed-key", network_id), context, 64)
    envelope   = AES-SIV(seed_key, seed[e], ["seed-envelope", context]): 48 bytes

The X25519 half keeps it safe if ML-KEM falls; the KEM half keeps a recorded chain safe from a
later quantum computer. The newcomer encapsulates, so a holder needs no randomness: every holder
makes equal bytes, and nothing in a confirm is free to choose. Whether the newcomer may have the
seed is decided elsewhere, before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from enclave.crypto.key_schedule import SEED_BYTES, IoKeys
from enclave.crypto.labels import Mode, Name, label
from enclave.crypto.primitives import (
    KEM_CIPHERTEXT_BYTES,
    KEM_SECRET_BYTES,
    SIV_KEY_BYTES,
    SIV_TAG_BYTES,
    ExchangeKey,
    check_length,
    hkdf,
    siv_open,
    siv_seal,
)
from enclave.crypto.transcript import H
from enclave.errors import Code, Refusal

ENVELOPE_BYTES: Final = SIV_TAG_BYTES + SEED_BYTES
REPORT_DATA_BYTES: Final = 64


@dataclass(frozen=True, slots=True)
class SeedContext:
    """Everything public that an envelope is bound to."""

    mode: Mode
    network_id: bytes
    epoch: int
    pk_io: bytes
    kem_io: bytes
    exchange_key: bytes
    kem_ciphertext: bytes
    report_data: bytes

    @property
    def digest(self) -> bytes:
        """`context` of the scheme, 32 bytes."""
        return H(
            label(self.mode, Name.SEED_CONTEXT),
            self.network_id,
            self.epoch,
            self.pk_io,
            self.kem_io,
            self.exchange_key,
            self.kem_ciphertext,
            self.report_data,
        )


def node_id(mode: Mode, exchange_key: bytes) -> bytes:
    """32 bytes: H("node-id", exchange_key)."""
    return H(label(mode, Name.NODE_ID), exchange_key)


def seal_seed(
    seed: bytes, *, keys: IoKeys, exchange_key: bytes, kem_ciphertext: bytes, report_data: bytes
) -> bytes:
    """The holder's side: the 48-byte envelope. The only use of `sk_io` and `kem_io`.

    Raises:
        Refusal: BAD_EXCHANGE_KEY, LOW_ORDER_KEY or BAD_LENGTH.
    """
    check_length("report_data", report_data, REPORT_DATA_BYTES)
    context = SeedContext(
        mode=keys.mode,
        network_id=keys.network_id,
        epoch=keys.epoch,
        pk_io=keys.pk_io,
        kem_io=keys.kem_public,
        exchange_key=exchange_key,
        kem_ciphertext=kem_ciphertext,
        report_data=report_data,
    )
    shared = keys.sk_io.agree(exchange_key)
    kem_secret = keys.kem_io.decapsulate(kem_ciphertext)
    digest = context.digest
    key = _seed_key(context, digest, shared, kem_secret)
    return siv_seal(key, seed, associated=_associated(context, digest))


def open_seed(
    envelope: bytes, *, context: SeedContext, node_key: ExchangeKey, kem_secret: bytes
) -> bytes:
    """The newcomer's side: the 32-byte seed of `context.epoch`.

    Raises:
        Refusal: ENVELOPE_OPEN_FAILED, BAD_LENGTH, BAD_EXCHANGE_KEY or LOW_ORDER_KEY.
    """
    check_length("envelope", envelope, ENVELOPE_BYTES)
    check_length("kem_ciphertext", context.kem_ciphertext, KEM_CIPHERTEXT_BYTES)
    check_length("kem_secret", kem_secret, KEM_SECRET_BYTES)
    digest = context.digest
    key = _seed_key(context, digest, node_key.agree(context.pk_io), kem_secret)
    seed = siv_open(key, envelope, associated=_associated(context, digest))
    if seed is None:
        raise Refusal(
            Code.ENVELOPE_OPEN_FAILED,
            expected="an envelope for this node's keys, network, epoch and report_data",
            found="48 bytes that do not open",
        )
    return seed


def _seed_key(context: SeedContext, digest: bytes, shared: bytes, kem_secret: bytes) -> bytes:
    salt = H(label(context.mode, Name.SEED_KEY), context.network_id)
    return hkdf(shared + kem_secret, salt=salt, info=digest, length=SIV_KEY_BYTES)


def _associated(context: SeedContext, digest: bytes) -> tuple[bytes, bytes]:
    return label(context.mode, Name.SEED_ENVELOPE).encoded, digest
