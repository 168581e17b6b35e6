"""The folder of a localnet: localnet.json, replaced in one step, and a folder for each node.

Several commands may change it while it runs: each change holds a lock.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, cast

from node.base.file_lock import FileLock, Held
from node.config import Home
from node.config.files import make_folder, read_bytes, replace_file
from node.json_form import parse_json
from node.localnet.failures import LocalnetCode, LocalnetFailure
from node.localnet.plan import Localnet, LocalNode, Registration, Role, Stage
from node.supervisor import ProcessId, running

FILE_NAME: Final = "localnet.json"
VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Folder:
    """Where a localnet lies."""

    path: Path

    @property
    def file(self) -> Path:
        """What it is: its presence says that the folder is ours."""
        return self.path / FILE_NAME

    @property
    def pid_file(self) -> Path:
        """The process of `localnet up`."""
        return self.path / "up.pid"

    @property
    def faucet_home(self) -> Home:
        """The home whose keyring holds the faucet."""
        return Home(self.path / "faucet")

    def home(self, node: LocalNode) -> Home:
        """A node's home."""
        return Home(self.path / node.name)

    def running(self) -> ProcessId | None:
        """The process of `localnet up`, if it runs."""
        return running(self.pid_file)

    def load(self) -> Localnet:
        """What localnet.json says.

        Raises:
            LocalnetFailure: NO_LOCALNET or LOCALNET_UNUSABLE.
            ConfigFailure: it cannot be read.
        """
        data = read_bytes(self.file)
        if data is None:
            raise LocalnetFailure(
                LocalnetCode.NO_LOCALNET, expected=f"a localnet at {self.path}", found="none"
            )
        try:
            return _parse(cast("dict[str, Any]", parse_json(data)))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise LocalnetFailure(
                LocalnetCode.LOCALNET_UNUSABLE,
                expected=f"{self.file} as this version writes it",
                found="another content",
            ) from None

    def save(self, localnet: Localnet) -> None:
        """Replaces localnet.json. Raises ConfigFailure: CANNOT_WRITE."""
        make_folder(self.path)
        content = {"version": VERSION, **asdict(localnet)}
        replace_file(self.file, json.dumps(content, indent=2).encode("ascii") + b"\n")

    def change(self, how: Callable[[Localnet], Localnet]) -> Localnet:
        """Reads, changes and replaces, while no other process does. Raises as `load`, `save`."""
        with FileLock(self.path / f"{FILE_NAME}.lock", wait=lambda: None):
            changed = how(self.load())
            self.save(changed)
        return changed

    @contextlib.contextmanager
    def claimed(self) -> Iterator[None]:
        """Holds the folder for one `localnet up`, and names its process.

        Raises:
            LocalnetFailure: LOCALNET_RUNNING.
            ConfigFailure: the folder cannot be made.
        """
        make_folder(self.path)
        try:
            lock = FileLock(self.path / "up.lock")
        except Held:
            own = self.running()
            raise LocalnetFailure(
                LocalnetCode.LOCALNET_RUNNING,
                expected=f"no `localnet up` on {self.path}",
                found=f"process {own.pid}" if own else "one that holds its lock",
            ) from None
        with lock:
            own = ProcessId.of(os.getpid())
            if own is not None:
                own.write(self.pid_file)
            yield
            self.pid_file.unlink(missing_ok=True)


def _parse(value: dict[str, Any]) -> Localnet:
    if value["version"] != VERSION:
        raise ValueError("version")
    last = value["last_registration"]
    return Localnet(
        chain_id=str(value["chain_id"]),
        port_offset=int(value["port_offset"]),
        block_ms=int(value["block_ms"]),
        stage=Stage(value["stage"]),
        nodes=tuple(
            LocalNode(str(node["name"]), Role(node["role"]), int(node["index"]))
            for node in value["nodes"]
        ),
        last_registration=None if last is None else Registration(**last),
    )
