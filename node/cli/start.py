"""`seedpactd start`: runs and watches the node's three processes, or becomes one of them."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Final, NoReturn

import click
from rich.console import Console
from rich.text import Text

from enclave.crypto.labels import Mode
from node.base.python_child import python_environment
from node.cli.argument_types import OneOf
from node.cli.engine import BuildProgress
from node.cli.failures import CliCode
from node.cli.help_text import examples
from node.cli.options import home_option, output_option, passphrase_option
from node.cli.output import Format, Output, print_json
from node.cli.remedies import remedy_for
from node.cli.streams import AnswerLost
from node.config import Home, NodeConfig
from node.config.cometbft import engine_addresses
from node.config.initialize import engine_has_run
from node.config.node_config import FILE_BACKEND
from node.config.parts import Part, pid_file
from node.engine import build_engine, find_engine
from node.supervisor import Event, ProcessId, Supervisor, What
from node.supervisor.node_group import command, node_group
from node.supervisor.preflight import (
    check_home,
    check_not_running,
    check_ports,
    claimed,
    state_lost,
)

SOFTWARE_MODE: Final = "software mode protects nothing: keys lie in a file and in plain memory"

_STYLE: Final = {What.READY: "green", What.DIED: "bold red", What.GAVE_UP: "bold red"}
_QUIET: Final = frozenset({What.STARTED})
"""What a terminal need not show: READY follows."""


@click.command(
    short_help="Run the node.",
    epilog=examples("seedpactd start", "seedpactd start --home node1 --only cometbft"),
)
@click.option(
    "--only",
    type=OneOf([part.value for part in Part]),
    help="Become this one process, which nobody watches: for containers and services.",
)
@passphrase_option
@home_option
@output_option
def start(*, only: str | None, passphrase_file: str | None, home: Home, output: Output) -> None:
    """Run CometBFT, the application and the enclave of a home until Ctrl-C or SIGTERM.

    The enclave and the node start together, cometbft when the node is ready; they stop in the order
    cometbft, node, enclave. One that dies is started again; one that keeps dying ends the node, but
    for the enclave: without it a validator still validates. Logs are in logs/, process ids in run/.

    The engine is built first where that was not done yet (`seedpactd engine build`).

    The node signs renewals and nonces with the operator's key that node.toml names. For one in the
    `file` keyring the password is asked on the terminal, or read from --keyring-passphrase-file.
    """
    config = check_home(home)
    parts = [Part(only)] if only else list(Part)
    if Part.NODE in parts:
        _before_the_node(home, config, passphrase_file)
    engine = built_engine(output) if Part.COMETBFT in parts else Path()
    if only:
        _become(Part(only), home, config, engine=engine)
    with claimed(home):
        check_not_running(home, parts)
        check_ports(home, config, parts)
        shown = _Shown(output, home, config)
        supervisor = Supervisor(shown.event)
        supervisor.add(node_group(home, config, engine=engine, name=str(home.path)))
        failures = supervisor.run()
    if failures:
        raise failures[0]


def _before_the_node(home: Home, config: NodeConfig, passphrase_file: str | None) -> None:
    """What has to be right, or asked, before the node runs. Raises as what it calls.

    A restart that needs neither does not wait for what they import, half a second and more.
    """
    if not engine_has_run(home):
        from node.genesis.checks import check_first_start  # noqa: PLC0415 (as the text says)

        check_first_start(home)
    if config.operator_key and config.keyring_backend == FILE_BACKEND:
        from node.cli.operator_key import hand_over  # noqa: PLC0415 (as the text says)

        hand_over(home, config, passphrase_file)


def built_engine(output: Output) -> Path:
    """The engine; shows the build where it was not built yet. Raises EngineFailure."""
    found = find_engine()
    if found is not None:
        return found
    progress = BuildProgress(output)
    try:
        return build_engine(report=progress.step)
    finally:
        progress.end()


def _become(part: Part, home: Home, config: NodeConfig, *, engine: Path) -> NoReturn:
    """Turns this process into that one; its log goes to stderr."""
    check_not_running(home, [part])
    check_ports(home, config, [part])
    own = ProcessId.of(os.getpid())
    if own is not None:
        own.write(pid_file(home, part))
    line = command(part, home, config, engine=engine)
    if part is Part.COMETBFT:
        _stay_in_the_background()
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(line[0], line, python_environment())  # noqa: S606 (no shell is wanted)


def _stay_in_the_background() -> None:
    """Out of the group that a terminal's Ctrl-C is sent to, where SIGINT came ignored.

    A shell starts its background jobs so. CometBFT listens to SIGINT whatever it inherits.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN and os.getpgrp() != os.getpid():
        os.setpgid(0, 0)


class _Shown:
    """What goes on, on stderr; once the node serves, where it does, on stdout."""

    def __init__(self, output: Output, home: Home, config: NodeConfig) -> None:
        self._json = output.format is Format.JSON
        self._home, self._config = home, config
        self._console = Console(stderr=True, highlight=False, markup=False, emoji=False)
        self._pids: dict[str, int] = {}
        self._announced = False
        if config.enclave_mode is Mode.SOFTWARE:
            self._line("warning", SOFTWARE_MODE, "yellow")
        lost = state_lost(home)
        if lost is not None:
            # It still validates; but its enclave holds nothing, and confirms nobody.
            self._line("warning", f"{lost}, next: {remedy_for(lost.code).step}", "yellow")

    def event(self, event: Event) -> None:
        """Shows one event."""
        if self._json:
            line = {"process": event.process, "event": event.what, "text": event.text}
            sys.stderr.write(json.dumps({**line, "pid": event.pid}) + "\n")
            sys.stderr.flush()
        elif event.what not in _QUIET:
            text = f"{event.what}: {event.text}" if event.text else str(event.what)
            self._line(event.process, text, _STYLE.get(event.what, ""))
        if event.what is What.READY:
            self._pids[event.process] = event.pid
            if len(self._pids) == len(Part) and not self._announced:
                self._announced = True
                try:
                    self._announce()
                except AnswerLost as lost:
                    # A validator goes on where nobody can be told that it began.
                    text = f"{CliCode.ANSWER_NOT_WRITTEN}: {lost.reason}"
                    self._line("warning", text, "yellow")

    def _announce(self) -> None:
        rpc = f"http://{engine_addresses(self._home)[0]}"
        config = self._config
        if self._json:
            print_json(
                {
                    "accepted": True,
                    "home": str(self._home.path),
                    "rpc": rpc,
                    "grpc": config.grpc_listen,
                    "metrics": config.metrics_listen,
                    "enclave": config.enclave_address,
                    "pids": self._pids,
                }
            )
            return
        sys.stdout.write(
            f"the node runs: RPC {rpc}, gRPC {config.grpc_listen}, metrics "
            f"{config.metrics_listen}, logs {self._home.logs}; Ctrl-C stops it\n"
        )
        sys.stdout.flush()

    def _line(self, who: str, text: str, style: str) -> None:
        if self._json:
            sys.stderr.write(json.dumps({"process": "start", "event": who, "text": text}) + "\n")
            sys.stderr.flush()
            return
        now = time.strftime("%H:%M:%S")
        self._console.print(
            Text.assemble((f"{now} ", "dim"), (f"{who:<9}", "bold"), (text, style)),
            soft_wrap=True,
        )
