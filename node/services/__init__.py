"""What the node serves: gRPC as unmodified Cosmos clients call it, the same over ABCI, metrics.

What belongs here: the table of queries, the servers, and how refusals are told. What must not:
what a query of a module finds (`chain_module/*/queries`), and the state itself (`Backend`).
"""

from node.services.abci_query import AbciQueries
from node.services.backend import Backend, HeightUnknown
from node.services.failures import CannotServe, QueryRefused, ServiceCode
from node.services.limits import ServerLimits
from node.services.metrics_server import MetricsServer
from node.services.server import HEIGHT_HEADER, GrpcServer

__all__ = [
    "HEIGHT_HEADER",
    "AbciQueries",
    "Backend",
    "CannotServe",
    "GrpcServer",
    "HeightUnknown",
    "MetricsServer",
    "QueryRefused",
    "ServerLimits",
    "ServiceCode",
]
