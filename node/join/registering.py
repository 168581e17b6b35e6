"""Steps 6 to 8: one register, paid once, in a block with its confirm.

A run that was killed leaves at most one signed register behind, and the journal has its bytes. They
are sent again before any other is made, and another one takes the same sequence unless a block has
used it: so of all registers that are in flight at most one can ever be executed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from cosmpy.protos.cosmos.tx.v1beta1.tx_pb2 import TxBody, TxRaw
from google.protobuf.message import DecodeError

from chain_module.bank.coins import DENOM
from enclave.errors import Code
from node.chain_client import (
    ChainClient,
    ChainCode,
    ChainFailure,
    Committed,
    Fee,
    SignedTx,
    TxRefused,
    tx_hash,
)
from node.enclave_client import EnclaveClient
from node.join.failures import JoinCode, JoinFailure
from node.join.genesis import Network
from node.join.journal import Sent
from node.join.plan import Progress, Step
from node.join.proving import prove_anchor
from node.join.quoting import anchor_of, check_funds, check_price, quote
from node.join.run import Run
from seedpact.registration.v1 import tx_pb2, types_pb2

CONFIRM_TYPE: Final = "/seedpact.registration.v1.MsgConfirmNode"
TIMEOUT_BLOCKS: Final = 100
NEWER_KEPT: Final = frozenset({"collateral_older", "collateral_contradicts"})
"""The chain keeps other collateral than the enclave brought: then the chain's is used."""
"""A register that no block took after so many is given up: it can be in none any more."""
INDEX_SECS: Final = 10.0
"""How long a node's state may lag behind its index of transactions."""
POLL_SECS: Final = 0.2

NEWER_QUOTE: Final = frozenset(
    {Code.STALE_QUOTE, Code.UNKNOWN_ANCHOR, Code.STALE_EPOCH, "unconfirmed", "anchor_not_newer"}
)
"""Refusals that a quote with a newer anchor cures."""
LATER: Final = frozenset(
    {
        "too_early",
        "rate_limited",
        "register_waiting",
        "too_many_waiting",
        "too_many_refused",
        "register_refused_before",
    }
)
"""Refusals that time cures, and that cost nothing: CheckTx gives them."""
USED_SEQUENCE: Final = "wrong_sequence"


@dataclass(frozen=True, slots=True)
class Confirm:
    """Where a register's confirm is."""

    tx_hash: str
    index: int


def registered(
    run: Run, enclave: EnclaveClient, network: Network, node_id: bytes, *, after: int = 0
) -> types_pb2.NodeRecord:
    """The record of this node: the one there is, or that of a register that is sent now.

    Args:
        run: of which this is a step.
        enclave: KEYED or PENDING.
        network: whose genesis says what a register costs.
        node_id: its node.
        after: a record of this height or below is of no use.

    Raises:
        JoinFailure: ATTEMPTS_EXHAUSTED, KEYS_UNUSABLE, NO_FUNDS, CHAIN_STALLED.
        TxRefused, ChainFailure, EnclaveFailure: as they come.
    """
    attempts, deadline = 0, time.monotonic() + run.wish.commit_timeout
    collateral = run.wish.collateral
    while True:
        record = _settled(run, node_id, after=after)
        if record is not None:
            return record
        try:
            return _land(run, _sign(run, enclave, network, collateral), node_id)
        except TxRefused as refused:
            if refused.code in NEWER_KEPT and collateral is None:
                collateral = b""
                continue
            waits = refused.code in LATER and time.monotonic() < deadline
            attempts += 0 if waits else 1
            if not waits and refused.code not in {*NEWER_QUOTE, USED_SEQUENCE}:
                raise
            if attempts >= run.wish.attempts:
                raise JoinFailure(
                    JoinCode.ATTEMPTS_EXHAUSTED,
                    expected=f"a confirmed register within {attempts} attempts",
                    found=str(refused),
                ) from None
            run.report(Progress(Step.REGISTER, f"{refused}; again soon", 0, done=False))
            _wait_a_block(run.chain)


def usable(record: types_pb2.NodeRecord | None) -> types_pb2.NodeRecord | None:
    """The record, where a seed can be imported with it; None where a register is needed.

    Raises:
        JoinFailure: KEYS_UNUSABLE, for a node that never returns.
    """
    if record is None or record.status == types_pb2.NODE_STATUS_CONFIRMED:
        return record
    if record.status == types_pb2.NODE_STATUS_REVOKED:
        raise JoinFailure(
            JoinCode.KEYS_UNUSABLE,
            expected="a node that was not revoked",
            found=f"node {record.node_id.hex()}, revoked for ever",
        )
    return None


def confirm_of(chain: ChainClient, record: types_pb2.NodeRecord) -> Confirm | None:
    """The confirm of a record, in the block that the record names.

    None for the founder's, and where the peer began with a snapshot after that block.
    """
    try:
        txs = chain.block(record.height).txs
    except ChainFailure as failure:
        if failure.code != ChainCode.NOT_ON_CHAIN:
            raise
        return None
    for index, raw in enumerate(txs):
        for message in _confirms(raw):
            if message.register_tx_hash == record.register_tx_hash:
                return Confirm(tx_hash=tx_hash(raw), index=index)
    return None


