"""A transaction of any bytes is refused, or is one that somebody signed; no coin is made or lost.

Nothing is raised but TxRefusal, and a refused ante writes nothing. What decodes has one encoding.
Each input also runs as a simulation, which asks for no signature, so that messages that nobody
signed run, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from cosmpy.protos.cosmos.bank.v1beta1 import tx_pb2 as bank_pb
from cosmpy.protos.cosmos.crypto.secp256k1.keys_pb2 import PubKey
from cosmpy.protos.cosmos.tx.v1beta1.tx_pb2 import AuthInfo, TxBody, TxRaw
from google.protobuf.any_pb2 import Any as ProtoAny
from google.protobuf.message import Message

from chain_module.bank.balances import check_supply
from chain_module.errors import TxRefusal
from chain_module.limits import MAX_TX_BYTES
from chain_module.store.branch import Branch
from chain_module.tx.ante import run_ante
from chain_module.tx.codec import Tx, decode_tx
from tests.fuzz.messages import Mutator, values_of
from tests.fuzz.target import Mutation, require
from tests.support.cosmpy_wallets import (
    ALICE,
    BOB,
    CAROL,
    CONTEXT,
    DAVE,
    KINDS,
    funded_state,
    multi_send,
    send,
    signed,
)

_PACKED: Final[Mapping[str, type[Message]]] = {
    "/cosmos.bank.v1beta1.MsgSend": bank_pb.MsgSend,
    "/cosmos.bank.v1beta1.MsgMultiSend": bank_pb.MsgMultiSend,
    "/cosmos.crypto.secp256k1.PubKey": PubKey,
}
_PARTS: Final[Mapping[str, type[Message]]] = {"body_bytes": TxBody, "auth_info_bytes": AuthInfo}


class TransactionTarget:
    """`decode_tx`, `run_ante` and the bank's messages."""

    max_bytes: Final = MAX_TX_BYTES + 64

    def __init__(self) -> None:
        self._state = funded_state(funds={"atom": 500, "useed": 10_000})
        self._signed = tuple(_transactions())
        self._mutator = Mutator(
            TxRaw, _nested, values_of(map(TxRaw.FromString, self._signed), _nested)
        )

    def seeds(self) -> Iterable[bytes]:
        """Transactions of every kind, all of which are delivered."""
        return self._signed

    def check(self, data: bytes) -> None:
        """See the module."""
        try:
            tx = decode_tx(data, KINDS)
        except TxRefusal:
            require(holds=data not in self._signed, rule="what was signed is read")
            return
        again = TxRaw.FromString(data).SerializeToString(deterministic=True)
        require(holds=again == data, rule="one transaction, one encoding")
        delivered = self._run(tx, simulate=False)
        require(
            holds=delivered == (data in self._signed), rule="what is delivered is what was signed"
        )
        self._run(tx, simulate=True)

    def mutate(self, data: bytes, mutation: Mutation) -> bytes:
        """Inside a field, of any part."""
        return self._mutator.mutate(data, mutation)

    def _run(self, tx: Tx, *, simulate: bool) -> bool:
        """Runs it on a branch. True if ante let it in."""
        state = self._state.branch()
        try:
            run_ante(state, tx, context=CONTEXT, simulate=simulate)
        except TxRefusal:
            require(holds=not state.changes(), rule="a refused transaction changes nothing")
            return False
        check_supply(state)
        _run_messages(state.branch(), tx)
        return True


def _run_messages(state: Branch, tx: Tx) -> None:
    try:
        for outline in tx.outlines:
            outline.read().execute(state, CONTEXT)
    except TxRefusal:
        return
    check_supply(state)


def _transactions() -> Iterable[bytes]:
    yield signed(send(ALICE, BOB))
    yield signed(
        send(BOB, b"\x07" * 20, {"atom": 3, "useed": 2}), signers=[BOB], fee="1atom,9useed"
    )
    yield signed(multi_send(CAROL, [(ALICE, 3), (DAVE, 4)]), signers=[CAROL], memo="shares")
    yield signed(send(DAVE, DAVE), signers=[DAVE], fee=None, timeout_height=CONTEXT.height)
    yield signed(send(ALICE, BOB), send(BOB, ALICE), signers=[ALICE, BOB])


def _nested(message: Message, field: str) -> type[Message] | None:
    if isinstance(message, ProtoAny):
        return _PACKED.get(message.type_url) if field == "value" else None
    return _PARTS.get(field) if isinstance(message, TxRaw) else None
