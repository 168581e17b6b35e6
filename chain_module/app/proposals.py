"""What a proposal may hold: how one is chosen, and how one is judged (protocol.md section 6).

Pure: quote verification and the enclave come in as functions. `Envelopes` is asked once for all
registers of a block, in their order.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chain_module.app.block import BlockFull, BlockLimits, BlockRun, FirstLook, Pending, framed
from chain_module.errors import TxRefusal
from chain_module.message import BlockContext
from chain_module.registration.confirm_tx import envelope_in, is_confirm
from chain_module.registration.records import MAX_REGISTERS
from chain_module.store.branch import Branch
from enclave.errors import CodedError

PATIENT_ATTEMPTS: Final = 2
"""So often the first failing register alone is left out; then every one that fails."""

Envelopes = Callable[[Sequence[Pending]], Sequence[bytes | None]]
"""Asks this node's enclave for envelopes of 48 bytes, in order. None where there is none to
compare: no seed, enclave away or late, or refusing what the node's gates pass (a fault)."""


class ProposalReason(enum.StrEnum):
    """Why a validator does not vote for a block. Stable names."""

    TX_REFUSED = "proposal_tx_refused"
    TOO_MUCH = "proposal_too_much"
    CONFIRMS_MISSING = "proposal_confirms_missing"
    CONFIRMS_EXTRA = "proposal_confirms_extra"
    CONFIRM_DIFFERS = "proposal_confirm_differs"
    SECOND_LOOK_FAILED = "proposal_second_look_failed"


class ProposalRefused(CodedError[ProposalReason]):
    """This block must not be voted for. What was found has the index of its transaction."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A block that was chosen, already run."""

    txs: tuple[bytes, ...]
    run: BlockRun


def choose(
    branch: Callable[[], Branch],
    context: BlockContext,
    txs: Sequence[bytes],
    *,
    max_tx_bytes: int,
    limits: BlockLimits,
    first_look: FirstLook,
    envelopes: Envelopes,
    enough: Callable[[], bool],
) -> Proposal:
    """PrepareProposal: user transactions in the given order, then a confirm for each register.

    What fails is left out, and everything from the first transaction on that no longer fits, or
    that comes when `enough` was done. Leaving a register out changes what its operator can pay, so
    what was chosen is then run again: a few times, whatever the registers are.

    Args:
        branch: a new branch of the last block's state, each time.
        context: of the block that is proposed.
        txs: from the mempool, in its order.
        max_tx_bytes: the most that all transactions may take, framed as in a block.
        limits: the block's; `max_registers` 0 leaves all registers out.
        first_look: all gates, for a register at its place.
        envelopes: asked at most once.
        enough: asked after each transaction that is new; True once this node's time is up. The
            block may then hold less than it could, but never nothing: a slow node gets on.
    """
    allowed: dict[bytes, bytes] | None = None
    attempts = 0
    while True:
        run = BlockRun(branch(), context, limits)
        txs = _select(
            run,
            txs if allowed is not None else _in_time(txs, enough),
            max_tx_bytes=max_tx_bytes,
            first_look=first_look,
            allowed=allowed,
        )
        if allowed is None:
            answers = envelopes(run.registers) if run.registers else ()
            pairs = zip(run.registers, answers, strict=True)
            allowed = {pending.tx.raw: found for pending, found in pairs if found is not None}
            if len(allowed) < len(run.registers):
                continue
        confirms = [pending.confirm_with(allowed[pending.tx.raw]) for pending in run.registers]
        for confirm in confirms:
            run.confirm(confirm)
        failed = [pending.tx.raw for pending in run.registers if not pending.confirmed]
        if not failed:
            return Proposal((*txs, *confirms), run)
        # The first alone, since those behind it may have failed because of it; not for long, since
        # each attempt runs the whole block, and what is left out pays for none of them.
        attempts += 1
        for raw in failed[:1] if attempts <= PATIENT_ATTEMPTS and not enough() else failed:
            del allowed[raw]


