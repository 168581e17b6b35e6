"""The table: every query that a node answers, by its full gRPC path."""

from __future__ import annotations

from collections.abc import Mapping

from node.services import blocks, modules, transactions
from node.services.queries import Query


def all_queries() -> Mapping[str, Query]:
    """Queries by path, each path once."""
    parts = (
        modules.AUTH,
        modules.BANK,
        modules.CONSENSUS,
        modules.REGISTRATION,
        blocks.QUERIES,
        transactions.QUERIES,
    )
    return {path: query for part in parts for path, query in part.items()}
