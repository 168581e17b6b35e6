"""What an engine says of itself: of a validator, or of a node without voting power."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator

from node.engine_rpc import Status
from tests.support.enclaves import CHAIN_ID
from tests.support.http_server import answering


def engine_status(*, power: int = 10, earliest_height: int = 1, height: int = 1) -> Status:
    """Of an engine that is in sync."""
    return Status(
        chain_id=CHAIN_ID,
        node_id="ab" * 20,
        listen_address="tcp://127.0.0.1:26656",
        moniker="node",
        version="0.38.26",
        latest_height=height,
        latest_app_hash=bytes(32),
        latest_time_ns=0,
        earliest_height=earliest_height,
        catching_up=False,
        validator_address=bytes(20),
        validator_power=power,
    )


@contextlib.contextmanager
def serving_status(status: Callable[[], Status]) -> Iterator[str]:
    """CometBFT's RPC that says this, whatever it is asked, for the length of a block; its URL."""

    def answer(_: bytes) -> bytes:
        said = status()
        result = {
            "node_info": {
                "network": said.chain_id,
                "id": said.node_id,
                "listen_addr": said.listen_address,
                "moniker": said.moniker,
                "version": said.version,
            },
            "sync_info": {
                "latest_block_height": str(said.latest_height),
                "latest_app_hash": said.latest_app_hash.hex(),
                "latest_block_time": "1970-01-01T00:00:00Z",
                "earliest_block_height": str(said.earliest_height),
                "catching_up": said.catching_up,
            },
            "validator_info": {
                "address": said.validator_address.hex(),
                "voting_power": str(said.validator_power),
            },
        }
        return json.dumps({"result": result}).encode()

    with answering(answer) as url:
        yield url
