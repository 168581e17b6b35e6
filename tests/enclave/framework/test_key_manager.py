"""What is kept belongs together, and what is derived is of what is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from enclave.crypto.key_schedule import derive_io_keys
from enclave.crypto.labels import Mode
from enclave.errors import Code
from enclave.framework.key_manager import KeyManager
from enclave.framework.sealed_state import Entropy as Random
from enclave.framework.sealed_values import SEED_KEYS, QuoteEntry
from enclave.framework.store import TransactionalStore
from enclave.registration.network import network_id
from tests.support.enclaves import Entropy, inputs
from tests.support.headers import HeaderChain
from tests.support.refusals import entries, refused
from tests.support.world import Ledger, confirmed_newcomer, network

ONE, TWO = bytes(32), b"\x01" * 32
SEED = SEED_KEYS + bytes(8)


def manager(
    kept: Mapping[bytes, bytes] | None = None, *, entropy: Random | None = None
) -> KeyManager:
    """One over these entries."""
    store = TransactionalStore(kept or {})
    return KeyManager(store, mode=Mode.SOFTWARE, entropy=entropy or Entropy("keys"))


def first_seed(keys: KeyManager, chain_id: str) -> None:
    """A bootstrap, whatever was held before."""
    keys.create_node(inputs(chain_id))
    keys.create_first_seed()


class TestDerivedKeys:
    """A refused bootstrap or import leaves derived keys behind."""

    def check(self, keys: KeyManager, chain_id: str) -> None:
        of_seed = derive_io_keys(
            keys.seed(0), mode=Mode.SOFTWARE, network_id=network_id(inputs(chain_id)), epoch=0
        )
        assert keys.io_keys(0).pk_io == of_seed.pk_io

    def test_another_seed_of_the_network_has_its_own(self) -> None:
        keys = manager()
        for _ in range(2):
            first_seed(keys, "seedpact-test-1")
            self.check(keys, "seedpact-test-1")

    def test_one_seed_told_for_two_networks_has_two(self) -> None:
        keys = manager(entropy=bytes)
        for chain_id in ("seedpact-test-1", "seedpact-test-2"):
            first_seed(keys, chain_id)
            self.check(keys, chain_id)


def test_only_quotes_of_the_very_anchor_are_led_by_it() -> None:
    """Else a header of the true chain would stand for a root that a liar told."""
    keys = manager()
    keys.create_node(inputs())
    bound = QuoteEntry(5, ONE, bytes(64), ONE)
    for entry in (bound, replace(bound, anchor_hash=TWO), replace(bound, anchor_height=6)):
        keys.add_quote(entry)
    header = HeaderChain(chain_id="seedpact-test-1", first=7).add(
        app_hash=bytes(32), time=Ledger().time(1)
    )
    keys.trust_quote_header(bound, header)
    assert [entry.header for entry in keys.quotes()] == [header, None, None]


def test_a_kem_secret_that_was_never_made_is_missing() -> None:
    keys = manager()
    with refused(Code.KEM_SECRET_MISSING):
        keys.ensure_kem_secret(0, b"")


def test_a_newcomers_tls_key_is_that_of_its_newest_quote() -> None:
    ledger, _, node = confirmed_newcomer()
    quoted = node.make_quote(ledger.purpose()).tls_key
    assert node.info().tls_key == quoted


class TestCheck:
    """What was sealed as one state is loaded as one, or not at all."""

    def test_the_entries_of_a_state_pass(self) -> None:
        keys = manager()
        keys.check()
        keys.create_node(inputs())
        keys.check()
        keys.create_first_seed()
        keys.check()

    @pytest.mark.parametrize("missing", [b"network", b"node_key", b"trust", b"tls_key", SEED])
    def test_a_holders_without_one_of_them_are_refused(self, missing: bytes) -> None:
        """Without its node_key a holder would look EMPTY, and bootstrap another seed."""
        _, (founder,) = network("founder")
        kept = dict(entries(founder))
        del kept[missing]
        with refused(Code.SEALED_MALFORMED):
            manager(kept).check()

    def test_an_entry_that_no_state_has_is_refused(self) -> None:
        _, (founder,) = network("founder")
        with refused(Code.SEALED_MALFORMED):
            manager({**entries(founder), b"other": b""}).check()
