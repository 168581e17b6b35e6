"""`confirm_node` -> ImportSeed: a newcomer takes its seed as soon as the chain has its record.

`seedpactd register` does it by itself; this serves a node whose register was sent from elsewhere.
A HOLDER never leaves that state, so from then on nothing is looked at any more.
"""

from __future__ import annotations

from chain_module.registration.events import CONFIRM_NODE
from node.chain_client import ChainEvent
from node.host.host import NEW_BLOCK, Host
from node.join.seed import import_seed
from seedpact.enclave.v1 import service_pb2 as pb


class ImportSeed:
    """PENDING -> HOLDER, at the confirm of this enclave's own node."""

    def __init__(self) -> None:
        self.events: frozenset[str] = frozenset({NEW_BLOCK, CONFIRM_NODE})

    def handle(self, host: Host, event: ChainEvent) -> None:
        """Imports, if it is this enclave's confirm and it waits for one.

        Raises:
            NodeFailure: it could not; `seedpactd register` can be run again.
        """
        info = host.enclave.get_info()
        if info.state == pb.ENCLAVE_STATE_HOLDER:
            self.events = frozenset()
            return
        own = event.attributes.get("node_id") == info.node_id.hex()
        if not own or info.state != pb.ENCLAVE_STATE_PENDING:
            return
        record = host.chain.node(info.node_id)
        if record is None:
            return
        proven = import_seed(host.chain, host.enclave, record)
        host.log(
            "info",
            "seed_imported",
            node_id=info.node_id.hex(),
            height=record.height,
            header=proven.height,
            steps=proven.steps,
        )
