"""`seedpactd enclave run`: the enclave's process, in the foreground."""

from __future__ import annotations

import json
import os
import sys
from typing import Final

import click
from rich.console import Console
from rich.text import Text

from enclave.crypto.labels import Mode
from node.cli.argument_types import DEFAULT_ADDRESS, Address, Hex, OneOf
from node.cli.enclave.supervise import LogLine, run_enclave
from node.cli.exit_codes import ExitCode
from node.cli.failures import CliCode, Failure
from node.cli.help_text import examples
from node.cli.options import output_option
from node.cli.output import Format, Output, print_json
from node.cli.streams import AnswerLost
from node.config.files import expanded

DEFAULT_HOME: Final = "~/.seedpact/enclave"
UNTOLD: Final = CliCode.ANSWER_NOT_WRITTEN.value

_STYLE: Final = {"info": "green", "warning": "yellow", "error": "bold red"}
_QUIET_FIELDS: Final = frozenset({"time", "level", "event", "message"})


@click.command(
    short_help="Serve an enclave in the foreground.",
    epilog=examples(
        "seedpactd enclave run --mode software",
        "seedpactd enclave run --mode software --home second --listen 127.0.0.1:26671",
    ),
)
@click.option(
    "--mode",
    type=OneOf([mode.value for mode in Mode]),
    required=True,
    help="hardware: SGX under Gramine; software: development, protects nothing.",
)
@click.option(
    "--home",
    default=DEFAULT_HOME,
    show_default=True,
    metavar="DIR",
    help="Where the sealed state lives; made if needed.",
)
@click.option(
    "--listen",
    type=Address(free_port=True),
    default=DEFAULT_ADDRESS,
    show_default=True,
    help="Where to serve; port 0 takes any free one and says which.",
)
@click.option("--measurement", type=Hex(32), help="Software mode: pretend to be this code.")
@output_option
def run(*, mode: str, home: str, listen: str, measurement: bytes | None, output: Output) -> None:
    """Serve the enclave of one node until Ctrl-C or SIGTERM.

    A restart needs nothing but --home: no network, no attestation service. Its log goes to stderr;
    once it serves, one line (with --output json: one object) on stdout says where.
    """
    arguments = ["--mode", mode, "--listen", listen]
    arguments += ["--home", os.fspath(expanded(home))]
    if measurement is not None:
        arguments += ["--measurement", measurement.hex()]
    log = _Log(output)
    status = run_enclave(arguments, on_line=log.show)
    if status == ExitCode.DONE:
        return
    if log.refusal is not None:
        raise log.refusal
    found = f"signal {-status}" if status < 0 else f"exit code {status}"
    raise Failure(CliCode.ENCLAVE_STOPPED, expected="an enclave that serves", found=found)


class _Log:
    """Shows the enclave's log, and remembers why it could not start."""

    def __init__(self, output: Output) -> None:
        self.refusal: Failure | None = None
        self._output = output
        self._console = Console(stderr=True, highlight=False, markup=False, emoji=False)

    def show(self, line: LogLine) -> None:
        if line.get("event") == "cannot_start":
            self.refusal = _refusal(line)
            return
        if self._output.format is Format.JSON:
            sys.stderr.write(json.dumps(line) + "\n")
            sys.stderr.flush()
        else:
            self._console.print(_in_words(line), soft_wrap=True)
        if line.get("event") == "serving":
            try:
                self._announce(line)
            except AnswerLost as lost:
                # It serves. The line of its log above says where, too.
                self.show({"level": "warning", "event": UNTOLD, "message": lost.reason})

    def _announce(self, line: LogLine) -> None:
        address, state = str(line.get("address", "")), str(line.get("state", ""))
        if self._output.format is Format.JSON:
            print_json({"accepted": True, "address": address, "state": state})
        else:
            sys.stdout.write(f"serving on {address}, state {state}; Ctrl-C stops it\n")
            sys.stdout.flush()


def _in_words(line: LogLine) -> Text:
    level, event = str(line.get("level", "info")), str(line.get("event", "log"))
    fields = " ".join(f"{k}={v}" for k, v in line.items() if k not in _QUIET_FIELDS)
    words = [str(line[key]) for key in ("message",) if key in line] + ([fields] if fields else [])
    return Text.assemble(
        (f"{line.get('time', '')} ".lstrip(), "dim"),
        (f"{level} ", _STYLE.get(level, "")),
        (event, "bold"),
        f" {' '.join(words)}" if words else "",
    )


def _refusal(line: LogLine) -> Failure:
    """The refusal with which the enclave could not start, as its own log line tells it."""
    code, expected, found = (str(line.get(key, "")) for key in ("code", "expected", "found"))
    return Failure(code, expected=expected, found=found)
