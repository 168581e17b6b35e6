"""What all modules share: addresses, names and numbers of refusals, strict protobuf."""

from __future__ import annotations

import bech32
import pytest
from cosmpy.crypto.address import Address
from cosmpy.protos.cosmos.base.v1beta1.coin_pb2 import Coin
from hypothesis import example, given
from hypothesis import strategies as st

from chain_module.address import VALIDATOR_PREFIX, from_text, to_text
from chain_module.bank.errors import BankReason
from chain_module.errors import SdkReason, TxRefusal
from chain_module.wire import decode, encode
from tests.support.refusals import tx_refused

addresses = st.binary(min_size=20, max_size=20)


@given(addresses, st.sampled_from(["seed", VALIDATOR_PREFIX]))
def test_an_address_is_read_back(address: bytes, prefix: str) -> None:
    text = to_text(address, prefix=prefix)
    assert text == str(Address(address, prefix=prefix))
    assert from_text(text, prefix=prefix) == address


@given(addresses, st.integers(0, 42), st.sampled_from("qpzry9x8gf2tvdw0s3jn54khce6mua7lb1AQ "))
def test_a_changed_character_is_refused(address: bytes, at: int, character: str) -> None:
    text = to_text(address)
    changed = text[:at] + character + text[at + 1 :]
    if changed != text:
        with tx_refused(SdkReason.INVALID_ADDRESS):
            from_text(changed)


@st.composite
def near_addresses(draw: st.DrawFn) -> str:
    """Texts of addresses, with other cases, prefixes, lengths, checksums and characters."""
    size = draw(st.sampled_from([20, 20, 20, 19, 21]))
    groups = bech32.convertbits(draw(st.binary(min_size=size, max_size=size)), 8, 5) or ()
    text = str(bech32.bech32_encode(draw(st.sampled_from(["seed", "see", "seed1", ""])), groups))
    at, count = draw(st.integers(0, len(text))), draw(st.sampled_from([0, 0, 1, 2]))
    inserted = draw(
        st.text(st.sampled_from("q1lbAQ_-+ \t\0\u0660\u0665\uff11") | st.characters(), max_size=2)
    )
    text = text[:at] + inserted + text[at + count :]
    return draw(st.sampled_from([text, text, text.upper(), text.title()]))


@example("")
@example("seed1" + "q" * 31 + "-qqqqqq")
@example("seed1_" + to_text(bytes(20))[6:])
@example(to_text(bytes(range(20))).upper())
@example(to_text(bytes(20)).replace("seed", "Seed"))
@example(to_text(bytes(20))[:-1] + "q")
@example(to_text(bytes(20))[:-7] + "p" + to_text(bytes(20))[-6:])
@given(near_addresses() | addresses.map(to_text) | st.text(max_size=50))
def test_the_library_reads_the_same_addresses(text: str) -> None:
    """All of its rules, and ours: the prefix, 20 bytes, no padding that is not zero, lower case."""
    prefix, groups = bech32.bech32_decode(text)
    data = None if groups is None else bech32.convertbits(groups, 5, 8, pad=False)
    good = prefix == "seed" and data is not None and len(data) == 20 and text == text.lower()
    if good:
        assert from_text(text) == bytes(data or ())
    else:
        with tx_refused(SdkReason.INVALID_ADDRESS):
            from_text(text)


@pytest.mark.parametrize("length", [0, 19, 21, 32])
def test_an_address_has_20_bytes(length: int) -> None:
    with pytest.raises(ValueError, match="20 bytes"):
        to_text(bytes(length))
    with tx_refused(SdkReason.INVALID_ADDRESS):
        from_text(str(bech32.bech32_encode("seed", bech32.convertbits(bytes(length), 8, 5) or ())))


def test_the_prefix_counts() -> None:
    with tx_refused(SdkReason.INVALID_ADDRESS):
        from_text(to_text(bytes(20), prefix=VALIDATOR_PREFIX))


def test_numbers_are_those_of_the_cosmos_sdk() -> None:
    """From types/errors/errors.go and x/bank/types/errors.go."""
    assert {entry.reason.name: entry.reason.code for entry in SdkReason} == {
        "tx_parse_error": 2, "unauthorized": 4, "insufficient_funds": 5, "unknown_request": 6,
        "invalid_address": 7, "invalid_pubkey": 8, "unknown_address": 9, "invalid_coins": 10,
        "out_of_gas": 11, "memo_too_large": 12, "insufficient_fee": 13, "too_many_signatures": 14,
        "no_signatures": 15, "invalid_request": 18, "tx_in_mempool_cache": 19,
        "mempool_is_full": 20, "tx_too_large": 21, "tx_timeout_height": 30,
        "unknown_extension_options": 31, "wrong_sequence": 32, "not_supported": 37,
        "not_found": 38, "invalid_gas_limit": 41,
    }  # fmt: skip
    numbers = {entry.reason.name: entry.reason.code for entry in BankReason}
    assert numbers == {
        "no_inputs": 2, "no_outputs": 3, "input_output_mismatch": 4, "multiple_senders": 9,
        "supply_mismatch": 100, "too_many_outputs": 101,
    }  # fmt: skip
    assert {entry.reason.codespace for entry in SdkReason} == {"sdk"}
    assert {entry.reason.codespace for entry in BankReason} == {"bank"}


@given(st.text(max_size=10), st.text(max_size=10))
def test_the_one_encoding_is_read(denom: str, amount: str) -> None:
    coin = Coin(denom=denom, amount=amount)
    assert decode(Coin, encode(coin)) == coin


@given(st.binary(max_size=40))
def test_other_bytes_are_refused(data: bytes) -> None:
    try:
        coin = decode(Coin, data)
    except TxRefusal:
        return
    assert encode(coin) == data
