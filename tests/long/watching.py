"""What the processes of a network take while it runs: memory, files, disk; and what they log.

Series are of one process each: one that was started again begins a new one.
"""

from __future__ import annotations

import contextlib
import re
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from node.config.parts import Part, log_file
from tests.support.localnets import Net

FEWEST: Final = 8
"""Samples of a series that says something: one of a process that was killed early does not."""

MOST_MB: Final[Mapping[Part, float]] = {Part.NODE: 200, Part.ENCLAVE: 120, Part.COMETBFT: 400}
"""Memory of one process. CometBFT's is its own affair: a bound that shows a leak."""
MOST_GROWTH_MB: Final[Mapping[Part, float]] = {
    Part.NODE: 40,
    Part.ENCLAVE: 10,
    Part.COMETBFT: 80,
}
"""From the first quarter of a slice to the last, medians: blocks that are kept fill up at first."""
MOST_MORE_FILES: Final = 40
"""The same for open files: LevelDB's tables, and connections."""

PEERS_COME_AND_GO: Final = (
    "Stopping peer for error",
    "error while stopping peer",
    "dialing failed",
    "Error dialing peer",
    "Connection failed @",
    "MConnection flush failed",
    "MConnection failed",
    "Failed to send",
    "Failed to reconnect",
    "Error reconnecting to peer",
)
"""Errors of CometBFT that the kill of another node explains."""
ENGINE_ENDS: Final = (
    "Stopping abci.socketClient for error",
    "abci.socketClient failed to connect",
    "Error stopping pool",
    "Error serving server",
    "Stopped accept routine",
    "already stopped",
    "Did the application crash?",
    "switch is not running",
    "peer did not send us anything",
)
"""Errors of CometBFT that the end of its application, or its own, explains; the last is of a node
that catches up, from peers that are busy."""

_ERROR: Final = re.compile(
    r'^E\[|^\S+Z error |"level": "error"|^Traceback|^panic|CONSENSUS FAILURE'
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One process at one moment."""

    megabytes: float
    """VmRSS, of 10^6 bytes."""
    files: int
    """Open file descriptors."""


Series = dict[tuple[str, Part, int], list[Sample]]
"""By node, process and process id."""


@dataclass
class Watch:
    """Samples of a network's processes. Made when it runs."""

    network: Net
    series: Series = field(default_factory=dict)
    starts: dict[Path, int] = field(init=False)
    """How long each log was at first."""
    disk: dict[str, int] = field(init=False)
    """Bytes of each node's data at first."""

    def __post_init__(self) -> None:
        self.starts = {path: _size(path) for _, _, path in self._logs()}
        self.disk = self.disk_now()

    def look(self) -> None:
        """One sample of each process that runs."""
        for node in self.network.localnet.nodes:
            for part in Part:
                found = self.network.process(node.name, part)
                # It may end while it is looked at.
                with contextlib.suppress(OSError, ValueError):
                    if found is not None:
                        key = node.name, part, found.pid
                        self.series.setdefault(key, []).append(_sample(found.pid))

    def disk_now(self) -> dict[str, int]:
        """Bytes of each node's data, CometBFT's and the application's."""
        nodes = self.network.localnet.nodes
        return {node.name: _tree_size(self.network.home(node.name).data) for node in nodes}

    def errors(self, *, restarted: Sequence[str]) -> tuple[int, list[str]]:
        """Lines of errors since the watch began.

        Args:
            restarted: the nodes whose processes were killed meanwhile.

        Returns:
            How many are explained, and those that are not.
        """
        explained, others = 0, []
        for name, part, path in self._logs():
            for line in error_lines(path, self.starts.get(path, 0)):
                if part is Part.COMETBFT and is_explained(line, restarted=name in restarted):
                    explained += 1
                else:
                    others.append(f"{name}/{part}: {line}")
        return explained, others

    def _logs(self) -> Iterator[tuple[str, Part, Path]]:
        for node in self.network.localnet.nodes:
            for part in Part:
                yield node.name, part, log_file(self.network.home(node.name), part)


def check_bounds(series: Series) -> str:
    """Asserts that no process takes too much, or ever more; what each kind took, at most."""
    told = []
    for part in Part:
        found = {
            name: samples
            for (name, of, _), samples in series.items()
            if of is part and len(samples) >= FEWEST
        }
        assert found, part
        memory = [_bounded(name, part, samples) for name, samples in found.items()]
        files = max(samples[-1].files for samples in found.values())
        first, last = (max(side) for side in zip(*memory, strict=True))
        told.append(f"{part} {first:.0f} to {last:.0f} MB, {files} files")
    return ", ".join(told)


def growth(samples: Sequence[float]) -> tuple[float, float]:
    """The medians of the first and of the last quarter."""
    quarter = max(1, len(samples) // 4)
    return statistics.median(samples[:quarter]), statistics.median(samples[-quarter:])


def error_lines(path: Path, start: int) -> Iterator[str]:
    """The lines of a log that are errors, from that byte on."""
    with path.open("rb") as log:
        log.seek(start)
        for line in log:
            text = line.decode("utf-8", "replace").rstrip()
            if _ERROR.search(text):
                yield text


def is_explained(line: str, *, restarted: bool) -> bool:
    """Whether the kill of a process explains an error of CometBFT: its own node's, or another's."""
    known = (*PEERS_COME_AND_GO, *(ENGINE_ENDS if restarted else ()))
    return any(words in line for words in known)


def _bounded(name: str, part: Part, samples: Sequence[Sample]) -> tuple[float, float]:
    """Asserts it of one process; its memory at first and at last."""
    most = max(sample.megabytes for sample in samples)
    assert most <= MOST_MB[part], (name, part, most)
    first, last = growth([sample.megabytes for sample in samples])
    assert last - first <= MOST_GROWTH_MB[part], (name, part, first, last)
    before, after = growth([float(sample.files) for sample in samples])
    assert after - before <= MOST_MORE_FILES, (name, part, before, after)
    return first, last


def _sample(pid: int) -> Sample:
    process = Path(f"/proc/{pid}")
    status = (process / "status").read_text(encoding="ascii", errors="replace")
    (kilobytes,) = re.findall(r"^VmRSS:\s+(\d+) kB$", status, re.MULTILINE)
    files = sum(1 for _ in (process / "fd").iterdir())
    return Sample(megabytes=int(kilobytes) * 1_024 / 1e6, files=files)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _tree_size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(FileNotFoundError):  # tables come and go
            total += path.stat().st_size
    return total
