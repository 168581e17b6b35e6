"""Which signals a process listens to."""

from __future__ import annotations

import signal

import pytest

from enclave.service.signals import heard

BOTH = (signal.SIGHUP, signal.SIGTERM)


@pytest.mark.parametrize("ignored", [True, False])
def test_what_came_ignored_is_left_out(*, ignored: bool) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN if ignored else signal.SIG_DFL)
    try:
        assert heard(BOTH) == (BOTH[1:] if ignored else BOTH)
    finally:
        signal.signal(signal.SIGHUP, before)
