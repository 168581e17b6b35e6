"""What an engine says of itself: of a validator, or of a node without voting power."""

from __future__ import annotations

from node.engine_rpc import Status
from tests.support.world import CHAIN_ID


def engine_status(*, power: int = 10, earliest_height: int = 1, height: int = 1) -> Status:
    """Of an engine that is in sync."""
    return Status(
        chain_id=CHAIN_ID,
        node_id="ab" * 20,
        listen_address="tcp://127.0.0.1:26656",
        moniker="node",
        version="0.38.26",
        latest_height=height,
        latest_hash=bytes(32),
        latest_app_hash=bytes(32),
        latest_time_ns=0,
        earliest_height=earliest_height,
        catching_up=False,
        validator_address=bytes(20),
        validator_power=power,
    )
