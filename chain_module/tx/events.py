"""Events around a transaction's messages, as the Cosmos SDK words them: wallets search by them."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import replace

from chain_module.abci.common import Event, EventAttribute
from chain_module.bank.coins import coins_text
from chain_module.events import event
from chain_module.tx.codec import Tx


def ante_events(tx: Tx) -> tuple[Event, ...]:
    """The fee, and each signer's sequence and signature (x/auth/ante: fee.go, sigverify.go)."""
    fee = event("tx", ("fee", coins_text(tx.fee.amount)), ("fee_payer", tx.required[0]))
    sequences = (
        event("tx", ("acc_seq", f"{who}/{info.sequence}"))
        for who, info in zip(tx.required, tx.signers, strict=True)
    )
    signatures = (
        event("tx", ("signature", base64.b64encode(signature).decode()))
        for signature in tx.signatures
    )
    return fee, *sequences, *signatures


def message_events(tx: Tx, index: int, events: Iterable[Event]) -> tuple[Event, ...]:
    """Events of the message at `index`, led by its action, each with its index (baseapp.go).

    Args:
        tx: the transaction.
        index: from 0.
        events: what the message itself says.
    """
    type_url = tx.type_urls[index]
    sender = tx.outlines[index].signer
    action = event(
        "message", ("action", type_url), ("sender", sender), ("module", type_url.split(".")[1])
    )
    position = EventAttribute("msg_index", str(index))
    return tuple(replace(one, attributes=(*one.attributes, position)) for one in (action, *events))
