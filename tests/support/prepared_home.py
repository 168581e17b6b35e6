"""The home of a chain of one validator: bootstrapped, never started, a copy for each test."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from node.config import Home
from node.localnet.store import Folder
from tests.support.cli import run_for_real
from tests.support.ports import free_offset


def prepare(path: Path) -> Folder:
    """One validator, in a folder of its own."""
    folder = Folder(path)
    options = ("--validators", "1", "--home", str(folder.path))
    offset = ("--port-offset", str(free_offset()))
    run_for_real("localnet", "prepare", *options, *offset).done()
    return folder


@contextlib.contextmanager
def copy_of(prepared: Folder) -> Iterator[Home]:
    """A copy with a path that is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="st-") as name:
        copy = Path(name) / "net"
        subprocess.run(["cp", "-a", prepared.path, copy], check=True)
        home = Folder(copy).home(prepared.load().bootstrap)
        for path in (home.cometbft_config, home.node_config):
            path.write_text(path.read_text().replace(str(prepared.path), str(copy)))
        yield home
