"""The node's only door to its enclave in the block path (protocol.md section 6).

What belongs here: deadlines, who is not asked, what is remembered. What must not: what an outcome
means for a block (the application), and gRPC (node/enclave_client).
"""

from node.confirmer.confirmer import Confirmer
from node.confirmer.counters import Counters
from node.confirmer.outcomes import Away, Envelope, NodeCode, Outcome, Refused

__all__ = ["Away", "Confirmer", "Counters", "Envelope", "NodeCode", "Outcome", "Refused"]
