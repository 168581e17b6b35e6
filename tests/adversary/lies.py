"""Lies of a proposer about confirms and registers, each a way to change an honest proposal.

A lie gets the two parts of an honest block, and gives the transactions to propose instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from cosmpy.protos.cosmos.tx.v1beta1.tx_pb2 import TxRaw

from chain_module.app.proposals import split
from chain_module.registration.confirm_tx import decode_confirm, encode_confirm
from enclave.attestation.types import TcbStatus

Txs = tuple[bytes, ...]
Lie = Callable[[Txs, Txs], Txs]
"""(user transactions, confirms) -> what is proposed instead."""


def omit_confirm(users: Txs, confirms: Txs) -> Txs:
    """A valid register is left unconfirmed."""
    return (*users, *confirms[:-1])


def omit_all_confirms(users: Txs, confirms: Txs) -> Txs:
    """No register is confirmed."""
    del confirms
    return users


def confirm_twice(users: Txs, confirms: Txs) -> Txs:
    """One register gets two confirms."""
    return (*users, *confirms, confirms[-1])


def confirm_without_register(users: Txs, confirms: Txs) -> Txs:
    """A confirm for a register that is in no block."""
    forged = changed(confirms[-1], register_tx_hash=bytes(32))
    return (*users, *confirms, forged)


def confirm_of_absent_register(users: Txs, confirms: Txs) -> Txs:
    """A confirm stays, and its register is not in the block."""
    return (*users[:-1], *confirms)


def wrong_envelope(users: Txs, confirms: Txs) -> Txs:
    """Other bytes in place of the seed."""
    envelope = bytearray(decode_confirm(confirms[0]).envelope)
    envelope[0] ^= 1
    return (*users, changed(confirms[0], envelope=bytes(envelope)), *confirms[1:])


def wrong_status(users: Txs, confirms: Txs) -> Txs:
    """A worse machine is called a better one, or the reverse."""
    verdict = decode_confirm(confirms[0]).verdict
    other = (
        TcbStatus.SW_HARDENING_NEEDED
        if verdict.tcb_status is TcbStatus.UP_TO_DATE
        else TcbStatus.UP_TO_DATE
    )
    lie = changed(confirms[0], verdict=replace(verdict, tcb_status=other))
    return (*users, lie, *confirms[1:])


def wrong_machine(users: Txs, confirms: Txs) -> Txs:
    """Another platform id, to free the machine of another node."""
    verdict = replace(decode_confirm(confirms[0]).verdict, platform_id=bytes(32))
    return (*users, changed(confirms[0], verdict=verdict), *confirms[1:])


def wrong_operator(users: Txs, confirms: Txs) -> Txs:
    """The record is given to somebody else."""
    return (*users, changed(confirms[0], operator=bytes(20)), *confirms[1:])


def confirm_first(users: Txs, confirms: Txs) -> Txs:
    """A confirm stands before its register."""
    return (confirms[0], *users, *confirms[1:])


def user_tx_last(users: Txs, confirms: Txs) -> Txs:
    """A user's transaction stands behind the confirms."""
    return (*users[1:], *confirms, users[0])


def other_encoding(users: Txs, confirms: Txs) -> Txs:
    """The same confirm in other bytes: its empty signer list is written out."""
    raw = TxRaw.FromString(confirms[0])
    padded = raw.body_bytes + b"\x12\x00"
    other = TxRaw(body_bytes=padded, auth_info_bytes=raw.auth_info_bytes)
    return (*users, other.SerializeToString(), *confirms[1:])


def broken_user_tx(users: Txs, confirms: Txs) -> Txs:
    """A transaction whose signature does not verify."""
    raw = TxRaw.FromString(users[0])
    signature = bytearray(raw.signatures[0])
    signature[5] ^= 1
    broken = TxRaw(
        body_bytes=raw.body_bytes,
        auth_info_bytes=raw.auth_info_bytes,
        signatures=[bytes(signature)],
    )
    return (broken.SerializeToString(), *users[1:], *confirms)


LIES: Final[Mapping[str, Lie]] = {
    lie.__name__: lie
    for lie in (
        omit_confirm,
        omit_all_confirms,
        confirm_twice,
        confirm_without_register,
        confirm_of_absent_register,
        wrong_envelope,
        wrong_status,
        wrong_machine,
        wrong_operator,
        confirm_first,
        user_tx_last,
        other_encoding,
        broken_user_tx,
    )
}


def tell(lie: Lie, txs: Txs) -> Txs:
    """The lie instead of the honest block; the same block where it has no confirm."""
    users, confirms = split(txs)
    return lie(tuple(users), tuple(confirms)) if confirms else txs


def changed(raw: bytes, **fields: Any) -> bytes:
    """The confirm with other fields, encoded as it must be."""
    return encode_confirm(replace(decode_confirm(raw), **fields))
