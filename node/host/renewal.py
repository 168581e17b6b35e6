"""`new_block` -> MakeQuote: a holder renews its record before it ends (protocol.md section 7).

A renewal is a register with the same exchange_key and operator and a newer anchor, paid by the
operator. One is tried when a third of the record's life is left, by the chain's time; after a
failure again, each time after twice as many blocks. It brings the collateral that the operator
named last (`register --collateral`), else the enclave's, else what the chain keeps.
"""

from __future__ import annotations

from typing import Final

from enclave.errors import Code
from enclave.time import NANOSECONDS
from node.chain_client import ChainEvent, Committed, Price, TxRefused
from node.collateral import NamedCollateral
from node.host.host import NEW_BLOCK, Host
from node.join.quoting import ANCHOR_DEPTH, register_of
from node.join.seed import holder_proof
from node.keyring import SigningKey
from seedpact.enclave.v1 import service_pb2 as pb
from seedpact.registration.v1 import types_pb2

LOOK_BLOCKS: Final = 10
"""The record is looked at so often."""
FIRST_RETRY_BLOCKS: Final = 20
LAST_RETRY_BLOCKS: Final = 2000
LIFE_LEFT: Final = 3
"""A renewal is due when 1/3 of the registration period is left."""


ABOUT_COLLATERAL: Final = frozenset(
    {
        "collateral_older",
        "collateral_contradicts",
        Code.MALFORMED_COLLATERAL,
        Code.UNTRUSTED_ROOT,
        Code.CERTIFICATE_INVALID,
        Code.CERTIFICATE_EXPIRED,
        Code.CERTIFICATE_NOT_YET_VALID,
        Code.CRL_EXPIRED,
        Code.COLLATERAL_EXPIRED,
        Code.COLLATERAL_NOT_YET_VALID,
        Code.COLLATERAL_SIGNATURE_INVALID,
        Code.COLLATERAL_MISMATCH,
        Code.EVALUATION_NUMBER_TOO_LOW,
    }
)
"""Refusals that other collateral may cure; none of them has cost anything."""


class Renewal:
    """Renews the record of this enclave's node.

    Args:
        key: the operator's, unlocked.
        price: what a renewal may cost.
        named: the collateral that the operator named; None: it comes from nowhere.
    """

    events: Final = frozenset({NEW_BLOCK})

    def __init__(
        self, key: SigningKey, *, price: Price, named: NamedCollateral | None = None
    ) -> None:
        self._key = key
        self._price = price
        self._named = named
        self._next_height = 0
        self._retry_blocks = FIRST_RETRY_BLOCKS

    def handle(self, host: Host, event: ChainEvent) -> None:
        """Renews, if it is due. Raises ChainFailure, EnclaveFailure."""
        if event.height < self._next_height:
            return
        self._next_height = event.height + LOOK_BLOCKS
        info = host.enclave.get_info()
        too_young = event.height <= host.chain.status().earliest_height + ANCHOR_DEPTH
        if info.state != pb.ENCLAVE_STATE_HOLDER or too_young:
            return
        record = host.chain.node(info.node_id)
        if record is None or not self._due(host, record):
            return
        # Whatever happens now, the next try is not at the next block.
        self._next_height = event.height + self._retry_blocks
        self._retry_blocks = min(2 * self._retry_blocks, LAST_RETRY_BLOCKS)
        done = self.renew(host, record)
        self._retry_blocks = FIRST_RETRY_BLOCKS
        host.log("info", "renewed", node_id=info.node_id.hex(), height=done.height)

    def renew(self, host: Host, record: types_pb2.NodeRecord) -> Committed:
        """One renewal, in a block.

        Raises:
            ChainFailure, TxRefused, EnclaveFailure, EngineRpcFailure, ChainProofFailure.
        """
        chain = host.chain
        newest = chain.header()
        anchor = chain.header(newest.height - ANCHOR_DEPTH)
        purpose = pb.RegisterPurpose(
            operator=record.operator,
            epoch=chain.network_keys().epoch,
            anchor_height=anchor.height,
            anchor_hash=anchor.hash,
            chain=holder_proof(chain, host.enclave, height=newest.height, anchors=(anchor.height,)),
        )
        answer = host.enclave.make_quote(pb.MakeQuoteRequest(register=purpose))
        own = answer.evidence.collateral
        named = b"" if self._named is None else self._named.read(log=host.log, needed=not own)
        # The operator's, the enclave's, the chain's: the chain may have newer than either.
        for collateral in dict.fromkeys(one for one in (named, own) if one):
            message = register_of(answer, purpose, collateral=collateral, moniker="")
            try:
                return chain.send_tx([message], self._key, price=self._price)
            except TxRefused as refused:
                if refused.code not in ABOUT_COLLATERAL or refused.height:
                    raise
                host.log(
                    "warning",
                    "collateral_refused",
                    code=refused.code,
                    expected=refused.expected,
                    found=refused.found,
                )
        message = register_of(answer, purpose, collateral=b"", moniker="")
        return chain.send_tx([message], self._key, price=self._price)

    def _due(self, host: Host, record: types_pb2.NodeRecord) -> bool:
        """Whether the record is this operator's and its last third has begun."""
        if record.status == types_pb2.NODE_STATUS_REVOKED:
            return False
        if record.operator != self._key.info.raw_address:
            return False
        period = host.chain.params().params.registration_period_secs
        now = host.chain.status().latest_time_ns // NANOSECONDS
        return record.expires_at.seconds - now < period // LIFE_LEFT
