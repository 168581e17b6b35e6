"""A newcomer that dies: `join_until.py HOME RPC GRPC NETWORK_ID POINT` joins, kill -9 at POINT."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from node.config import Home
from node.config.ports import Ports
from node.join import Join, join
from node.localnet.homes import ensure_key


def main(home: str, rpc: str, grpc: str, network_id: str, point: str) -> None:
    """Joins, and dies on the way."""

    def hook(recorded: str) -> None:
        if recorded == point:
            os.kill(os.getpid(), signal.SIGKILL)

    wish = Join(
        home=Path(home),
        peer_rpc=rpc,
        peer_grpc=grpc,
        operator=ensure_key(Home.of(home), "operator"),
        network_id=bytes.fromhex(network_id),
        ports=Ports(),
    )
    join(wish, hook=hook)


if __name__ == "__main__":
    main(*sys.argv[1:])
