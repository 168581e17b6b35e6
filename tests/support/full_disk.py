"""A small disk under the data of one node, filled while its network runs.

The disk is a tmpfs in a mount namespace of the network's own: nothing of it is left when the
network is gone, however it went. Root may make such a namespace, others where the system lets them
make user namespaces. Where nobody may, a limit of the process that writes there stands in: its
files may not grow, which databases meet as they meet a full disk. A test says which way it went.
"""

from __future__ import annotations

import contextlib
import enum
import errno
import os
import resource
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from node.config.parts import Part
from tests.support.cli import COMMAND, python_path
from tests.support.localnets import Net

ROOM_BYTES: Final = 32 * 1024
"""Left free for the chain itself: some blocks, on a disk that another has filled."""
STOP_SECS: Final = 60

_MOUNT: Final = """\
mkdir -p "$0" && cp -a "$0" "$0.before" && mount -t tmpfs -o "size=$1,mode=0700" tmpfs "$0" &&
cp -a "$0.before/." "$0" && shift && exec "$@"
"""


class Way(enum.Enum):
    """How a disk is made small. The value is for people."""

    ROOT = "tmpfs, mounted as root"
    USER = "tmpfs, mounted in a user namespace"
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
    """Under a folder of one node. Made before its network is up; each node may have one.

    Args:
        network: founded, not up.
        name: of the node.
        part: whose folder: the application's data/seedpact, or CometBFT's data/ with that in it.
        size: as mount takes it.
        way: how.
    """

    def __init__(self, network: Net, name: str, part: Part, *, size: str, way: Way) -> None:
        self.name, self.way = name, way
        self._network, self._part = network, part
        home = network.home(name)
        self._folder = home.application_data if part is Part.NODE else home.data
        if way is not Way.LIMIT:
            before = network.inside or _UNSHARE[way]
            network.inside = (*before, *_mounted(str(self._folder), size))

    def fill(self) -> None:
        """Takes all but some room; what the chain writes from here on fills the rest."""
        if self.way is Way.LIMIT:
            self._limit()
            return
        folder = self._seen_from_here()
        free = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
        try:
            (folder / "ballast").write_bytes(bytes(free - ROOM_BYTES))
        except OSError as error:
            if error.errno != errno.ENOSPC:  # the chain was quicker
                raise

    @contextlib.contextmanager
    def freed(self) -> Iterator[None]:
        """Makes room, and runs the node again, as its operator would."""
        if self.way is Way.LIMIT:
            yield  # the limit was of the process that died: the supervisor has started another
            return
        (self._seen_from_here() / "ballast").unlink()
        home = self._network.home(self.name)
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
        process = self._network.process(self.name, self._part)
        assert process is not None
        sizes = [path.stat().st_size for path in self._folder.rglob("*") if path.is_file()]
        most = max(sizes) + ROOM_BYTES
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))

    def _enter(self) -> tuple[str, ...]:
        return (*_ENTER[self.way], f"--target={self._network.up_pid}")

    def _seen_from_here(self) -> Path:
        """The folder, through a process that has the disk mounted."""
        return Path(f"/proc/{self._network.up_pid}/root{self._folder}")


def _mounted(folder: str, size: str = "1m") -> tuple[str, ...]:
    """Words that run a command with the disk in place, and on it what lay there before."""
    return ("sh", "-c", _MOUNT, folder, size)


def _works(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False
