"""What the policy's authority and operators may end or change: policy and nodes.

A change of the policy goes one way at a time. What narrows is in force at once. What widens is
written at once, too, so that enclaves can prove it in time, but the chain's gates hold the present
policy for two more blocks (`HeldPolicy`): what passes them in block h then passes in an enclave,
which sees S(h-2).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from chain_module import address
from chain_module.abci.common import Event
from chain_module.errors import TxRefusal
from chain_module.registration import events, keeper
from chain_module.registration.ending import revoke
from chain_module.registration.errors import RegistrationReason
from chain_module.registration.policy_change import Change, change_of
from chain_module.registration.records import HeldPolicy
from chain_module.store.types import StateReader, StateStore
from enclave.attestation.policy import Policy
from enclave.registration.records import NodeStatus

WIDENING_DELAY: Final = 2
"""Blocks from the one that decides to the first for which a wider policy is in force."""


def update_policy(
    state: StateStore, policy: Policy, *, signer: bytes, height: int
) -> tuple[int, tuple[Event, ...]]:
    """Decides a new policy in block `height`; returns from when on it is in force, and events.

    Raises:
        TxRefusal: NOT_AUTHORITY, BAD_POLICY_SERIAL, EVALUATION_MINIMUM_FALLS, POLICY_UNCHANGED
            or POLICY_CHANGE_MIXED.
    """
    check_authority(state, signer)
    newest = keeper.newest_policy(state)
    if policy.serial != newest.serial + 1:
        raise TxRefusal(
            RegistrationReason.BAD_POLICY_SERIAL,
            expected=f"serial {newest.serial + 1}",
            found=str(policy.serial),
        )
    present = keeper.policy_in_force(state, height)
    _check_minimum(policy, decided=(newest, present))
    change = change_of(present, policy)
    if change is Change.MIXED:
        raise TxRefusal(
            RegistrationReason.POLICY_CHANGE_MIXED,
            expected="a change that only narrows, or only widens, the policy in force",
            found="one that does both",
        )
    if change_of(newest, policy) is Change.NONE:
        raise TxRefusal(
            RegistrationReason.POLICY_UNCHANGED,
            expected="another policy than the present one",
            found="the same",
        )
    widens = change is Change.WIDENS
    effective = height + WIDENING_DELAY if widens else height
    keeper.set_policy(state, policy)
    keeper.set_held_policy(state, HeldPolicy(present, effective) if widens else None)
    said = events.policy_updated(
        serial=policy.serial, change=change.value, effective_height=effective
    )
    return effective, (said,)


def _check_minimum(policy: Policy, *, decided: Iterable[Policy]) -> None:
    """Below a minimum that was in force once, Intel's answer to a broken TCB would be undone."""
    minimum = max(one.minimum_evaluation_number for one in decided)
    if policy.minimum_evaluation_number < minimum:
        raise TxRefusal(
            RegistrationReason.EVALUATION_MINIMUM_FALLS,
            expected=f"a minimum_evaluation_number of {minimum} or higher: it never falls",
            found=str(policy.minimum_evaluation_number),
        )


def revoke_node(state: StateStore, node_id: bytes, *, signer: bytes) -> tuple[Event, ...]:
    """Ends a node, for its operator or the authority; returns events.

    Raises:
        TxRefusal: NO_SUCH_NODE, NOT_AUTHORITY or NODE_REVOKED.
    """
    record = keeper.node(state, node_id)
    if record is None:
        raise TxRefusal(
            RegistrationReason.NO_SUCH_NODE, expected="a node's id", found=node_id.hex()
        )
    if signer != record.operator:
        check_authority(state, signer)
    if record.status is NodeStatus.REVOKED:
        raise TxRefusal(
            RegistrationReason.NODE_REVOKED,
            expected="a node that is not revoked",
            found=f"node {node_id.hex()}, REVOKED",
        )
    return revoke(state, record)


def check_authority(state: StateReader, signer: bytes) -> None:
    """Raises TxRefusal NOT_AUTHORITY. An empty authority is nobody."""
    authority = keeper.params(state).authority
    if not authority or signer != authority:
        raise TxRefusal(
            RegistrationReason.NOT_AUTHORITY,
            expected=f"the authority {address.to_text(authority)}" if authority else "nobody",
            found=address.to_text(signer),
        )
