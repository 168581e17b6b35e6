"""MsgSend and MsgMultiSend: what they move, what they say, what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest
from cosmpy.protos.cosmos.bank.v1beta1 import bank_pb2
from google.protobuf.message import Message

from chain_module.abci.common import Event
from chain_module.address import to_text
from chain_module.auth.accounts import FEE_COLLECTOR, Account, get_account, next_number
from chain_module.bank.balances import balance, check_supply
from chain_module.bank.errors import BankReason
from chain_module.bank.messages import MESSAGES, MULTI_SEND_URL, SEND_URL
from chain_module.errors import Reasons, SdkReason
from chain_module.gas import COIN, MULTI_SEND_OUTPUT, SEND
from chain_module.limits import MAX_MULTI_SEND_BYTES, MAX_OUTPUTS, MAX_SEND_BYTES
from chain_module.message import Executed, Outline
from chain_module.message import Message as ChainMessage
from chain_module.store.branch import Branch
from tests.support.cosmpy_wallets import (
    ALICE,
    BOB,
    CAROL,
    CONTEXT,
    FUNDS,
    coins,
    funded_state,
    multi_send,
    send,
)
from tests.support.refusals import tx_refused

NEW: Final = b"\x07" * 20
NEW_TEXT: Final = to_text(NEW)
KINDS: Final = {kind.type_url: kind for kind in MESSAGES}


def outline(message: Message) -> Outline:
    return KINDS[f"/{message.DESCRIPTOR.full_name}"].outline(message.SerializeToString())


def read(message: Message) -> ChainMessage:
    return outline(message).read()


def run(state: Branch, message: Message) -> Executed:
    return read(message).execute(state, CONTEXT)


def said(events: tuple[Event, ...]) -> list[tuple[str, dict[str, str]]]:
    return [(event.type, {one.key: one.value for one in event.attributes}) for event in events]


def test_a_send_moves_coins() -> None:
    state = funded_state()
    done = run(state, send(ALICE, BOB, 5))
    assert balance(state, ALICE.address, "useed") == FUNDS - 5
    assert balance(state, BOB.address, "useed") == FUNDS + 5
    assert (done.response, done.response_type_url) == (b"", SEND_URL + "Response")
    assert said(done.events) == [
        ("coin_spent", {"spender": ALICE.text, "amount": "5useed"}),
        ("coin_received", {"receiver": BOB.text, "amount": "5useed"}),
        ("transfer", {"recipient": BOB.text, "sender": ALICE.text, "amount": "5useed"}),
        ("message", {"sender": ALICE.text}),
    ]
    check_supply(state)


def test_a_new_receiver_gets_an_account() -> None:
    state = funded_state()
    number = next_number(state)
    run(state, send(ALICE, NEW))
    run(state, send(ALICE, NEW))
    run(state, send(ALICE, b"\x08" * 20))
    assert get_account(state, NEW) == Account(NEW, number)
    assert get_account(state, b"\x08" * 20) == Account(b"\x08" * 20, number + 1)
    assert next_number(state) == number + 2


def test_one_may_send_to_oneself() -> None:
    state = funded_state()
    before = state.changes()
    run(state, send(ALICE, ALICE, FUNDS))
    assert state.changes() == before
    with tx_refused(SdkReason.INSUFFICIENT_FUNDS):
        run(state, send(ALICE, ALICE, FUNDS + 1))


def test_all_may_be_sent_and_nothing_stays() -> None:
    state = funded_state(funds={"atom": 7, "useed": 9})
    run(state, send(ALICE, BOB, {"atom": 7, "useed": 9}))
    assert not any(ALICE.address in key for key in state.changes()["bank"])
    check_supply(state)


@pytest.mark.parametrize(
    "amount", [{"useed": FUNDS + 1}, {"atom": 1}, {"atom": 1, "useed": 1}, {"useed": 2**256 - 1}]
)
def test_more_than_there_is_is_refused(amount: dict[str, int]) -> None:
    state = funded_state()
    before = state.changes()
    for message in (send(ALICE, BOB, amount),):
        with tx_refused(SdkReason.INSUFFICIENT_FUNDS):
            run(state, message)
    assert state.changes() == before


@pytest.mark.parametrize(
    "message",
    [send(ALICE, FEE_COLLECTOR), multi_send(ALICE, [(BOB, 1), (FEE_COLLECTOR, 1)])],
    ids=["send", "multi send"],
)
def test_a_module_receives_nothing(message: Message) -> None:
    state = funded_state()
    before = state.changes()
    with tx_refused(SdkReason.UNAUTHORIZED):
        run(state, message)
    assert state.changes() == before


def test_a_multi_send_moves_coins_to_several() -> None:
    state = funded_state()
    done = run(state, multi_send(ALICE, [(BOB, 2), (NEW, 3), (BOB, 4)]))
    assert balance(state, ALICE.address, "useed") == FUNDS - 9
    assert balance(state, BOB.address, "useed") == FUNDS + 6
    assert balance(state, NEW, "useed") == 3
    assert get_account(state, NEW) is not None
    assert done.response_type_url == MULTI_SEND_URL + "Response"
    assert said(done.events) == [
        ("coin_spent", {"spender": ALICE.text, "amount": "9useed"}),
        ("message", {"sender": ALICE.text}),
        ("coin_received", {"receiver": BOB.text, "amount": "2useed"}),
        ("transfer", {"recipient": BOB.text, "amount": "2useed"}),
        ("coin_received", {"receiver": NEW_TEXT, "amount": "3useed"}),
        ("transfer", {"recipient": NEW_TEXT, "amount": "3useed"}),
        ("coin_received", {"receiver": BOB.text, "amount": "4useed"}),
        ("transfer", {"recipient": BOB.text, "amount": "4useed"}),
    ]
    check_supply(state)


def test_the_signer_is_the_sender() -> None:
    assert outline(send(ALICE, BOB)).signer == ALICE.text
    assert outline(multi_send(BOB, [(ALICE, 1)])).signer == BOB.text


def test_gas_is_by_coins_and_outputs() -> None:
    state = funded_state()
    assert outline(send(ALICE, BOB)).gas(state) == SEND
    assert outline(send(ALICE, BOB, {"atom": 1, "useed": 1})).gas(state) == SEND + COIN
    shares = multi_send(ALICE, [(BOB, 1), (CAROL, 1)])
    assert outline(shares).gas(state) == SEND + 2 * MULTI_SEND_OUTPUT


def test_an_output_is_no_cheaper_than_what_a_send_does() -> None:
    """Else a block could be filled with outputs that take many times a block's time."""
    assert MULTI_SEND_OUTPUT >= SEND


