"""The node's process, as the supervisor starts it: `python -m node.process HOME`.

What keeps it from starting is one line of its log, and exit code 1.
"""

from __future__ import annotations

import sys
from pathlib import Path

from chain_module.genesis_form import BadGenesis
from node.abci import CannotListen
from node.config import ConfigFailure, Home, NodeConfig
from node.config.files import cannot_read
from node.failure import NodeFailure
from node.log import LineLog
from node.run import run_node
from node.services.failures import CannotServe
from node.storage import StorageFault

FAILED = 1


def main(arguments: list[str]) -> int:
    """Runs the node of the home that is named; returns the exit code."""
    try:
        home = Home.of(arguments[0])
        return run_node(home, NodeConfig.load(home))
    except (BadGenesis, CannotServe, ConfigFailure, StorageFault) as failure:
        _say(failure)
    except OSError as error:
        # The kernel's refusal of a file of the home, such as a genesis of another user.
        _say(cannot_read(Path(error.filename or arguments[0]), error))
    except CannotListen as failure:
        LineLog(sys.stderr)("error", "cannot_listen", reason=str(failure))
    return FAILED


def _say(failure: NodeFailure | BadGenesis) -> None:
    LineLog(sys.stderr)("error", failure.code, expected=failure.expected, found=failure.found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
