"""The command line, as its own tests have it."""

from __future__ import annotations

from tests.node.cli.conftest import cli

__all__ = ["cli"]
