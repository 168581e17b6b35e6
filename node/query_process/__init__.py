"""Queries in a process of their own: the node's side of it, and the child's.

    node   (QueryProcess)   starts the child, sends it the state and each block's log record,
                            hands it the engine's queries, reads rows of the disk for it
    child  (child.py)       a copy of the state; the gRPC server, the table of queries, Simulate

What belongs here: the process, the socket between the two, and the copy. What must not: what a
query answers (`node.services`). Nothing that the child does, or does not do, is waited for by the
consensus lane (docs/adr/0024).
"""

from node.query_process.process import QueryProcess
from node.query_process.start import Settings

__all__ = ["QueryProcess", "Settings"]
