"""A validator that is honest but for the chunks of its snapshots: `python -m .. HOME`."""

from __future__ import annotations

import sys

from chain_module.abci import requests as req
from chain_module.abci import responses as res
from node.application.application import ChainApplication
from node.config import Home, NodeConfig
from node.run import run_node


class LyingServer(ChainApplication):
    """Offers what it has, and sends another last byte."""

    def load_snapshot_chunk(
        self, request: req.LoadSnapshotChunkRequest
    ) -> res.LoadSnapshotChunkResponse:
        """A chunk that its own manifest does not hold."""
        chunk = super().load_snapshot_chunk(request).chunk
        return res.LoadSnapshotChunkResponse(chunk[:-1] + bytes([chunk[-1] ^ 1]) if chunk else b"")


def main(path: str) -> int:
    """Runs the node of the home; returns the exit code."""
    home = Home.of(path)
    return run_node(home, NodeConfig.load(home), make_application=LyingServer)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
