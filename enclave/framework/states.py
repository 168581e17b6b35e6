"""The states of an enclave as a table (protocol.md section 10).

What belongs here: which request is legal in which state, and where it may lead. A reader checks
the lifecycle against the specification with this file alone. What a request does is its handler's.

    EMPTY    no keys
    KEYED    node_key and a KEM secret for one network, sealed and backed up
    PENDING  KEYED, and at least one quote was made
    HOLDER   holds the consensus seed; never leaves this state
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final

from enclave.errors import Code, Refusal


class State(enum.IntEnum):
    """The numbers are those of `seedpact.enclave.v1.EnclaveState`."""

    EMPTY = 1
    KEYED = 2
    PENDING = 3
    HOLDER = 4


class Operation(enum.StrEnum):
    """Every request of the service."""

    GET_INFO = "get_info"
    BOOTSTRAP = "bootstrap"
    CREATE_NODE_KEY = "create_node_key"
    MAKE_QUOTE = "make_quote"
    CONFIRM_NODES = "confirm_nodes"
    IMPORT_SEED = "import_seed"
    FOLLOW_CHAIN = "follow_chain"
    REPORT_FORK = "report_fork"
    GET_NETWORK_KEYS = "get_network_keys"
    BACKUP = "backup"
    RESTORE = "restore"


TRANSITIONS: Final[Mapping[State, Mapping[Operation, frozenset[State]]]] = {
    State.EMPTY: {
        Operation.GET_INFO: frozenset({State.EMPTY}),
        Operation.BOOTSTRAP: frozenset({State.HOLDER}),
        Operation.CREATE_NODE_KEY: frozenset({State.KEYED}),
        # A backup may be of any state but EMPTY.
        Operation.RESTORE: frozenset({State.KEYED, State.PENDING, State.HOLDER}),
    },
    State.KEYED: {
        Operation.GET_INFO: frozenset({State.KEYED}),
        # With `discard` only: new keys for a wrong network_id or kem_io that a peer told.
        Operation.CREATE_NODE_KEY: frozenset({State.KEYED}),
        Operation.MAKE_QUOTE: frozenset({State.PENDING}),
        Operation.BACKUP: frozenset({State.KEYED}),
    },
    State.PENDING: {
        Operation.GET_INFO: frozenset({State.PENDING}),
        Operation.CREATE_NODE_KEY: frozenset({State.KEYED}),
        # Again, with a newer anchor.
        Operation.MAKE_QUOTE: frozenset({State.PENDING}),
        Operation.IMPORT_SEED: frozenset({State.HOLDER}),
        Operation.FOLLOW_CHAIN: frozenset({State.PENDING}),
        Operation.REPORT_FORK: frozenset({State.PENDING}),
        Operation.BACKUP: frozenset({State.PENDING}),
    },
    State.HOLDER: {
        Operation.GET_INFO: frozenset({State.HOLDER}),
        # For renewal, or the bootstrap quote once more.
        Operation.MAKE_QUOTE: frozenset({State.HOLDER}),
        Operation.CONFIRM_NODES: frozenset({State.HOLDER}),
        Operation.FOLLOW_CHAIN: frozenset({State.HOLDER}),
        Operation.REPORT_FORK: frozenset({State.HOLDER}),
        Operation.GET_NETWORK_KEYS: frozenset({State.HOLDER}),
        Operation.BACKUP: frozenset({State.HOLDER}),
    },
}


def check_legal(state: State, operation: Operation) -> None:
    """Raises Refusal: ALREADY_BOOTSTRAPPED, KEYS_EXIST or ILLEGAL_STATE."""
    if operation in TRANSITIONS[state]:
        return
    legal = [s.name for s in State if operation in TRANSITIONS[s]]
    raise Refusal(
        _code(operation), expected=f"{operation} in {' or '.join(legal)}", found=state.name
    )


def check_transition(before: State, operation: Operation, after: State) -> None:
    """A handler went where the table leads. Raises RuntimeError: a bug, never a host's doing."""
    if after not in TRANSITIONS[before][operation]:
        raise RuntimeError(f"{operation} led from {before.name} to {after.name}")


def _code(operation: Operation) -> Code:
    match operation:
        case Operation.BOOTSTRAP:
            return Code.ALREADY_BOOTSTRAPPED
        case Operation.CREATE_NODE_KEY | Operation.RESTORE:
            return Code.KEYS_EXIST
        case _:
            return Code.ILLEGAL_STATE
