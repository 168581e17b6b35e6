"""The one way in which commands speak: text for people, JSON for programs.

Text goes to stdout, an error as one line to stderr; colours only on a terminal. With
`--output json` stdout has exactly one JSON object, also for an error. No value is read as markup.
"""

from __future__ import annotations

import contextlib
import enum
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from node.cli.exit_codes import ExitCode
from node.cli.failures import CliCode, Failure
from node.cli.remedies import remedy_for
from node.cli.streams import AnswerLost, stderr_is_lost
from node.json_form import Json

Row = tuple[str, str]
"""Label and value, for people."""

TOLD: Final = ("tx_hash", "height", "confirm_tx_hash", "network_id", "node_id", "address", "out")
"""What is told of an answer that cannot be written: all of it public, and enough to find it."""

_GAP: Final = 2
_NARROW_COLUMNS: Final = 60
"""Below this a value stands under its label instead of beside it."""


class Format(enum.StrEnum):
    """What `--output` takes."""

    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Output:
    """Where a command puts its answer."""

    format: Format

    def answer(
        self,
        data: Mapping[str, Json],
        *,
        headline: str = "",
        rows: Sequence[Row] = (),
        hints: Iterable[str] = (),
        changes: bool = False,
    ) -> None:
        """The answer of a command that was done.

        Args:
            data: all of it, for programs; gets `accepted: true` in front.
            headline: the answer in one line.
            rows: the details, for people.
            hints: commands to run next.
            changes: whether the command has changed something, so that one whose reader has gone
                away is told too.

        Raises:
            AnswerLost: with what the answer says in a line.
        """
        try:
            self._answer(data, headline, rows, hints)
        except AnswerLost as lost:
            facts = [f"{name} {data[name]}" for name in TOLD if data.get(name) is not None]
            done = ", ".join([*([headline] if headline else []), *facts])
            quiet = lost.reader_gone and not changes
            raise AnswerLost(lost.reason, reader_gone=quiet, done=done) from None

    def _answer(
        self, data: Mapping[str, Json], headline: str, rows: Sequence[Row], hints: Iterable[str]
    ) -> None:
        if self.format is Format.JSON:
            print_json({"accepted": True, **data})
            return
        console = _console(stderr=False)
        if headline:
            _print(console, Text(headline, style="bold green"))
        print_rows(console, rows)
        for hint in hints:
            _print(console, Text.assemble(("next: ", "dim"), hint))

    def facts(self, rows: Sequence[Row]) -> None:
        """Details that stand above an error; JSON has them in the error's own object."""
        if self.format is Format.TEXT:
            # The error itself goes to stderr, and matters more.
            with contextlib.suppress(AnswerLost):
                print_rows(_console(stderr=False), rows)

    def fail(self, failure: Failure, *, stdout: bool = True) -> None:
        """The error of a command that was refused or failed.

        Args:
            failure: the error.
            stdout: whether stdout can be used: it is where JSON goes, and where text goes that
                stderr does not take. JSON that stdout does not take goes to stderr.
        """
        remedy = remedy_for(failure.code)
        if self.format is Format.JSON:
            known: dict[str, Json] = {"code": failure.code, "expected": failure.expected}
            known |= {"found": failure.found, "remedy": remedy.step}
            _fail_in_json({"accepted": False, **known, **failure.details}, stdout=stdout)
            return
        text = Text.assemble(
            (failure.code, "bold red"),
            (": expected ", "dim"),
            failure.expected,
            (", found ", "dim"),
            failure.found,
            (", next: ", "dim"),
            remedy.step,
        )
        _print(_console(stderr=True), text)
        if stdout and stderr_is_lost():
            with contextlib.suppress(AnswerLost):  # then only the exit code is left
                _print(_console(stderr=False), text)

    def lost(self, lost: AnswerLost) -> ExitCode:
        """Tells on stderr that stdout did not take the answer, with what was done; the exit code.

        A command that goes on tells it so at once, and ends with this code.
        """
        done = f"; done: {lost.done}" if lost.done else ""
        failure = Failure(
            CliCode.ANSWER_NOT_WRITTEN,
            expected="to write the answer to stdout",
            found=f"{lost.reason}{done}",
            exit_code=ExitCode.UNTOLD,
        )
        self.fail(failure, stdout=False)
        return ExitCode.UNTOLD


def _fail_in_json(data: Mapping[str, Json], *, stdout: bool) -> None:
    if stdout:
        try:
            print_json(data)
        except AnswerLost:
            pass
        else:
            return
    # One line, as all that programs read there: a command may log on.
    sys.stderr.write(json.dumps(data) + "\n")
    sys.stderr.flush()


def print_json(data: Mapping[str, Json]) -> None:
    """One JSON object, ASCII, on stdout."""
    sys.stdout.write(json.dumps(data, indent=2) + "\n")
    sys.stdout.flush()


def print_rows(console: Console, rows: Sequence[Row]) -> None:
    """Labels and values: folded inside a column on a terminal, one whole line each elsewhere."""
    if not rows:
        return
    width = max(len(label) for label, _ in rows)
    if not console.is_terminal:
        for label, value in rows:
            _print(console, Text(f"{label:<{width + _GAP}}{value}"))
    elif console.width < _NARROW_COLUMNS:
        for label, value in rows:
            _print(console, Text(label, style="cyan"))
            console.print(Padding(Text(value, overflow="fold"), (0, 0, 0, _GAP)))
    else:
        table = Table.grid(padding=(0, _GAP, 0, 0))
        table.add_column(style="cyan", no_wrap=True)
        table.add_column(overflow="fold")
        for label, value in rows:
            table.add_row(label, Text(value))
        console.print(table)


def _print(console: Console, text: Text) -> None:
    # soft_wrap: one line stays one line; a terminal folds it, a file keeps it whole.
    console.print(text, soft_wrap=True)


def _console(*, stderr: bool) -> Console:
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False)
