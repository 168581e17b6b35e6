"""RIPEMD-160: its authors' test values, and pycryptodome's opinion."""

from __future__ import annotations

import pytest
from Crypto.Hash import RIPEMD160
from hypothesis import given
from hypothesis import strategies as st

from enclave.crypto.ripemd160 import ripemd160

# From "RIPEMD-160: A Strengthened Version of RIPEMD", appendix B.
PUBLISHED = {
    b"": "9c1185a5c5e9fc54612808977ee8f548b2258d31",
    b"a": "0bdc9d2d256b3ee9daae347be6f4dc835a467ffe",
    b"abc": "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc",
    b"message digest": "5d0689ef49d2fae572b881b123a85ffa21595f36",
    b"abcdefghijklmnopqrstuvwxyz": "f71c27109c692c1b56bbdceb5b9d2865b3708dbc",
    b"1234567890" * 8: "9b752e45573d4b39f4dbd3323cab82bf63326bfb",
}


@pytest.mark.parametrize("message", PUBLISHED)
def test_published_values(message: bytes) -> None:
    assert ripemd160(message).hex() == PUBLISHED[message]


@given(st.binary(max_size=300))
def test_another_implementation_agrees(message: bytes) -> None:
    assert ripemd160(message) == RIPEMD160.new(message).digest()
