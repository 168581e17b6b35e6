"""A client of the chain with nothing but cosmpy from the package index.

Reads one JSON object from stdin, prints one to stdout. It knows no message of ours: a registration
is read from the events of its transactions.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from cosmpy.aerial.client import LedgerClient
from cosmpy.aerial.config import NetworkConfig
from cosmpy.aerial.wallet import LocalWallet
from cosmpy.crypto.address import Address
from cosmpy.protos.cosmos.tx.v1beta1.service_pb2 import GetTxsEventRequest

REGISTER = "/seedpact.registration.v1.MsgRegisterNode"
CONFIRM = "/seedpact.registration.v1.MsgConfirmNode"
FRESHNESS = "/seedpact.registration.v1.MsgFreshness"
PATIENCE_SECS = 60
POLL_SECS = 0.2


def main() -> None:
    """Everything, in the order of a new user."""
    wish = json.load(sys.stdin)
    client = LedgerClient(
        NetworkConfig(
            chain_id=wish["chain_id"],
            url=f"grpc+http://{wish['grpc']}",
            fee_minimum_gas_price=0.001,
            fee_denomination="useed",
            staking_denomination="useed",
        )
    )
    wallet = LocalWallet.from_mnemonic(wish["mnemonic"], prefix="seed")
    receiver = Address(wish["receiver"])
    answer: dict[str, Any] = {
        "chain_id": client.query_chain_id(),
        "app_name": client.query_node_info().app_name,
        "validators": [validator.tokens for validator in client.query_validators()],
        "address": str(wallet.address()),
        "before": client.query_bank_balance(receiver),
    }
    sent = client.send_tokens(receiver, wish["amount"], "useed", wallet, memo="from cosmpy")
    sent.wait_to_complete(timeout=PATIENCE_SECS, poll_period=POLL_SECS)
    assert sent.response is not None
    answer |= {
        "height": sent.response.height,
        "transfer": sent.response.events["transfer"],
        "after": client.query_bank_balance(receiver),
        "sequence": client.query_account(wallet.address()).sequence,
        "block": client.query_block(sent.response.height).tx_hashes,
        "tx_hash": sent.tx_hash,
    }
    answer["registration"] = registration(client, wish["node_id"])
    # Whatever was imported came with cosmpy.
    answer["modules"] = sorted({name.partition(".")[0] for name in sys.modules})
    print(json.dumps(answer))


def registration(client: LedgerClient, node_id: str) -> dict[str, Any]:
    """The register and the confirm of a node, in one block, and its nonce."""
    found = {}
    for event, type_url in (
        ("register_node", REGISTER),
        ("confirm_node", CONFIRM),
        ("freshness", FRESHNESS),
    ):
        query = f"{event}.node_id = '{node_id}'"
        answer = client.txs.GetTxsEvent(GetTxsEventRequest(query=query))
        (response,) = answer.tx_responses
        (message,) = answer.txs[0].body.messages
        assert message.type_url == type_url, message.type_url
        events = client.query_tx(response.txhash).events
        found[event] = {
            "tx_hash": response.txhash,
            "height": response.height,
            "code": response.code,
            "signatures": len(answer.txs[0].signatures),
            **events[event],
        }
    return found


main()
