"""Accounts of tests, and the transactions that they sign; also ones that no wallet would make."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import coincurve
from cosmpy.protos.cosmos.bank.v1beta1.tx_pb2 import MsgSend
from cosmpy.protos.cosmos.base.v1beta1.coin_pb2 import Coin
from cosmpy.protos.cosmos.crypto.secp256k1.keys_pb2 import PubKey
from cosmpy.protos.cosmos.tx.v1beta1.tx_pb2 import (
    AuthInfo,
    Fee,
    ModeInfo,
    SignDoc,
    SignerInfo,
    TxBody,
    TxRaw,
)
from google.protobuf.any_pb2 import Any as ProtoAny
from google.protobuf.message import Message

from chain_module.address import to_text
from chain_module.auth.accounts import address_of

DENOM: Final = "useed"
MSG_SEND: Final = "/cosmos.bank.v1beta1.MsgSend"
FUNDS: Final = 10**12
SIGN_MODE_DIRECT: Final = 1


@dataclass
class Account:
    """A key and what the chain knows of it."""

    name: str
    number: int = 0
    sequence: int = 0
    key: coincurve.PrivateKey = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.key = coincurve.PrivateKey(hashlib.sha256(self.name.encode()).digest())

    @property
    def public_key(self) -> bytes:
        """33 bytes."""
        return self.key.public_key.format()

    @property
    def address(self) -> bytes:
        """20 bytes."""
        return address_of(self.public_key)

    @property
    def text(self) -> str:
        """As people write it."""
        return to_text(self.address)

    def sign(
        self,
        messages: Sequence[tuple[str, Message]],
        *,
        chain_id: str,
        gas: int = 3_000_000,
        fee: int = 10_000,
        memo: str = "",
        timeout_height: int = 0,
    ) -> bytes:
        """The signed transaction; the next one has the next sequence."""
        body = TxBody(
            messages=[
                ProtoAny(type_url=url, value=message.SerializeToString(deterministic=True))
                for url, message in messages
            ],
            memo=memo,
            timeout_height=timeout_height,
        ).SerializeToString(deterministic=True)
        key = PubKey(key=self.public_key)
        info = SignerInfo(
            public_key=ProtoAny(
                type_url="/cosmos.crypto.secp256k1.PubKey", value=key.SerializeToString()
            ),
            mode_info=ModeInfo(single=ModeInfo.Single(mode=SIGN_MODE_DIRECT)),
            sequence=self.sequence,
        )
        coins = [Coin(denom=DENOM, amount=str(fee))] if fee else []
        auth = AuthInfo(
            signer_infos=[info], fee=Fee(amount=coins, gas_limit=gas)
        ).SerializeToString(deterministic=True)
        document = SignDoc(
            body_bytes=body, auth_info_bytes=auth, chain_id=chain_id, account_number=self.number
        ).SerializeToString(deterministic=True)
        self.sequence += 1
        signature = self.key.sign_recoverable(document)[:64]
        raw = TxRaw(body_bytes=body, auth_info_bytes=auth, signatures=[signature])
        encoded: bytes = raw.SerializeToString(deterministic=True)
        return encoded

    def send(self, receiver: bytes, amount: int, *, chain_id: str, gas: int = 200_000) -> bytes:
        """A signed MsgSend."""
        message = MsgSend(
            from_address=self.text,
            to_address=to_text(receiver),
            amount=[Coin(denom=DENOM, amount=str(amount))],
        )
        return self.sign([(MSG_SEND, message)], chain_id=chain_id, gas=gas)
