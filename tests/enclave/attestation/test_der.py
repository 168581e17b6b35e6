"""DER: known encodings of X.690, and a reader of another make that reads what we wrote."""

from __future__ import annotations

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from enclave.attestation import der


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (0, "020100"),
        (127, "02017f"),
        (128, "02020080"),
        (255, "020200ff"),
        (256, "02020100"),
        (32_767, "02027fff"),
        (32_768, "0203008000"),
    ],
)
def test_integers_keep_their_sign_bit_clear(value: int, encoded: str) -> None:
    assert der.integer(value).hex() == encoded


@pytest.mark.parametrize(
    ("size", "head"),
    [(0, "0400"), (127, "047f"), (128, "048180"), (255, "0481ff"), (256, "04820100")],
)
def test_lengths_are_the_shortest(size: int, head: str) -> None:
    assert der.octet_string(bytes(size)).hex() == head + "00" * size


def test_other_types() -> None:
    assert der.boolean(value=True).hex() == "0101ff"
    assert der.boolean(value=False).hex() == "010100"
    assert der.enumerated(200).hex() == "0a0200c8"
    assert der.object_identifier("1.2.840.113741.1.13.1").hex() == "06092a864886f84d010d01"
    assert der.sequence(der.boolean(value=True), der.integer(1)).hex() == "30060101ff020101"


def test_negative_integers_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="negative"):
        der.integer(-1)


@given(st.integers(0, 2**64))
def test_law_integers_come_back(value: int) -> None:
    content = der.integer(value)[2:]
    assert int.from_bytes(content, "big", signed=True) == value
    # Shortest: no octet could be dropped without changing the sign.
    assert len(content) == 1 or content[0] or content[1] & 0x80


@given(st.lists(st.integers(0, 2**40), min_size=1, max_size=6))
def test_law_object_identifiers_come_back(arcs: list[int]) -> None:
    dotted = ".".join(map(str, (1, 2, *arcs)))
    encoded = der.object_identifier(dotted)
    # `cryptography` writes an OID with its own encoder, here as an extended key usage.
    usage = x509.ExtendedKeyUsage([x509.ObjectIdentifier(dotted)])
    assert usage.public_bytes() == der.sequence(encoded)
