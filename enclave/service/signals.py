"""Which signals a process listens to: those that its parent has not told the kernel to ignore."""

from __future__ import annotations

import signal
from collections.abc import Iterable


def heard(numbers: Iterable[signal.Signals]) -> tuple[signal.Signals, ...]:
    """Those of the signals that did not come ignored.

    `nohup` starts a program with SIGHUP ignored, and a shell its background jobs with SIGINT: a
    handler of ours would end what somebody wants to stay.
    """
    return tuple(number for number in numbers if signal.getsignal(number) != signal.SIG_IGN)
