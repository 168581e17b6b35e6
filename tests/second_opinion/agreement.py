"""The seed agreement in the order of docs/spec/protocol.md: sections 3, 5, 7, 8 and 9.

Every function takes the mode first: it chooses the registry of labels. Integers are Python's,
keys and hashes are bytes. Nothing here decides policy; opening raises ValueError.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.second_opinion import primitives
from tests.second_opinion.transcript import H512, H, label_text


@dataclass(frozen=True, slots=True)
class Registration:
    """The public values of one MsgRegisterNode that the quote binds (section 5)."""

    operator: bytes
    exchange_key: bytes
    kem_ciphertext: bytes
    epoch: int
    anchor_height: int
    anchor_hash: bytes
    tls_key: bytes


# Section 3: the keys of an epoch.


def key_salt(mode: str, network_id: bytes) -> bytes:
    """The salt of every key that is derived from a seed."""
    return H(mode, "salt", network_id)


def sk_io(mode: str, network_id: bytes, epoch: int, seed: bytes) -> bytes:
    """The network's X25519 private key of an epoch, 32 bytes."""
    salt = key_salt(mode, network_id)
    return primitives.hkdf(seed, salt, H(mode, "io-x25519", epoch), 32)


def kem_io_seed(mode: str, network_id: bytes, epoch: int, seed: bytes) -> bytes:
    """The 64-byte FIPS 203 key seed of the network's ML-KEM-768 key of an epoch."""
    salt = key_salt(mode, network_id)
    return primitives.hkdf(seed, salt, H(mode, "io-mlkem768", epoch), 64)


def pk_io(mode: str, network_id: bytes, epoch: int, seed: bytes) -> bytes:
    """The network's X25519 public key of an epoch."""
    return primitives.x25519_public(sk_io(mode, network_id, epoch, seed))


def kem_io(mode: str, network_id: bytes, epoch: int, seed: bytes) -> bytes:
    """The network's ML-KEM-768 encapsulation key of an epoch, 1,184 bytes."""
    return primitives.ml_kem_public(kem_io_seed(mode, network_id, epoch, seed))


def prev_seed_key(mode: str, network_id: bytes, epoch: int, seed: bytes) -> bytes:
    """The AES-SIV key under which epoch `epoch` holds the seed before it."""
    salt = key_salt(mode, network_id)
    return primitives.hkdf(seed, salt, H(mode, "prev-seed", epoch), 64)


def prev_seed_associated_data(
    mode: str, network_id: bytes, epoch: int, *, pk_before: bytes, pk_now: bytes
) -> list[bytes]:
    """The label's text and the hash over network, epoch and both I/O keys."""
    bound = H(mode, "prev-seed", network_id, epoch, pk_before, pk_now)
    return [label_text(mode, "prev-seed"), bound]


def seal_prev_seed(
    mode: str, network_id: bytes, epoch: int, *, seed: bytes, seed_before: bytes
) -> bytes:
    """`prev_seed[epoch]`: the seed of `epoch - 1` under the seed of `epoch`, 48 bytes."""
    data = prev_seed_associated_data(
        mode,
        network_id,
        epoch,
        pk_before=pk_io(mode, network_id, epoch - 1, seed_before),
        pk_now=pk_io(mode, network_id, epoch, seed),
    )
    key = prev_seed_key(mode, network_id, epoch, seed)
    return primitives.aes_siv_seal(key, seed_before, data)


def open_prev_seed(
    mode: str, network_id: bytes, epoch: int, *, seed: bytes, sealed: bytes, pk_before: bytes
) -> bytes:
    """The seed of `epoch - 1`. Raises ValueError unless it also derives `pk_before`."""
    data = prev_seed_associated_data(
        mode, network_id, epoch, pk_before=pk_before, pk_now=pk_io(mode, network_id, epoch, seed)
    )
    key = prev_seed_key(mode, network_id, epoch, seed)
    before = primitives.aes_siv_open(key, sealed, data)
    if pk_io(mode, network_id, epoch - 1, before) != pk_before:
        raise ValueError("the older seed does not derive the older pk_io")
    return before


