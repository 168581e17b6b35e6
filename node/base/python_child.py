"""How a child that runs Python is started: the one place that makes its command line.

`python -m` puts the current folder before everything else: whatever lies there under a module's
name would run in the child, and one of the children holds the seed. So each child gets `-P`, and an
environment from which nothing is loaded that the operator has not named by an absolute path.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

_LAUNCH: Final = Path(__file__).with_name("launch.py")

PATHS: Final = ("PYTHONHOME", "PYTHONPATH", "PYTHONPYCACHEPREFIX", "PYTHONUSERBASE")
"""Folders that code is loaded from. An empty or relative one is the current folder, or below it;
the absolute ones stay: an image or a checkout may name the packages there."""

LOADERS: Final = ("PYTHONBREAKPOINT", "PYTHONINSPECT", "PYTHONSTARTUP", "PYTHONWARNINGS")
"""They import or run what they name, and no child has a use for them."""


def python_command(module: str, *arguments: str) -> tuple[str, ...]:
    """The command line of this interpreter that runs a module, found as this process finds it."""
    return (sys.executable, "-P", "-m", module, *arguments)


def dying_with_us(command: Sequence[str], *, nice: int = 0) -> tuple[str, ...]:
    """The command line of a program that the kernel ends when this process dies (`launch.py`).

    Args:
        command: the program's path, then its arguments.
        nice: by how much others come before it, from its first instruction on; 0 .. 19.
    """
    return (sys.executable, "-I", "-S", str(_LAUNCH), str(os.getpid()), str(nice), *command)


def python_environment(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What a child gets of this environment."""
    kept = {name: value for name, value in environment.items() if name not in LOADERS}
    for name in PATHS:
        folders = [part for part in kept.pop(name, "").split(os.pathsep) if part.startswith("/")]
        if folders:
            kept[name] = os.pathsep.join(folders)
    return kept
