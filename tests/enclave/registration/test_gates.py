"""Gate 2 as an enclave runs it: the anchor is of this chain, decided, and not too old."""

from __future__ import annotations

from dataclasses import replace

import pytest

from enclave.attestation.collateral import Collateral
from enclave.errors import Code
from enclave.registration.context import ProvenContext
from enclave.registration.gates import Newcomer, check_state
from enclave.registration.records import Anchor
from enclave.software.issuer import Issuer
from enclave.time import Time
from tests.attacks.attackers import GOOD
from tests.support.enclaves import policy
from tests.support.refusals import refused

HEIGHT, MOST = 200, 100
"""The block, and how many blocks old an anchor may be."""
HASH = b"\x01" * 32
COLLATERAL = Collateral.parse(Issuer(GOOD).collateral)
CONTEXT = ProvenContext(
    network_id=bytes(32),
    height=HEIGHT,
    gate_time=Time(1),
    epoch=0,
    policy=policy(max_quote_age_blocks=MOST),
    network_keys=(),
    anchors={height: Anchor(height, HASH, Time(1)) for height in range(1, HEIGHT)},
    machines=frozenset(),
)


def newcomer(anchor_height: int, anchor_hash: bytes = HASH) -> Newcomer:
    """One that binds this header."""
    return Newcomer(
        operator=bytes(20),
        exchange_key=bytes(32),
        kem_ciphertext=bytes(1088),
        epoch=0,
        anchor_height=anchor_height,
        anchor_hash=anchor_hash,
        tls_key=bytes(32),
        quote=b"",
        collateral=COLLATERAL,
    )


@pytest.mark.parametrize("anchor_height", [HEIGHT - MOST, HEIGHT - 2])
def test_the_oldest_and_the_newest_anchor_pass(anchor_height: int) -> None:
    check_state(newcomer(anchor_height), context=CONTEXT)


def test_an_anchor_that_the_state_of_two_blocks_before_does_not_have_is_unknown() -> None:
    """Section 5: anchor_height <= h-2, in the chain and in every enclave."""
    with refused(Code.UNKNOWN_ANCHOR):
        check_state(newcomer(HEIGHT - 1), context=CONTEXT)


def test_a_header_of_another_chain_is_unknown() -> None:
    with refused(Code.UNKNOWN_ANCHOR):
        check_state(newcomer(HEIGHT - 2, bytes(32)), context=CONTEXT)


def test_an_anchor_that_was_not_proven_is_unknown() -> None:
    with refused(Code.UNKNOWN_ANCHOR):
        check_state(newcomer(HEIGHT - 2), context=replace(CONTEXT, anchors={}))


def test_an_anchor_that_is_a_block_too_old_is_stale() -> None:
    with refused(Code.STALE_QUOTE):
        check_state(newcomer(HEIGHT - MOST - 1), context=CONTEXT)
