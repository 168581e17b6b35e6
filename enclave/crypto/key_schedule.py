"""From a consensus seed to the network's keys (protocol.md section 3).

    salt       = H("salt", network_id)
    sk_io[e]   = HKDF(seed[e], salt, H("io-x25519", e), 32)
    kem_io[e]  = ML-KEM-768 key from HKDF(seed[e], salt, H("io-mlkem768", e), 64)
    prev_seed[e] = AES-SIV(HKDF(seed[e], salt, H("prev-seed", e), 64), seed[e-1],
                   ["prev-seed", H("prev-seed", network_id, e, pk_io[e-1], pk_io[e])])

Every derivation is bound to one mode, one network and one epoch. What may be done with the keys
is not decided here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from enclave.crypto.labels import Mode, Name, label
from enclave.crypto.primitives import (
    KEM_SEED_BYTES,
    KEY_BYTES,
    SIV_KEY_BYTES,
    SIV_TAG_BYTES,
    ExchangeKey,
    KemKey,
    hkdf,
    siv_open,
    siv_seal,
)
from enclave.crypto.transcript import H
from enclave.errors import Code, Refusal

SEED_BYTES: Final = 32
NETWORK_ID_BYTES: Final = 32
PREV_SEED_BYTES: Final = SIV_TAG_BYTES + SEED_BYTES


@dataclass(frozen=True, slots=True, repr=False)
class IoKeys:
    """The network's keys of one epoch, private halves included. Never leaves the enclave."""

    mode: Mode
    network_id: bytes
    epoch: int
    sk_io: ExchangeKey
    kem_io: KemKey

    @property
    def pk_io(self) -> bytes:
        """32 bytes, public."""
        return self.sk_io.public

    @property
    def kem_public(self) -> bytes:
        """1,184 bytes, public."""
        return self.kem_io.public


def derive_io_keys(seed: bytes, *, mode: Mode, network_id: bytes, epoch: int) -> IoKeys:
    """The keys of `epoch` from its 32-byte seed."""
    x25519 = _derive(
        seed, Name.IO_X25519, mode=mode, network_id=network_id, epoch=epoch, length=KEY_BYTES
    )
    mlkem = _derive(
        seed, Name.IO_MLKEM768, mode=mode, network_id=network_id, epoch=epoch, length=KEM_SEED_BYTES
    )
    return IoKeys(
        mode=mode,
        network_id=network_id,
        epoch=epoch,
        sk_io=ExchangeKey(x25519),
        kem_io=KemKey(mlkem),
    )


def seal_previous_seed(
    seed: bytes, previous: bytes, *, keys: IoKeys, previous_pk_io: bytes
) -> bytes:
    """48 public bytes in which the holder of `seed` (the epoch of `keys`) finds `previous`."""
    return siv_seal(
        _previous_seed_key(seed, keys),
        previous,
        associated=_previous_seed_associated(keys, previous_pk_io),
    )


def open_previous_seed(seed: bytes, sealed: bytes, *, keys: IoKeys, previous_pk_io: bytes) -> bytes:
    """The seed of epoch - 1, checked by deriving its pk_io.

    Raises:
        Refusal: PREVIOUS_SEED_OPEN_FAILED.
    """
    refused = Refusal(
        Code.PREVIOUS_SEED_OPEN_FAILED,
        expected=f"a prev_seed of epoch {keys.epoch} that opens to the seed of pk_io "
        f"{previous_pk_io.hex()}",
        found=f"{len(sealed)} bytes that do not",
    )
    if keys.epoch == 0 or len(sealed) != PREV_SEED_BYTES:
        raise refused
    previous = siv_open(
        _previous_seed_key(seed, keys),
        sealed,
        associated=_previous_seed_associated(keys, previous_pk_io),
    )
    if previous is None:
        raise refused
    derived = derive_io_keys(
        previous, mode=keys.mode, network_id=keys.network_id, epoch=keys.epoch - 1
    )
    if derived.pk_io != previous_pk_io:
        raise refused
    return previous


def _derive(
    seed: bytes, name: Name, *, mode: Mode, network_id: bytes, epoch: int, length: int
) -> bytes:
    salt = H(label(mode, Name.SALT), network_id)
    return hkdf(seed, salt=salt, info=H(label(mode, name), epoch), length=length)


def _previous_seed_key(seed: bytes, keys: IoKeys) -> bytes:
    return _derive(
        seed,
        Name.PREV_SEED,
        mode=keys.mode,
        network_id=keys.network_id,
        epoch=keys.epoch,
        length=SIV_KEY_BYTES,
    )


def _previous_seed_associated(keys: IoKeys, previous_pk_io: bytes) -> tuple[bytes, bytes]:
    entry = label(keys.mode, Name.PREV_SEED)
    context = H(entry, keys.network_id, keys.epoch, previous_pk_io, keys.pk_io)
    return entry.encoded, context