def _no_coins(message: Any) -> None:
    del message.amount[:]


SENDS: Final[dict[str, tuple[Reasons, Callable[[Any], None]]]] = {
    "sender": (SdkReason.INVALID_ADDRESS, lambda message: setattr(message, "from_address", "")),
    "another chain's receiver": (
        SdkReason.INVALID_ADDRESS,
        lambda message: setattr(
            message, "to_address", "cosmos17xpfvakm2amg962yls6f84z3kell8c5lserqta"
        ),
    ),
    "capitals": (
        SdkReason.INVALID_ADDRESS,
        lambda message: setattr(message, "to_address", BOB.text.upper()),
    ),
    "no coins": (SdkReason.INVALID_COINS, _no_coins),
    "zero": (SdkReason.INVALID_COINS, lambda message: setattr(message.amount[0], "amount", "0")),
    "negative": (
        SdkReason.INVALID_COINS,
        lambda message: setattr(message.amount[0], "amount", "-5"),
    ),
    "twice": (
        SdkReason.INVALID_COINS,
        lambda message: message.amount.append(message.amount[0]),
    ),
    "unsorted": (
        SdkReason.INVALID_COINS,
        lambda message: message.amount.extend(coins({"atom": 1})),
    ),
}


@pytest.mark.parametrize(("reason", "change"), SENDS.values(), ids=SENDS.keys())
def test_a_send_of_bad_form_is_refused(reason: Reasons, change: Callable[[Any], None]) -> None:
    message = send(ALICE, BOB)
    change(message)
    with tx_refused(reason):
        read(message)


def _second_input(message: Any) -> None:
    message.inputs.append(bank_pb2.Input(address=BOB.text, coins=coins(1)))
    message.outputs.append(bank_pb2.Output(address=BOB.text, coins=coins(1)))


