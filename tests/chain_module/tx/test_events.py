"""Events of messages: led by their action, each with the index of its message."""

from __future__ import annotations

from chain_module.abci.common import Event
from chain_module.events import event
from chain_module.tx.codec import decode_tx
from chain_module.tx.events import message_events
from tests.support.cosmpy_wallets import ALICE, BOB, KINDS, multi_send, send, signed


def said(events: tuple[Event, ...]) -> list[tuple[str, list[tuple[str, str]]]]:
    return [(one.type, [(part.key, part.value) for part in one.attributes]) for one in events]


def test_each_message_is_led_by_its_action() -> None:
    raw = signed(send(ALICE, BOB), multi_send(BOB, [(ALICE, 1)]), signers=[ALICE, BOB])
    tx = decode_tx(raw, KINDS)
    own = event("transfer", ("amount", "5useed"))
    assert said(message_events(tx, 0, [own])) == [
        (
            "message",
            [
                ("action", "/cosmos.bank.v1beta1.MsgSend"),
                ("sender", ALICE.text),
                ("module", "bank"),
                ("msg_index", "0"),
            ],
        ),
        ("transfer", [("amount", "5useed"), ("msg_index", "0")]),
    ]
    assert said(message_events(tx, 1, [])) == [
        (
            "message",
            [
                ("action", "/cosmos.bank.v1beta1.MsgMultiSend"),
                ("sender", BOB.text),
                ("module", "bank"),
                ("msg_index", "1"),
            ],
        )
    ]
    # The message's own event is shared by those who run it again: it must stay as it was.
    assert own == event("transfer", ("amount", "5useed"))