def _settled(run: Run, node_id: bytes, *, after: int) -> types_pb2.NodeRecord | None:
    """The record that there is already, or of the register that is in flight; None: send one."""
    record = usable(run.chain.node(node_id))
    if record is not None and record.height <= after:
        record = None
    sent = run.journal.notes.sent
    if record is not None or sent is None:
        return record
    committed = _outcome(run, sent)
    run.journal.forget_sent()
    if committed is None or committed.code:
        return None
    return _record_of(run.chain, node_id, committed)


def _outcome(run: Run, sent: Sent) -> Committed | None:
    """What became of a register of an earlier run; None: it is in no block, and can be in none."""
    chain, tx = run.chain, _tx(sent)
    with run.step(Step.CONFIRM, f"looking for register {sent.tx_hash} of before") as say:
        for _ in range(2):
            found = chain.tx(sent.tx_hash)
            if found is not None:
                return found
            used = chain.account(run.wish.operator.info.raw_address).sequence > sent.sequence
            if not used and chain.height() <= sent.timeout_height:
                break
            # Its block may be there, and the index a moment late.
            time.sleep(POLL_SECS * 5)
        else:
            return None
        try:
            chain.broadcast(sent.raw)
        except TxRefused as refused:
            if refused.code in {*NEWER_QUOTE, USED_SEQUENCE}:
                return chain.tx(sent.tx_hash)
            if refused.code not in LATER:
                raise
        say(f"register {sent.tx_hash} was sent before; waiting for its block")
        return _waited(run, tx, say)


def _sign(run: Run, enclave: EnclaveClient, network: Network, collateral: bytes | None) -> Sent:
    """A new quote and a signed register with it, in the journal before anything is sent."""
    wish, chain = replace(run.wish, collateral=collateral), run.chain
    with run.step(Step.FUNDS, "asking for the operator's balance") as say:
        say(f"the operator has {check_funds(chain, wish, network)}{DENOM}")
    with run.step(Step.QUOTE, "choosing a recent header") as say:
        anchor = anchor_of(chain, timeout=wish.commit_timeout, say=say)
        say(f"proving header {anchor.height} and the network's keys")
        keys = prove_anchor(chain, network, anchor).current_keys
        say(f"quoting the node's keys and header {anchor.height}")
        quoted = quote(enclave, wish, anchor, keys)
    with run.step(Step.REGISTER, "signing the register") as say:
        age = chain.policy().max_quote_age_blocks
        timeout_height = anchor.height + min(age, TIMEOUT_BLOCKS)
        account = chain.account(wish.operator.info.raw_address)
        tx = chain.sign(
            [quoted.message],
            wish.operator,
            price=wish.price,
            timeout_height=timeout_height,
            account=account,
        )
        if wish.price.amount is None:
            check_price(tx.fee, network, quoted.message)
        sent = Sent(tx.hash, tx.raw, tx.sequence, timeout_height, quoted.report_data)
        run.journal.write(sent=sent, paid=run.journal.notes.paid + 1)
        say(f"sending register {tx.hash}, fee {tx.fee.amount}{DENOM}")
        try:
            chain.broadcast(tx.raw)
        except TxRefused:
            # It entered no mempool, and cost nothing.
            run.journal.write(paid=run.journal.notes.paid - 1)
            run.journal.forget_sent()
            raise
    return sent


def _land(run: Run, sent: Sent, node_id: bytes) -> types_pb2.NodeRecord:
    """Waits for the register's block, and takes the record that its confirm wrote."""
    with run.step(Step.CONFIRM, f"waiting for a block with {sent.tx_hash}") as say:
        committed = _waited(run, _tx(sent), say)
        run.journal.forget_sent()
        refusal = committed.refusal()
        if refusal is not None:
            raise refusal
        record = _record_of(run.chain, node_id, committed)
        say(f"block {committed.height} holds the register and its confirm")
    return record


def _waited(run: Run, tx: SignedTx, say: Callable[[str], None]) -> Committed:
    def waiting(height: int) -> None:
        say(f"waiting for a block with {tx.hash}; the chain is at {height}")

    return run.chain.wait(tx, timeout=run.wish.commit_timeout, waiting=waiting)


def _record_of(chain: ChainClient, node_id: bytes, committed: Committed) -> types_pb2.NodeRecord:
    deadline = time.monotonic() + INDEX_SECS
    while (record := chain.node(node_id)) is None or record.height < committed.height:
        if time.monotonic() >= deadline:
            raise JoinFailure(
                JoinCode.CHAIN_STALLED,
                expected=f"the record of node {node_id.hex()} of block {committed.height}",
                found="none" if record is None else f"one of block {record.height}",
            )
        time.sleep(POLL_SECS)
    return record


def _confirms(raw: bytes) -> Iterator[tx_pb2.MsgConfirmNode]:
    try:
        body = TxBody.FromString(TxRaw.FromString(raw).body_bytes)
        for entry in body.messages:
            if entry.type_url == CONFIRM_TYPE:
                yield tx_pb2.MsgConfirmNode.FromString(entry.value)
    except DecodeError:
        return


def _wait_a_block(chain: ChainClient) -> None:
    height, deadline = chain.height(), time.monotonic() + INDEX_SECS
    while chain.height() == height and time.monotonic() < deadline:
        time.sleep(POLL_SECS)


def _tx(sent: Sent) -> SignedTx:
    return SignedTx(
        raw=sent.raw, sequence=sent.sequence, fee=Fee(0, 0), timeout_height=sent.timeout_height
    )