MULTI_SENDS: Final[dict[str, tuple[Reasons, Callable[[Any], None]]]] = {
    "no input": (BankReason.NO_INPUTS, lambda message: message.ClearField("inputs")),
    "two inputs": (BankReason.MULTIPLE_SENDERS, _second_input),
    "no output": (BankReason.NO_OUTPUTS, lambda message: message.ClearField("outputs")),
    "less goes in": (
        BankReason.INPUT_OUTPUT_MISMATCH,
        lambda message: setattr(message.inputs[0].coins[0], "amount", "4"),
    ),
    "more goes in": (
        BankReason.INPUT_OUTPUT_MISMATCH,
        lambda message: setattr(message.inputs[0].coins[0], "amount", "6"),
    ),
    "another coin": (
        BankReason.INPUT_OUTPUT_MISMATCH,
        lambda message: setattr(message.outputs[0].coins[0], "denom", "atom"),
    ),
    "zero output": (
        SdkReason.INVALID_COINS,
        lambda message: setattr(message.outputs[0].coins[0], "amount", "0"),
    ),
    "no address": (
        SdkReason.INVALID_ADDRESS,
        lambda message: setattr(message.outputs[0], "address", ""),
    ),
}


@pytest.mark.parametrize(("reason", "change"), MULTI_SENDS.values(), ids=MULTI_SENDS.keys())
def test_a_multi_send_of_bad_form_is_refused(
    reason: Reasons, change: Callable[[Any], None]
) -> None:
    message = multi_send(ALICE, [(BOB, 5)])
    change(message)
    with tx_refused(reason):
        read(message)


def test_outputs_that_sum_beyond_256_bits_are_refused() -> None:
    message = multi_send(ALICE, [(BOB, 2**256 - 1), (CAROL, 1)])
    with tx_refused(SdkReason.INVALID_COINS):
        read(message)
    message.inputs[0].coins[0].amount = str(2**256 - 1)
    with tx_refused(BankReason.INPUT_OUTPUT_MISMATCH):
        read(message)


@pytest.mark.parametrize("kind", MESSAGES, ids=lambda kind: kind.type_url)
def test_unknown_fields_are_refused(kind: Any) -> None:
    good = send(ALICE, BOB) if kind.type_url == SEND_URL else multi_send(ALICE, [(BOB, 1)])
    kind.decode(good.SerializeToString())
    with tx_refused(SdkReason.TX_PARSE_ERROR):
        kind.decode(good.SerializeToString() + b"\xf8\x07\x01")


def test_a_multi_send_has_at_most_so_many_outputs() -> None:
    most = [(bytes([number]) * 20, 1) for number in range(MAX_OUTPUTS)]
    read(multi_send(ALICE, most))
    with tx_refused(BankReason.TOO_MANY_OUTPUTS):
        outline(multi_send(ALICE, [*most, (BOB, 1)]))


@pytest.mark.parametrize(
    ("message", "most"),
    [(send(ALICE, BOB), MAX_SEND_BYTES), (multi_send(ALICE, [(BOB, 1)]), MAX_MULTI_SEND_BYTES)],
    ids=["send", "multi send"],
)
def test_a_message_has_at_most_so_many_bytes(message: Any, most: int) -> None:
    """Before it is parsed: what is larger is not even an encoding here."""
    kind = KINDS[f"/{message.DESCRIPTOR.full_name}"]
    with tx_refused(SdkReason.TX_PARSE_ERROR):
        kind.outline(b"\xff" * most)
    with tx_refused(SdkReason.TX_TOO_LARGE):
        kind.outline(b"\xff" * (most + 1))


def test_nothing_inside_is_read_before_it_is_asked_for() -> None:
    """Addresses and amounts are the sender's word, and his alone to pay for."""
    message = multi_send(ALICE, [(BOB, 5)])
    message.inputs[0].address = "nobody"
    message.outputs[0].address = "no address"
    message.outputs[0].coins[0].amount = "much"
    found = outline(message)
    assert (found.signer, found.gas(funded_state())) == ("nobody", SEND + MULTI_SEND_OUTPUT)
    with tx_refused(SdkReason.INVALID_ADDRESS):
        found.read()
