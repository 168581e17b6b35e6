"""What the supervisor runs, and what it says of it. Values only."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from node.supervisor.probes import Probe

STOP_SECS: Final = 15.0


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """One program."""

    name: str
    command: tuple[str, ...]
    """The program's path, then its arguments."""
    log: Path
    """Takes what it writes to stdout and stderr."""
    pid_file: Path
    ready: Probe
    ends_with: str | None = None
    """Another process of the group, without which this one cannot work: it starts when that one is
    ready, at every start, and ends with it."""
    awaits: Probe | None = None
    """Nothing is started before this holds."""
    vital: bool = True
    """Whether the group ends where it keeps dying. One that is not is tried for ever, once it has
    been ready."""
    halts: re.Pattern[bytes] | None = None
    """How a line of its log begins that says that it works no more. It should end by itself then:
    one that does not is killed, and started again like one that died."""
    stop_secs: float = STOP_SECS
    """How long it may take to end, before it is killed."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Besides that of the supervisor."""


@dataclass(frozen=True, slots=True)
class Group:
    """The processes of one node."""

    name: str
    processes: tuple[ProcessSpec, ...]
    """In the order in which they are started; they are stopped in the reverse order."""


class What(enum.StrEnum):
    """What happened to a process."""

    STARTED = "started"
    READY = "ready"
    SAID = "said"
    """It wrote a warning to its log while it started."""
    DIED = "died"
    GAVE_UP = "gave up"
    STOPPED = "stopped"
    KILLED = "killed"
    """It did not stop in time."""


@dataclass(frozen=True, slots=True)
class Event:
    """One line of what goes on."""

    group: str
    process: str
    what: What
    text: str = ""
    pid: int = 0


Report = Callable[[Event], None]
"""Called from the supervisor's thread."""
