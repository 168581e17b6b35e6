"""A node that runs and waits for its genesis time: CometBFT answers nobody until then."""

from __future__ import annotations

import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from chain_module.genesis_document import parse_time
from chain_module.genesis_form import BadGenesis
from enclave.time import NANOSECONDS
from node.cli.times import in_words, utc
from node.config import Home
from node.config.cometbft import engine_addresses
from node.config.parts import Part, pid_file
from node.failure import NodeFailure
from node.genesis import GenesisFile
from node.supervisor.process_id import running


@dataclass(frozen=True, slots=True)
class FirstBlock:
    """When a chain starts that has not started yet."""

    chain_id: str
    time_ns: int
    left_secs: int

    @property
    def words(self) -> str:
        """For people."""
        return f"starts at {utc(self.time_ns)}, in {in_words(self.left_secs)}"


def awaited(home: Home, rpc: str) -> FirstBlock | None:
    """What the home's engine waits for; None where it does not run, or no longer waits.

    Args:
        home: the node's.
        rpc: the URL that was asked; another node than the home's is not judged by its genesis.
    """
    if not home.is_initialized or running(pid_file(home, Part.COMETBFT)) is None:
        return None
    try:
        own = engine_addresses(home)[0].rpartition(":")[2]
        genesis = GenesisFile.load(home.genesis)
        start = parse_time(str(genesis.document.get("genesis_time")), "genesis_time")
    except (NodeFailure, BadGenesis):
        return None  # other checks say what is wrong with the files
    left = start - time.time_ns()
    if left <= 0 or str(urlsplit(rpc).port) != own:
        return None
    return FirstBlock(genesis.chain_id, start, -(-left // NANOSECONDS))
