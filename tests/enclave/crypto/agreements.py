"""One seed agreement drawn at random, for the laws of the envelope.

Both sides are the product's; only the encapsulation is the second opinion's, because it takes its
randomness as an argument and so repeats.
"""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from enclave.crypto.key_schedule import IoKeys, derive_io_keys
from enclave.crypto.labels import Mode
from enclave.crypto.primitives import ExchangeKey
from enclave.crypto.seed_envelope import SeedContext, open_seed, seal_seed
from enclave.crypto.transcript import MAX_INTEGER
from tests.second_opinion import primitives as second

MODES = st.sampled_from(Mode)
SECRETS = st.binary(min_size=32, max_size=32)
EPOCHS = st.integers(0, MAX_INTEGER - 1) | st.integers(0, 3)


@dataclass(frozen=True, slots=True)
class Agreement:
    """Everything that a holder and a newcomer bring."""

    mode: Mode
    network_id: bytes
    epoch: int
    seed: bytes
    node_key: bytes
    randomness: bytes
    report_data: bytes

    def keys(self) -> IoKeys:
        """The holder's keys."""
        return derive_io_keys(
            self.seed, mode=self.mode, network_id=self.network_id, epoch=self.epoch
        )

    def encapsulated(self) -> tuple[bytes, bytes]:
        """The newcomer's (kem_secret, kem_ciphertext)."""
        return second.ml_kem_encapsulate(self.keys().kem_public, self.randomness)


@dataclass(frozen=True, slots=True)
class Sealed:
    """An agreement with its envelope, and all that opening takes."""

    agreement: Agreement
    keys: IoKeys
    kem_secret: bytes
    context: SeedContext
    envelope: bytes

    def open(self) -> bytes:
        """The newcomer's side."""
        return open_seed(
            self.envelope,
            context=self.context,
            node_key=ExchangeKey(self.agreement.node_key),
            kem_secret=self.kem_secret,
        )


def seal(agreement: Agreement) -> Sealed:
    """The holder's side, and the context that the newcomer builds for itself."""
    keys = agreement.keys()
    kem_secret, kem_ciphertext = agreement.encapsulated()
    exchange_key = ExchangeKey(agreement.node_key).public
    envelope = seal_seed(
        agreement.seed,
        keys=keys,
        exchange_key=exchange_key,
        kem_ciphertext=kem_ciphertext,
        report_data=agreement.report_data,
    )
    context = SeedContext(
        mode=agreement.mode,
        network_id=agreement.network_id,
        epoch=agreement.epoch,
        pk_io=keys.pk_io,
        kem_io=keys.kem_public,
        exchange_key=exchange_key,
        kem_ciphertext=kem_ciphertext,
        report_data=agreement.report_data,
    )
    return Sealed(agreement, keys, kem_secret, context, envelope)


def agreements() -> st.SearchStrategy[Agreement]:
    """Any mode, network, epoch and keys."""
    return st.builds(
        Agreement,
        mode=MODES,
        network_id=SECRETS,
        epoch=EPOCHS,
        seed=SECRETS,
        node_key=SECRETS,
        randomness=SECRETS,
        report_data=st.binary(min_size=64, max_size=64),
    )


def flips(data: bytes) -> st.SearchStrategy[bytes]:
    """`data` with one bit changed."""
    return st.integers(0, 8 * len(data) - 1).map(lambda bit: flip(data, bit))


def flip(data: bytes, bit: int) -> bytes:
    """`data` with the bit at this place changed."""
    changed = int.from_bytes(data, "big") ^ 1 << bit
    return changed.to_bytes(len(data), "big")