def judge(
    branch: Branch,
    context: BlockContext,
    txs: Sequence[bytes],
    *,
    limits: BlockLimits,
    first_look: FirstLook,
    envelopes: Envelopes,
) -> BlockRun:
    """ProcessProposal: rebuilds the confirms that this block must end with, and compares bytes.

    Returns:
        The run, to be kept until the block is decided.

    Raises:
        ProposalRefused: this block must not be voted for.
    """
    users, confirms = split(txs, most=limits.max_registers + 1)
    run = BlockRun(branch, context, limits)
    for index, raw in enumerate(users):
        try:
            run.admit(raw, first_look=first_look)
        except (TxRefusal, BlockFull) as refusal:
            full = isinstance(refusal, BlockFull)
            raise ProposalRefused(
                ProposalReason.TOO_MUCH if full else ProposalReason.TX_REFUSED,
                expected="transactions that limits, ante and gates accept",
                found=f"transaction {index}: {refusal}",
            ) from None
    _check_count(len(run.registers), len(confirms))
    answers = envelopes(run.registers) if run.registers else ()
    for pending, confirm, envelope in zip(run.registers, confirms, answers, strict=True):
        _check_confirm(run, pending, confirm, envelope)
    return run


def split(
    txs: Sequence[bytes], *, most: int = MAX_REGISTERS + 1
) -> tuple[Sequence[bytes], Sequence[bytes]]:
    """User transactions, and the confirms at the end: no more than `most` are looked for."""
    first = end = len(txs)
    while first and end - first < most and is_confirm(txs[first - 1]):
        first -= 1
    return txs[:first], txs[first:]


def _in_time(txs: Iterable[bytes], enough: Callable[[], bool]) -> Iterator[bytes]:
    """The first, and more until it is enough."""
    for raw in txs:
        yield raw
        if enough():
            return


def _select(
    run: BlockRun,
    txs: Iterable[bytes],
    *,
    max_tx_bytes: int,
    first_look: FirstLook,
    allowed: Mapping[bytes, bytes] | None,
) -> list[bytes]:
    """Runs what fits, with room for each register's confirm. None of `allowed`: any register."""
    chosen: list[bytes] = []
    room = max_tx_bytes
    for raw in txs:
        room -= framed(len(raw))
        if room < 0:
            break
        before = len(run.registers)
        try:
            run.admit(raw, first_look=first_look, room=room, allowed=allowed)
        except TxRefusal:
            room += framed(len(raw))
            continue
        except BlockFull as full:
            if full.register:
                room += framed(len(raw))
                continue
            break
        chosen.append(raw)
        for pending in run.registers[before:]:
            room -= framed(pending.confirm_bytes)
    return chosen


def _check_count(registers: int, confirms: int) -> None:
    if confirms != registers:
        reason = ProposalReason
        raise ProposalRefused(
            reason.CONFIRMS_MISSING if confirms < registers else reason.CONFIRMS_EXTRA,
            expected=f"{registers} confirms at the end, one for each register",
            found=str(confirms),
        )


def _check_confirm(run: BlockRun, pending: Pending, raw: bytes, envelope: bytes | None) -> None:
    """The bytes of one confirm, then the second look."""
    at = f"transaction {len(run.results)}"
    if pending.confirm_with(envelope or envelope_in(raw)) != raw:
        raise ProposalRefused(
            ProposalReason.CONFIRM_DIFFERS,
            expected=f"the confirm of register {pending.tx_hash.hex()} as this node builds it",
            found=f"{at} with other bytes",
        )
    run.confirm(raw)
    if not pending.confirmed:
        raise ProposalRefused(
            ProposalReason.SECOND_LOOK_FAILED,
            expected="registers that still pass just before their confirm",
            found=f"{at}: {pending.refusal}",
        )
