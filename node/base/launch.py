"""Becomes a program that the kernel ends when its parent dies.

    launch.py PARENT_PID NICE PROGRAM ..

Run by path, without site packages: it starts in 20 ms, and keeps its process id. A function
between fork and exec would do the same, but not in a process that has threads.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import Final, NoReturn

PR_SET_PDEATHSIG: Final = 1
ORPHAN: Final = 3
"""Exit code: the parent was gone before the kernel knew what to do then."""


def main(arguments: list[str]) -> NoReturn:
    """Becomes the program. Raises OSError where that cannot be run."""
    parent, nice, *command = arguments
    os.nice(int(nice))
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # It is how the program is stopped, also where the parent came with it ignored.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if os.getppid() != int(parent):
        sys.exit(ORPHAN)
    os.execv(command[0], command)  # noqa: S606 (no shell is wanted)


if __name__ == "__main__":
    main(sys.argv[1:])
