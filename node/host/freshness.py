"""`new_block` -> MsgFreshness: a holder's nonce goes on the chain (protocol.md section 7).

An enclave confirms only once the chain has proven a nonce of its present start, and then for at
most 1,000 headers. So the operator publishes the nonce at once after a start, and again when 300
headers are left: a dozen tries fit there, and an operator who cannot pay has that long to find
coins (it is told of it as soon as it cannot). Who has no voting power
confirms nothing and sends none. Showing the proof to the enclave is the block path's matter.

A nonce that is on the chain already is not paid for again, whoever sent it: a node that restarts
beside an enclave that goes on finds it there. The chain's own limit is looked at before it is met.
"""

from __future__ import annotations

import enum
from typing import Final

from cosmpy.protos.cosmos.tx.v1beta1.tx_pb2 import TxBody
from google.protobuf.any_pb2 import Any as ProtoAny

from chain_module import gas
from chain_module.address import to_text
from chain_module.bank.coins import DENOM
from chain_module.registration.messages import FRESHNESS
from enclave.registration.freshness import (
    FRESH_HEADERS,
    MAX_RECENT,
    NONCE_BYTES,
    within_recent,
)
from enclave.registration.records import NODE_ID_BYTES, OPERATOR_BYTES
from node.chain_client import ChainEvent, Price
from node.chain_client.transactions import fee_of
from node.chain_proof import follows
from node.host.host import NEW_BLOCK, Host
from node.keyring import SigningKey
from node.metrics import Metrics
from seedpact.enclave.v1 import service_pb2 as pb
from seedpact.registration.v1 import tx_pb2, types_pb2

MARGIN_HEADERS: Final = 300
"""With fewer left the next nonce is due."""
LOOK_BLOCKS: Final = 10
FIRST_RETRY_BLOCKS: Final = 5
LAST_RETRY_BLOCKS: Final = 40
"""After a try that failed; with 300 left, a dozen tries fit. A new start is tried at once."""


class Step(enum.Enum):
    """What is to be done about an enclave's freshness."""

    NOTHING = "it is fresh for a while"
    SHOW = "its nonce is on the chain, and has to be shown to it"
    WAIT = "the chain takes no more nonces of this node for some blocks"
    PUBLISH = "its nonce has to go on the chain"


class Freshness:
    """Publishes the nonces of this node's enclave.

    Args:
        key: the operator's, unlocked.
        price: what a transaction may cost.
        metrics: get how long the enclave is fresh, and whether the operator can pay.
    """

    events: Final = frozenset({NEW_BLOCK})

    def __init__(self, key: SigningKey, *, price: Price, metrics: Metrics) -> None:
        self._key = key
        self._price = price
        self._metrics = metrics
        self._nonce = b""
        self._next_height = 0
        self._retry_blocks = FIRST_RETRY_BLOCKS
        self._said: set[str] = set()

    def handle(self, host: Host, event: ChainEvent) -> None:
        """Publishes, if it is due. Raises ChainFailure, EnclaveFailure."""
        info = host.enclave.get_info()
        self._metrics.fresh_until(height=info.fresh_until)
        if info.freshness_nonce != self._nonce:
            self._nonce = info.freshness_nonce
            self._next_height, self._retry_blocks = 0, FIRST_RETRY_BLOCKS
        if event.height < self._next_height or not confirms(info):
            return
        self._next_height = event.height + LOOK_BLOCKS
        status = host.chain.status()
        if not status.validator_power or not self._is_ours(host, info) or not self._can_pay(host):
            return
        published = host.chain.freshness(info.node_id)
        if step_at(status.latest_height, info, published) is not Step.PUBLISH:
            return
        # Whatever happens now, the next try is not at the next block.
        self._next_height = event.height + self._retry_blocks
        self._retry_blocks = min(2 * self._retry_blocks, LAST_RETRY_BLOCKS)
        message = message_of(self._key.info.raw_address, info.node_id, info.freshness_nonce)
        done = host.chain.send_tx([message], self._key, price=self._price)
        self._retry_blocks = FIRST_RETRY_BLOCKS
        host.log("info", "nonce_published", node_id=info.node_id.hex(), height=done.height)

    def _is_ours(self, host: Host, info: pb.GetInfoResponse) -> bool:
        """Whether the record stands and is this operator's."""
        record = host.chain.node(info.node_id)
        if record is None or record.status == types_pb2.NODE_STATUS_REVOKED:
            return False
        ours = record.operator == self._key.info.raw_address
        self._say(
            host,
            "not_the_operator",
            holds=not ours,
            expected=to_text(record.operator),
            found=self._key.info.address,
        )
        return ours

    def _can_pay(self, host: Host) -> bool:
        needed = nonce_fee(self._price)
        held = host.chain.balance(self._key.info.raw_address)
        self._metrics.operator_can_pay(can=held >= needed)
        self._say(
            host,
            "operator_cannot_pay",
            holds=held < needed,
            expected=f"{needed}{DENOM} at {self._key.info.address}",
            found=f"{held}{DENOM}",
        )
        return held >= needed

    def _say(self, host: Host, event: str, *, holds: bool, expected: str, found: str) -> None:
        """A warning, once each time that it comes to hold."""
        if holds and event not in self._said:
            host.log("warning", event, expected=expected, found=found)
            self._said.add(event)
        elif not holds:
            self._said.discard(event)


def confirms(info: pb.GetInfoResponse) -> bool:
    """Whether an enclave would confirm, if it were fresh: only such a one has a use for a nonce."""
    return follows(info) and len(info.freshness_nonce) == NONCE_BYTES


def headers_left(info: pb.GetInfoResponse, height: int) -> int:
    """For how many blocks after `height` an enclave confirms; 0 where it is not fresh."""
    return max(0, info.fresh_until - height)


def step_at(height: int, info: pb.GetInfoResponse, published: types_pb2.Freshness | None) -> Step:
    """What is to be done at this height.

    Args:
        height: of the newest block.
        info: of an enclave that `confirms`.
        published: what the chain has of its node.
    """
    if headers_left(info, height) >= MARGIN_HEADERS:
        return Step.NOTHING
    if published is None:
        return Step.PUBLISH
    young = published.height + FRESH_HEADERS - height >= MARGIN_HEADERS
    if published.nonce == info.freshness_nonce and young:
        return Step.SHOW
    recent = within_recent(tuple(published.recent_heights), height + 1)
    return Step.WAIT if len(recent) >= MAX_RECENT else Step.PUBLISH


def message_of(operator: bytes, node_id: bytes, nonce: bytes) -> tx_pb2.MsgFreshness:
    """The message. `operator`: 20 bytes."""
    return tx_pb2.MsgFreshness(operator=to_text(operator), node_id=node_id, nonce=nonce)


def nonce_fee(price: Price) -> int:
    """What one nonce costs, in useed: gas is flat, and this transaction's size always the same."""
    message = message_of(bytes(OPERATOR_BYTES), bytes(NODE_ID_BYTES), bytes(NONCE_BYTES))
    body = TxBody(messages=[ProtoAny(type_url=FRESHNESS, value=message.SerializeToString())])
    size = gas.BODY_BYTE * len(body.SerializeToString())
    return fee_of(gas.TX + gas.SIGNATURE + gas.FRESHNESS + size, price).amount
