"""Attack 1: one byte of a quote is changed, at every offset.

In the signed part each change is refused with a named reason. Elsewhere it is refused, or accepted
with exactly the same verdict and identity: there is nothing between.
"""

from __future__ import annotations

import pytest

from enclave.attestation.quote import parse_quote
from enclave.attestation.types import VerifiedReport
from enclave.errors import Code, Refusal
from tests.enclave.attestation.real_evidence import SGX, TDX4, TDX5, Vector

VECTORS = [SGX, TDX4, TDX5]
NAMED = {
    Code.MALFORMED_QUOTE,
    Code.UNSUPPORTED_QUOTE,
    Code.QUOTE_SIGNATURE_INVALID,
}
"""QUOTE_UNVERIFIABLE, "an unknown reason", is not among them."""


def outcome(vector: Vector, quote: bytes) -> VerifiedReport | Code:
    try:
        return vector.verify(quote=quote)
    except Refusal as refusal:
        return refusal.code


def flipped(quote: bytes, offset: int, bits: int) -> bytes:
    return quote[:offset] + bytes([quote[offset] ^ bits]) + quote[offset + 1 :]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_01_each_signed_byte_counts(vector: Vector) -> None:
    quote = vector.quote
    for offset in range(len(parse_quote(quote).signed)):
        found = outcome(vector, flipped(quote, offset, 0x01))
        assert found in NAMED, (offset, found)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_01_elsewhere_a_change_is_refused_or_changes_nothing(vector: Vector) -> None:
    quote, genuine = vector.quote, vector.verify()
    for offset in range(len(parse_quote(quote).signed), len(quote)):
        found = outcome(vector, flipped(quote, offset, 0x01))
        assert isinstance(found, Code) or found == genuine, (offset, found)
        assert found is not Code.QUOTE_UNVERIFIABLE, offset


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_01_the_root_in_the_chain_is_the_trusted_one_byte_for_byte(vector: Vector) -> None:
    """The library lets nearly each of these bytes change."""
    quote = vector.quote
    start = quote.rindex(b"-----BEGIN CERTIFICATE-----") + 28
    body = range(start, quote.rindex(b"\n-----END CERTIFICATE-----"))
    letters = [offset for offset in body if chr(quote[offset]).isalpha()]
    for offset in letters[::7]:
        # Another letter of the base64 alphabet: upper case for lower case.
        assert outcome(vector, flipped(quote, offset, 0x20)) is Code.UNTRUSTED_ROOT, offset


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
@pytest.mark.parametrize("tail", [b"\0", b"{}", b"\xff" * 64], ids=["zero", "json", "block"])
def test_01_no_byte_can_be_added(vector: Vector, tail: bytes) -> None:
    assert outcome(vector, vector.quote + tail) is Code.MALFORMED_QUOTE


@pytest.mark.long
@pytest.mark.parametrize("bit", range(8))
@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_01_each_bit_of_the_quote(vector: Vector, bit: int) -> None:
    quote, genuine = vector.quote, vector.verify()
    signed = len(parse_quote(quote).signed)
    for offset in range(len(quote)):
        found = outcome(vector, flipped(quote, offset, 1 << bit))
        if offset < signed:
            assert found in NAMED, (offset, found)
        else:
            assert isinstance(found, Code) or found == genuine, (offset, found)
