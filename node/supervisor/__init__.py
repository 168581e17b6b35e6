"""Runs and watches processes: CometBFT, the node's application, the enclave.

What belongs here: order, readiness, restarts, stopping, pid files. What must not: what a chain is.
"""

from node.supervisor.failures import SupervisorCode, SupervisorFailure
from node.supervisor.process_id import ProcessId, running
from node.supervisor.spec import Event, Group, ProcessSpec, Report, What
from node.supervisor.supervisor import Supervisor

__all__ = [
    "Event",
    "Group",
    "ProcessId",
    "ProcessSpec",
    "Report",
    "Supervisor",
    "SupervisorCode",
    "SupervisorFailure",
    "What",
    "running",
]