# Section 5 and 9: report_data by purpose.


def register_report_data(mode: str, network_id: bytes, registration: Registration) -> bytes:
    """The 64 bytes that a newcomer's quote carries."""
    return H512(
        mode,
        "report-data",
        "register",
        network_id,
        registration.operator,
        registration.exchange_key,
        registration.kem_ciphertext,
        registration.epoch,
        registration.anchor_height,
        registration.anchor_hash,
        registration.tls_key,
    )


def bootstrap_report_data(
    mode: str,
    network_id: bytes,
    *,
    exchange_key: bytes,
    pk_io: bytes,
    kem_io: bytes,
    tls_key: bytes,
) -> bytes:
    """The 64 bytes that the bootstrap enclave's quote carries."""
    return H512(mode, "report-data", "bootstrap", network_id, exchange_key, pk_io, kem_io, tls_key)


# Section 7: confirm.


def node_id(mode: str, exchange_key: bytes) -> bytes:
    """The name of a node, 32 bytes."""
    return H(mode, "node-id", exchange_key)


def seed_context(
    mode: str,
    network_id: bytes,
    epoch: int,
    *,
    pk_io: bytes,
    kem_io: bytes,
    exchange_key: bytes,
    kem_ciphertext: bytes,
    report_data: bytes,
) -> bytes:
    """Everything that one envelope is bound to, 32 bytes."""
    return H(
        mode,
        "seed-context",
        network_id,
        epoch,
        pk_io,
        kem_io,
        exchange_key,
        kem_ciphertext,
        report_data,
    )


def seed_key(
    mode: str, network_id: bytes, *, shared: bytes, kem_secret: bytes, context: bytes
) -> bytes:
    """One registration's symmetric key, 64 bytes."""
    salt = H(mode, "seed-key", network_id)
    return primitives.hkdf(shared + kem_secret, salt, context, 64)


def envelope_associated_data(mode: str, context: bytes) -> list[bytes]:
    """Exactly two components: the label's text and the context."""
    return [label_text(mode, "seed-envelope"), context]


def seal_envelope(
    mode: str,
    network_id: bytes,
    epoch: int,
    *,
    seed: bytes,
    exchange_key: bytes,
    kem_ciphertext: bytes,
    report_data: bytes,
) -> bytes:
    """The holder's side: 48 bytes, the same in every enclave."""
    context = seed_context(
        mode,
        network_id,
        epoch,
        pk_io=pk_io(mode, network_id, epoch, seed),
        kem_io=kem_io(mode, network_id, epoch, seed),
        exchange_key=exchange_key,
        kem_ciphertext=kem_ciphertext,
        report_data=report_data,
    )
    key = seed_key(
        mode,
        network_id,
        shared=primitives.x25519(sk_io(mode, network_id, epoch, seed), exchange_key),
        kem_secret=primitives.ml_kem_decapsulate(
            kem_io_seed(mode, network_id, epoch, seed), kem_ciphertext
        ),
        context=context,
    )
    return primitives.aes_siv_seal(key, seed, envelope_associated_data(mode, context))


# Section 8.3: import.


def open_envelope(
    mode: str,
    network_id: bytes,
    epoch: int,
    *,
    node_key: bytes,
    kem_secret: bytes,
    kem_ciphertext: bytes,
    pk_io: bytes,
    kem_io: bytes,
    report_data: bytes,
    envelope: bytes,
) -> bytes:
    """The newcomer's side: the seed, 32 bytes. Raises ValueError when the envelope is not its own.

    The caller still compares the keys derived from the seed with the proven ones.
    """
    context = seed_context(
        mode,
        network_id,
        epoch,
        pk_io=pk_io,
        kem_io=kem_io,
        exchange_key=primitives.x25519_public(node_key),
        kem_ciphertext=kem_ciphertext,
        report_data=report_data,
    )
    key = seed_key(
        mode,
        network_id,
        shared=primitives.x25519(node_key, pk_io),
        kem_secret=kem_secret,
        context=context,
    )
    return primitives.aes_siv_open(key, envelope, envelope_associated_data(mode, context))
