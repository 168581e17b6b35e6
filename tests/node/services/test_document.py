"""docs/services.md names what is served, all of it and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from node.metrics import Metrics
from node.services import ServerLimits
from node.services.health import STALL_SECS
from node.services.table import all_queries

TEXT = (Path(__file__).parents[3] / "docs" / "services.md").read_text()


def test_every_method_is_named() -> None:
    rows = re.findall(r"^\| `([a-z0-9]+(?:\.\w+)+)` \| (.*) \|$", TEXT, re.MULTILINE)
    named = {
        f"/{service}/{method}"
        for service, methods in rows
        if not service.startswith("grpc.")
        for method in re.findall(r"`(\w+)`", methods)
    }
    assert named == set(all_queries())


def test_every_figure_is_named() -> None:
    figures = {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in Metrics().registry.collect()
    }
    assert set(re.findall(r"^\| `(seedpact_\w+)` \|", TEXT, re.MULTILINE)) == figures


def test_the_limits_are_the_servers() -> None:
    limits = ServerLimits()
    said = (
        f"{limits.max_request_bytes >> 20} MiB a request, {limits.max_calls} calls at once, "
        f"{limits.workers} at work, {limits.client_calls} of one client, and of `Simulate` "
        f"{limits.simulations} of all; a connection lives {limits.patience_secs} seconds"
    )
    assert said in TEXT
    assert f"says nothing for {limits.silence_secs:.0f} seconds" in TEXT
    assert f"in the last {STALL_SECS:.0f} seconds" in TEXT
