"""Queries of the registration module: records as the chain stores them, unproven."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from node.chain_client.connection import Connection
from node.chain_client.failures import failed
from seedpact.registration.v1 import query_pb2, types_pb2

PAGE: Final = 100
MAX_PAGES: Final = 10_000
"""So many are asked for at most: a million nodes."""


class RegistrationQueries:
    """What `ChainClient` asks of seedpact.registration.v1.Query."""

    connection: Connection

    def node(self, node_id: bytes) -> types_pb2.NodeRecord | None:
        """The record of a node, or None."""
        found = self.connection.find(
            self.connection.registration.Node, query_pb2.QueryNodeRequest(node_id=node_id)
        )
        return None if found is None or not found.HasField("node") else found.node

    def nodes(
        self, *, status: int = 0, operator: bytes = b"", limit: int | None = None
    ) -> Iterator[types_pb2.NodeRecord]:
        """Records in ascending order of node_id, page by page.

        Args:
            status: a `types_pb2.NodeStatus`; 0: all.
            operator: 20 bytes; empty: all.
            limit: records at most.

        Raises:
            ChainFailure: also for pages that do not go on, or never end.
        """
        left, key, last = limit, b"", b""
        for _ in range(MAX_PAGES):
            if left is not None and left <= 0:
                return
            request = query_pb2.QueryNodesRequest(
                page_key=key,
                limit=PAGE if left is None else min(PAGE, left),
                status=types_pb2.NodeStatus.Name(status),
                operator=operator,
            )
            page = self.connection.call(self.connection.registration.Nodes, request)
            ids = [last, *(record.node_id for record in page.nodes)]
            if page.next_page_key and (len(ids) == 1 or ids != sorted(set(ids))):
                raise failed(self.connection.address, "a page of nodes that does not go on")
            yield from page.nodes
            key, last = page.next_page_key, ids[-1]
            left = None if left is None else left - len(page.nodes)
            if not key:
                return
        raise failed(self.connection.address, f"more than {MAX_PAGES} pages of nodes")

    def network_keys(self, epoch: int | None = None) -> types_pb2.NetworkKeys:
        """The public keys of an epoch; None: of the current one."""
        request = query_pb2.QueryNetworkKeysRequest(epoch=epoch)
        found = self.connection.call(self.connection.registration.NetworkKeys, request)
        keys: types_pb2.NetworkKeys = found.keys
        return keys

    def params(self) -> query_pb2.QueryParamsResponse:
        """The module's parameters, the floor, and the network_id that the node claims."""
        request = query_pb2.QueryParamsRequest()
        answer: query_pb2.QueryParamsResponse = self.connection.call(
            self.connection.registration.Params, request
        )
        return answer

    def freshness(self, node_id: bytes) -> types_pb2.Freshness | None:
        """The newest nonce of a node, or None. Of no node it is None, too."""
        found = self.connection.find(
            self.connection.registration.Freshness,
            query_pb2.QueryFreshnessRequest(node_id=node_id),
        )
        return None if found is None or not found.HasField("freshness") else found.freshness

    def policy(self) -> types_pb2.Policy:
        """The policy in force."""
        request = query_pb2.QueryPolicyRequest()
        found = self.connection.call(self.connection.registration.Policy, request)
        policy: types_pb2.Policy = found.policy
        return policy
