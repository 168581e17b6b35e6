"""Attack 2: report_data binds another public key than the register shows.

A genuine quote of an honest newcomer, taken from the mempool, with one field replaced by the
attacker's. For each field that the quote binds, and for all at once.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from enclave.crypto.primitives import ExchangeKey, ed25519_public
from enclave.errors import Code
from seedpact.enclave.v1 import service_pb2 as pb
from tests.attacks.attackers import holder_of, verdict
from tests.attacks.forgery import NODE_KEY, RANDOMNESS, TLS_SEED, Forgery, confirm
from tests.second_opinion import primitives as second
from tests.support.enclaves import Node
from tests.support.world import Ledger

Change = Callable[[Ledger, pb.Newcomer], object]


def exchange_key(_: Ledger, register: pb.Newcomer) -> None:
    register.exchange_key = ExchangeKey(NODE_KEY[::-1]).public


def kem_ciphertext(ledger: Ledger, register: pb.Newcomer) -> None:
    kem_io = ledger.keys[-1].kem_io
    register.kem_ciphertext = second.ml_kem_encapsulate(kem_io, RANDOMNESS[::-1])[1]


def tls_key(_: Ledger, register: pb.Newcomer) -> None:
    register.tls_key = ed25519_public(TLS_SEED[::-1])


def operator(_: Ledger, register: pb.Newcomer) -> None:
    register.operator = register.operator[::-1]


def anchor(ledger: Ledger, register: pb.Newcomer) -> None:
    """Another true header of the chain: only the quote says that it was not this one."""
    other = ledger.anchor(register.anchor_height - 1)
    register.anchor_height, register.anchor_hash = other.height, other.hash


CHANGES = [exchange_key, kem_ciphertext, tls_key, operator, anchor]


@pytest.mark.parametrize("change", CHANGES)
def test_02_a_field_that_the_quote_does_not_bind_gets_no_envelope(change: Change) -> None:
    ledger, holder = holder_of()
    register, collateral = Forgery().newcomer(ledger, Node("honest"))
    (confirmation,) = confirm(ledger, holder, (register, collateral))
    assert verdict(confirmation) is None
    change(ledger, register)
    (confirmation,) = confirm(ledger, holder, (register, collateral))
    assert verdict(confirmation) is Code.REPORT_DATA_MISMATCH


def test_02_an_attacker_with_all_its_own_fields_gets_no_envelope_by_anothers_quote() -> None:
    ledger, holder = holder_of()
    honest, collateral = Forgery().newcomer(ledger, Node("honest"))
    attacker, _ = Forgery(
        exchange_key=ExchangeKey(NODE_KEY[::-1]).public, tls_key=ed25519_public(TLS_SEED[::-1])
    ).newcomer(ledger, Node("attacker"))
    attacker.quote = honest.quote
    (confirmation,) = confirm(ledger, holder, (attacker, collateral))
    assert verdict(confirmation) is Code.REPORT_DATA_MISMATCH
