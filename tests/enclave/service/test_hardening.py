"""Whether the kernel took both limits. The calls are doubled: the real ones outlive a test."""

from __future__ import annotations

import ctypes
import resource
from types import SimpleNamespace

import pytest

from enclave.service.hardening import disable_core_dumps


@pytest.mark.parametrize(
    ("limited", "prctl", "both"), [(True, 0, True), (False, 0, False), (True, -1, False)]
)
def test_both_have_to_be_taken(
    monkeypatch: pytest.MonkeyPatch, *, limited: bool, prctl: int, both: bool
) -> None:
    def limit(_which: int, _limits: tuple[int, int]) -> None:
        if not limited:
            raise OSError

    libc = SimpleNamespace(prctl=lambda *_numbers: prctl)
    monkeypatch.setattr(resource, "setrlimit", limit)
    monkeypatch.setattr(ctypes, "CDLL", lambda *_names, **_options: libc)
    assert disable_core_dumps() is both
