"""What can go wrong with the processes of a node, as one exception with a code."""

from __future__ import annotations

import enum

from node.failure import CodedFailure


class SupervisorCode(enum.StrEnum):
    """Why a node does not run. Stable names; the command line has a remedy for each."""

    NODE_ALREADY_RUNNING = "node_already_running"
    PORT_TAKEN = "port_taken"
    PORT_NOT_ALLOWED = "port_not_allowed"
    ADDRESS_NOT_HERE = "address_not_here"
    ADDRESS_UNKNOWN = "address_unknown"
    CANNOT_LISTEN = "cannot_listen"
    PROCESS_KEEPS_DYING = "process_keeps_dying"
    ENCLAVE_STATE_LOST = "enclave_state_lost"
    """Its backup is there; the node runs without it."""


class SupervisorFailure(CodedFailure[SupervisorCode]):
    """The processes of a node cannot be run.

    Attributes:
        code: why.
        expected: what would have been right.
        found: what was there instead, one line.
    """
