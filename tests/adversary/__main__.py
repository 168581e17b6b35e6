"""The node's process of a validator that lies: `python -m tests.adversary HOME LIE [--after N]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Final

from node.config import Home, NodeConfig
from node.run import run_node
from tests.adversary.application import LyingApplication
from tests.adversary.lies import LIES

ALL: Final = "all"


def main(arguments: Sequence[str]) -> int:
    """Runs the node of the home; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.adversary", description=__doc__)
    parser.add_argument("home")
    parser.add_argument("lie", choices=[*LIES, ALL], help=f"{ALL}: each in turn")
    parser.add_argument(
        "--after", type=int, default=0, help="honest until the chain has so many confirmed nodes"
    )
    options = parser.parse_args(arguments)
    lies = () if options.lie == ALL else (LIES[options.lie],)
    home = Home.of(options.home)
    return run_node(
        home,
        NodeConfig.load(home),
        make_application=lambda parts: LyingApplication(parts, *lies, after=options.after),
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
