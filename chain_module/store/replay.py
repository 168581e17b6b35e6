"""`python -m chain_module.store.replay [FILE]`: prints the root in hex after each save.

The one file of chain_module that reads and writes: a shell around `replay_lines`. Exit code 0, or
2 with one line on standard error where the input is not readable as operations.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from chain_module.store.replay_lines import BadLineError, replay_lines
from enclave.errors import words_of

UNREADABLE: Final = 2


def main(arguments: list[str]) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m chain_module.store.replay",
        description="Replays operations on a state tree; prints the root after each save.",
    )
    parser.add_argument("file", nargs="?", type=Path, help="lines of JSON; default: standard input")
    path: Path | None = parser.parse_args(arguments).file
    name = "standard input" if path is None else str(path)
    try:
        if path is None:
            _print_roots(sys.stdin.buffer)
        else:
            with path.open("rb") as file:
                _print_roots(file)
    except BadLineError as error:
        sys.stdout.flush()
        reason = str(error)
    except OSError as error:
        reason = words_of(error)
    else:
        return 0
    sys.stderr.write(f"replay: {name}: {reason}\n")
    return UNREADABLE


def _print_roots(lines: Iterable[bytes]) -> None:
    for root in replay_lines(lines):
        sys.stdout.write(f"{root.hex()}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
