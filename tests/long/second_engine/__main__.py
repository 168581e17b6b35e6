"""`python -m tests.long.second_engine`: a newcomer joins four validators on another CometBFT.

Builds the engine that go.mod beside this file pins. Prints one line; exit code 0 only if the
newcomer holds the seed and all nodes have one app hash.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Final

from node.engine import build_engine, pinned
from node.localnet.network import Network
from node.localnet.plan import new_localnet
from node.localnet.status import look
from node.localnet.steps import Steps
from node.localnet.store import Folder
from node.supervisor import Event
from tests.support.ports import free_offset

MODULE: Final = Path(__file__).parent
SAYS: Final = "0.39.0"
"""What the program of 0.40.0 calls itself (version/version.go of that release)."""
VALIDATORS: Final = 4
BLOCK_MS: Final = 500


def main() -> int:
    """Runs it."""
    engine = build_engine(module=MODULE, says=SAYS)
    said: list[str] = []
    with tempfile.TemporaryDirectory() as path:
        folder = Folder(Path(path) / "net")
        with folder.claimed():
            made = new_localnet(validators=VALIDATORS, block_ms=BLOCK_MS, port_offset=free_offset())
            folder.save(made)

            def then() -> None:
                nodes = look(folder, folder.load())
                states = {node.enclave_state for node in nodes}
                heights = [node.height for node in nodes]
                assert states == {"HOLDER"}, nodes
                said.append(
                    f"CometBFT {pinned(MODULE).version}: {len(nodes)} nodes hold the seed at "
                    f"heights {heights}"
                )

            steps = Steps(lambda *_: None)
            network = Network(folder, engine=engine, steps=steps, report=_quiet)
            assert network.run(then)
    print(said[0])
    return 0


def _quiet(_: Event) -> None:
    """Says nothing of processes."""


if __name__ == "__main__":
    sys.exit(main())
