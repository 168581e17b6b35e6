"""Laws of the keys that come from a seed (docs/spec/protocol.md section 3)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from enclave.crypto.key_schedule import (
    PREV_SEED_BYTES,
    derive_io_keys,
    open_previous_seed,
    seal_previous_seed,
)
from enclave.crypto.labels import Mode
from enclave.crypto.transcript import MAX_INTEGER
from enclave.errors import Code, Refusal
from tests.enclave.crypto.agreements import MODES, SECRETS, flips
from tests.second_opinion import agreement as second


@dataclass(frozen=True, slots=True)
class Opening:
    """All that opening a prev_seed takes."""

    seed: bytes
    sealed: bytes
    mode: Mode
    network_id: bytes
    epoch: int
    pk_before: bytes

    def open(self) -> bytes:
        """The seed before."""
        keys = derive_io_keys(
            self.seed, mode=self.mode, network_id=self.network_id, epoch=self.epoch
        )
        return open_previous_seed(self.seed, self.sealed, keys=keys, previous_pk_io=self.pk_before)

    def refuses(self) -> None:
        """Asserts that it does not open."""
        with pytest.raises(Refusal) as refused:
            self.open()
        assert refused.value.code is Code.PREVIOUS_SEED_OPEN_FAILED


@dataclass(frozen=True, slots=True)
class Link:
    """Two epochs of one network."""

    mode: Mode
    network_id: bytes
    epoch: int
    before: bytes
    seed: bytes

    def pk_before(self) -> bytes:
        """pk_io of the older epoch."""
        keys = derive_io_keys(
            self.before, mode=self.mode, network_id=self.network_id, epoch=self.epoch - 1
        )
        return keys.pk_io

    def sealed(self, before: bytes) -> Opening:
        """`before` under the newer seed, as if it were the older one."""
        keys = derive_io_keys(
            self.seed, mode=self.mode, network_id=self.network_id, epoch=self.epoch
        )
        pk_before = self.pk_before()
        sealed = seal_previous_seed(self.seed, before, keys=keys, previous_pk_io=pk_before)
        return Opening(self.seed, sealed, self.mode, self.network_id, self.epoch, pk_before)


LINKS = st.builds(
    Link,
    mode=MODES,
    network_id=SECRETS,
    epoch=st.integers(1, MAX_INTEGER - 1),
    before=SECRETS,
    seed=SECRETS,
)


@given(SECRETS, SECRETS, st.integers(0, 2**64 - 1))
def test_every_mode_network_and_epoch_has_its_own_keys(
    seed: bytes, network_id: bytes, epoch: int
) -> None:
    """One seed, four settings that differ in one thing each: eight different public keys."""
    other_epoch = epoch ^ 1
    other_network = bytes([network_id[0] ^ 1]) + network_id[1:]
    settings = [
        (Mode.HARDWARE, network_id, epoch),
        (Mode.SOFTWARE, network_id, epoch),
        (Mode.HARDWARE, other_network, epoch),
        (Mode.HARDWARE, network_id, other_epoch),
    ]
    keys = [derive_io_keys(seed, mode=m, network_id=n, epoch=e) for m, n, e in settings]
    assert len({key.pk_io for key in keys} | {key.kem_public for key in keys}) == 8


@given(LINKS)
def test_the_newest_seed_opens_the_one_before(link: Link) -> None:
    """prev_seed is public, deterministic, and opens for the holder of the next seed."""
    opening = link.sealed(link.before)
    assert opening == link.sealed(link.before)
    assert len(opening.sealed) == PREV_SEED_BYTES == 48
    assert opening.open() == link.before


@given(LINKS, st.data())
def test_any_change_closes_prev_seed(link: Link, data: st.DataObject) -> None:
    """Seed, sealed bytes, mode, network, epoch and the older pk_io all count."""
    opening = link.sealed(link.before)
    other = Mode.SOFTWARE if link.mode is Mode.HARDWARE else Mode.HARDWARE
    replace(opening, mode=other).refuses()
    replace(opening, seed=data.draw(flips(opening.seed))).refuses()
    replace(opening, sealed=data.draw(flips(opening.sealed))).refuses()
    replace(opening, network_id=data.draw(flips(opening.network_id))).refuses()
    replace(opening, pk_before=data.draw(flips(opening.pk_before))).refuses()
    replace(opening, epoch=link.epoch + 1).refuses()
    replace(opening, epoch=link.epoch - 1).refuses()
    replace(opening, sealed=b"").refuses()
    replace(opening, sealed=opening.sealed[:-1]).refuses()
    replace(opening, sealed=opening.sealed + b"\0").refuses()


@given(LINKS, SECRETS)
def test_a_sealed_seed_that_is_not_the_old_one_is_refused(link: Link, lie: bytes) -> None:
    """It opens, but does not derive the older pk_io."""
    assume(lie != link.before)
    link.sealed(lie).refuses()


@given(LINKS)
def test_nothing_comes_before_epoch_zero(link: Link) -> None:
    """Not even what the holder of its seed has sealed."""
    keys = derive_io_keys(link.seed, mode=link.mode, network_id=link.network_id, epoch=0)
    sealed = seal_previous_seed(link.seed, link.before, keys=keys, previous_pk_io=keys.pk_io)
    Opening(link.seed, sealed, link.mode, link.network_id, 0, keys.pk_io).refuses()


@given(LINKS)
def test_a_previous_seed_has_32_bytes(link: Link) -> None:
    """A shorter one opens and has keys of its own, but is no seed."""
    replace(link, before=link.before[1:]).sealed(link.before[1:]).refuses()


def test_epoch_zero_has_no_previous_seed() -> None:
    Opening(b"s" * 32, bytes(48), Mode.HARDWARE, bytes(32), 0, bytes(32)).refuses()


def test_private_keys_do_not_show_in_text() -> None:
    """A traceback or a log line that prints the keys prints neither the seed nor what it gives."""
    seed = b"a seed that nobody may ever see."
    keys = derive_io_keys(seed, mode=Mode.HARDWARE, network_id=bytes(32), epoch=0)
    secrets = (
        seed,
        second.sk_io("hardware", bytes(32), 0, seed),
        second.kem_io_seed("hardware", bytes(32), 0, seed),
    )
    shown = repr(keys) + repr(keys.sk_io) + repr(keys.kem_io)
    for secret in secrets:
        assert secret.hex() not in shown
        assert repr(secret) not in shown
