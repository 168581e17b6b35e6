"""Attack 22: an invalid curve point, a low-order X25519 key, an all-zero key as newcomer's key.

Each comes with a genuine quote over it, so nothing but the form of the key is wrong. Every u is a
point of Curve25519 or of its twist, so for X25519 "invalid" means an alias or low order; for
Ed25519 it also means no point at all.
"""

from __future__ import annotations

import pytest

from enclave.crypto.primitives import ExchangeKey
from enclave.errors import Code, Refusal
from tests.attacks.forgery import NODE_KEY, Forgery, confirm
from tests.second_opinion import curve25519
from tests.second_opinion.curve25519 import P
from tests.support.enclaves import Node
from tests.support.world import network


def little(number: int) -> bytes:
    return number.to_bytes(32, "little")


LOW_ORDER = {
    "zero": 0,
    "one": 1,
    "minus one": P - 1,
    "order 8": 325606250916557431795983626356110631294008115727848805560023387167927233504,
    "order 8, the other": (
        39382357235489614581723060781553021112529911719440698176882885853963445705823
    ),
}
OWN = int.from_bytes(ExchangeKey(NODE_KEY).public, "little")
ALIASES = {
    "p": P,
    "p + 1": P + 1,
    "p + 9, the base point": P + 9,
    "2^255 - 1": 2**255 - 1,
    "a good key with its top bit set": OWN | 1 << 255,
    "low order with its top bit set": 1 << 255,
}
OUTSIDE_ED25519 = {
    "no point": next(y for y in range(2, 50) if curve25519.edwards_decode(little(y)) is None),
    "neutral": 1,
    "order 2": P - 1,
    "order 4": 0,
    "order 8": 2707385501144840649318225287225658788936804267575313519463743609750303402022,
    "y = p": P,
    "y = p + 1": P + 1,
    "y above p": P + 3,
    "x = 0 with a sign": 1 | 1 << 255,
}


def refused(forgery: Forgery) -> Code:
    """What a holder says; an honest newcomer in the same batch must get its envelope."""
    ledger, (holder,) = network("holder")
    honest = Forgery().newcomer(ledger, Node("honest"))
    attack = forgery.newcomer(ledger, Node("attacker"))
    bad, good = confirm(ledger, holder, attack, honest)
    assert not bad.envelope
    assert not bad.node_id
    assert len(good.envelope) == 48
    return Code(bad.refusal.code)


@pytest.mark.parametrize("number", LOW_ORDER.values(), ids=LOW_ORDER.keys())
def test_22_a_low_order_exchange_key_gets_no_envelope(number: int) -> None:
    assert refused(Forgery(exchange_key=little(number))) is Code.LOW_ORDER_KEY


@pytest.mark.parametrize("number", ALIASES.values(), ids=ALIASES.keys())
def test_22_an_alias_of_an_exchange_key_gets_no_envelope(number: int) -> None:
    """Two encodings of one key would be two node ids of one node."""
    assert refused(Forgery(exchange_key=little(number))) is Code.BAD_EXCHANGE_KEY


@pytest.mark.parametrize("number", OUTSIDE_ED25519.values(), ids=OUTSIDE_ED25519.keys())
def test_22_a_bad_tls_key_gets_no_envelope(number: int) -> None:
    """A small-order key would let one signature pass for many messages."""
    assert refused(Forgery(tls_key=little(number))) is Code.BAD_TLS_KEY


@pytest.mark.parametrize("number", LOW_ORDER.values(), ids=LOW_ORDER.keys())
def test_22_agreement_itself_refuses_low_order_keys(number: int) -> None:
    """Behind gate 1: no caller that forgets the gate gets a shared secret of zeros."""
    with pytest.raises(Refusal) as found:
        ExchangeKey(NODE_KEY).agree(little(number))
    assert found.value.code is Code.LOW_ORDER_KEY


def test_22_a_chain_that_tells_a_low_order_pk_io_opens_nothing() -> None:
    """The other direction: a lying host wants the newcomer to agree with zero."""
    ledger, (holder,) = network("holder")
    newcomer = Node("newcomer")
    ledger.prepare(newcomer)
    ledger.register(newcomer, holder)
    honest = ledger.keys[0].pk_io
    ledger.keys[0].pk_io = bytes(32)
    with pytest.raises(Refusal) as found:
        newcomer.import_seed(ledger.proof(newcomer))
    assert found.value.code is Code.LOW_ORDER_KEY
    ledger.keys[0].pk_io = honest
    assert list(newcomer.import_seed(ledger.proof(newcomer)).epochs) == [0]


@pytest.mark.parametrize("kem_io", [bytes(1183), b"\xff" * 1184], ids=["short", "not reduced"])
def test_22_an_invalid_kem_key_gets_no_ciphertext(kem_io: bytes) -> None:
    """FIPS 203's check of an encapsulation key, where a peer tells it."""
    ledger, _ = network("holder")
    with pytest.raises(Refusal) as found:
        Node("newcomer").create_node_key(ledger.network, kem_io=kem_io)
    assert found.value.code is Code.BAD_KEM_KEY
