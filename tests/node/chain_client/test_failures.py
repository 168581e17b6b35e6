"""What a node says becomes one failure with a stable name, whatever stands around it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain_module.errors import SdkReason, TxRefusal
from chain_module.registration.errors import RegistrationReason
from node.chain_client import ChainClient, ChainCode, ChainFailure, TxRefused
from node.chain_client.failures import failure_of_engine
from node.chain_client.reasons import all_reasons, find_reason, names
from node.engine_rpc import EngineRefused
from tests.support.trickler import dripping

ALL = sorted(all_reasons().values(), key=lambda reason: (reason.codespace, reason.code))
PLAIN = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=60)


def test_every_module_s_table_is_found() -> None:
    assert {reason.codespace for reason in ALL} == {"sdk", "bank", "registration"}
    assert len(set(names())) == len(ALL), "a name is used twice"
    assert find_reason("sdk", 13) == SdkReason.INSUFFICIENT_FEE.reason
    assert find_reason("registration", 122) == RegistrationReason.UNCONFIRMED.reason
    assert find_reason("sdk", 9999) is None


@given(expected=PLAIN, found=PLAIN, before=st.sampled_from(["", "insufficient fees: ", "x: y: "]))
def test_a_refusal_of_the_chain_keeps_its_parts(expected: str, found: str, before: str) -> None:
    """Whatever words the services put in front of it for other wallets."""
    refusal = TxRefusal(SdkReason.INSUFFICIENT_FEE, expected=expected, found=found)
    failure = TxRefused(codespace="sdk", number=13, log=f"{before}{refusal}")
    assert failure.code == "insufficient_fee"
    assert f"expected {failure.expected}, found {failure.found}" in str(refusal)


@pytest.mark.parametrize("reason", ALL, ids=[reason.name for reason in ALL])
def test_a_number_gives_the_name_even_without_words(reason: object) -> None:
    entry = next(known for known in ALL if known == reason)
    failure = TxRefused(codespace=entry.codespace, number=entry.code, log="other words")
    assert failure.code == entry.name
    assert failure.expected
    assert "other words" in failure.found


def test_a_number_of_a_newer_chain_is_a_refusal_all_the_same() -> None:
    failure = TxRefused(codespace="tomorrow", number=4, log="no")
    assert failure.code == ChainCode.TX_REFUSED
    assert "tomorrow/4" in failure.found


def test_without_a_number_the_words_give_the_name() -> None:
    log = "account sequence mismatch: wrong_sequence: expected 4, found 3"
    failure = TxRefused(codespace="", number=0, log=log)
    assert (failure.code, failure.expected, failure.found) == ("wrong_sequence", "4", "3")


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("height 3 is not available, lowest height is 41", ChainCode.NOT_ON_CHAIN),
        (
            "height 9 must be less than or equal to the current blockchain height 2",
            ChainCode.NOT_ON_CHAIN,
        ),
        ("height must be greater than 0, but got -1", ChainCode.CHAIN_FAILED),
        ("the store is not available", ChainCode.CHAIN_FAILED),
    ],
)
def test_a_height_that_the_engine_does_not_have_is_told(reason: str, code: ChainCode) -> None:
    failure = failure_of_engine(EngineRefused(method="block", number=-32603, reason=reason))
    assert (failure.code, failure.found) == (code, reason)


PROXIES = {
    401: ChainCode.ENDPOINT_DENIED,
    403: ChainCode.ENDPOINT_DENIED,
    429: ChainCode.ENDPOINT_BUSY,
    502: ChainCode.ENDPOINT_DOWN,
    404: ChainCode.CHAIN_FAILED,
}


@pytest.mark.parametrize("status", PROXIES)
def test_what_a_proxy_in_front_of_grpc_says_is_told_with_its_meaning(status: int) -> None:
    """A real HTTP/2 answer without gRPC in it: a SETTINGS frame, then headers with a status."""
    literal = b"\x48\x03" + str(status).encode()  # HPACK: ":status", indexed name, plain value
    headers = b"\x00\x00" + bytes([len(literal)]) + b"\x01\x05\x00\x00\x00\x01" + literal
    settings = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
    with (
        dripping(lambda: (settings, b"", headers), every_secs=0.3) as place,
        ChainClient(grpc=place, rpc="http://127.0.0.1:1", timeout=5) as client,
        pytest.raises(ChainFailure) as caught,
    ):
        client.params()
    assert caught.value.code == PROXIES[status]
    assert f"HTTP status {status}: " in caught.value.found
