"""What a process can do so that its memory does not end on a disk or in another process.

Best effort, and no substitute for an enclave: in software mode root reads everything.
"""

from __future__ import annotations

import ctypes
import resource
from typing import Final

_PR_SET_DUMPABLE: Final = 4
"""prctl(2), linux/prctl.h: 0 stops core dumps and ptrace by others of the same user."""


def disable_core_dumps() -> bool:
    """RLIMIT_CORE 0 and PR_SET_DUMPABLE 0. Says whether the kernel took both."""
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        limited = True
    except (OSError, ValueError):
        limited = False  # Gramine may not have the call; an enclave's memory is encrypted there.
    libc = ctypes.CDLL(None, use_errno=True)
    return int(libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)) == 0 and limited
