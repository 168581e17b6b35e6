"""A disk of 1 MB under the application's data of one node, filled while its network runs.

The disk is a tmpfs in a mount namespace of the network's own: nothing of it is left when the
network is gone, however it went. Root may make such a namespace, others where the system lets them
make user namespaces. Where nobody may, a limit of the node's process stands in: files that exist
may not grow, which LevelDB meets as it meets a full disk. A test says which way it went.
"""

from __future__ import annotations

import contextlib
import enum
import os
import resource
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from node.supervisor.node_group import Part
from tests.support.cli import COMMAND, python_path
from tests.support.localnets import Net

ROOM_BYTES: Final = 32 * 1024
"""Left free for the chain itself: some blocks, on a disk that another has filled."""
STOP_SECS: Final = 60

_MOUNT: Final = 'mkdir -p "$0" && mount -t tmpfs -o size=1m,mode=0700 tmpfs "$0" && exec "$@"'


class Way(enum.Enum):
    """How a disk is made small. The value is for people."""

    ROOT = "1 MB tmpfs, mounted as root"
    USER = "1 MB tmpfs, mounted in a user namespace"
    LIMIT = "limit of file sizes, since this machine lets nobody mount"


_UNSHARE: Final = {
    Way.ROOT: ("unshare", "--mount"),
    Way.USER: ("unshare", "--map-root-user", "--mount"),
}
_ENTER: Final = {
    Way.ROOT: ("nsenter", "--mount"),
    Way.USER: ("nsenter", "--user", "--preserve-credentials", "--mount"),
}


def possible_ways() -> list[Way]:
    """Those that work here, the most like a disk first; never empty."""
    with tempfile.TemporaryDirectory() as folder:
        mounting = [way for way in _UNSHARE if _works(*_UNSHARE[way], *_mounted(folder), "true")]
    return [*mounting, Way.LIMIT]


class FullDisk:
    """Under one node's data/seedpact. Made before its network is up.

    Args:
        network: founded, not up.
        name: of the node.
        way: how.
    """

    def __init__(self, network: Net, name: str, way: Way) -> None:
        self.way = way
        self._network, self._name = network, name
        self._folder = network.home(name).application_data
        if way is not Way.LIMIT:
            network.inside = (*_UNSHARE[way], *_mounted(str(self._folder)))

    def fill(self) -> None:
        """Takes all but some room; what the chain writes from here on fills the rest."""
        if self.way is Way.LIMIT:
            self._limit()
            return
        folder = self._seen_from_here()
        free = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
        (folder / "ballast").write_bytes(bytes(free - ROOM_BYTES))

    @contextlib.contextmanager
    def freed(self) -> Iterator[None]:
        """Makes room, and runs the node again, as its operator would."""
        if self.way is Way.LIMIT:
            yield  # the limit was of the process that died: the supervisor has started another
            return
        (self._seen_from_here() / "ballast").unlink()
        home = self._network.home(self._name)
        with (home.logs / "start.log").open("ab") as log:
            node = subprocess.Popen(
                [*self._enter(), *COMMAND, "start", "--home", str(home.path)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONPATH": python_path()},
            )
        try:
            yield
        finally:
            node.send_signal(signal.SIGINT)
            node.wait(STOP_SECS)

    def _limit(self) -> None:
        journal = max((self._folder / "db").glob("*.log"), key=lambda path: path.stat().st_mtime)
        node = self._network.process(self._name, Part.NODE)
        assert node is not None
        most = journal.stat().st_size + ROOM_BYTES
        resource.prlimit(node.pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))

    def _enter(self) -> tuple[str, ...]:
        return (*_ENTER[self.way], f"--target={self._network.up_pid}")

    def _seen_from_here(self) -> Path:
        """The folder, through a process that has the disk mounted."""
        return Path(f"/proc/{self._network.up_pid}/root{self._folder}")


def _mounted(folder: str) -> tuple[str, ...]:
    """Words that run a command with the disk in place."""
    return ("sh", "-c", _MOUNT, folder)


def _works(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False
