"""`seedpactd localnet up`: builds the network, runs it, registers a newcomer, and says so."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Final

import click

from node.cli.exit_codes import ExitCode
from node.cli.failures import Failure
from node.cli.help_text import examples
from node.cli.localnet.options import folder_option, port_offset_option, typed
from node.cli.localnet.shown import Shown
from node.cli.localnet.status import network_json, registration_rows
from node.cli.options import output_option
from node.cli.output import Output
from node.cli.start import SOFTWARE_MODE, built_engine
from node.cli.streams import AnswerLost
from node.json_form import Json
from node.localnet.building import discard_homes
from node.localnet.failures import LocalnetCode
from node.localnet.network import Network
from node.localnet.plan import (
    DEFAULT_BLOCK_MS,
    DEFAULT_VALIDATORS,
    MAX_VALIDATORS,
    Localnet,
    Role,
    Stage,
    new_localnet,
)
from node.localnet.status import HOLDER, NodeStatus, common_app_hash, look
from node.localnet.steps import Steps
from node.localnet.store import Folder

STOPS: Final = "Ctrl-C or `seedpactd localnet stop` stops it"
_BLOCK_TIME: Final = re.compile(r"(\d{1,5})(ms|s)")


class BlockTime(click.ParamType[int]):
    """Such as 500ms or 1s; becomes milliseconds."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """The milliseconds. Raises click.BadParameter."""
        match = _BLOCK_TIME.fullmatch(str(value))
        if match is None or int(match[1]) == 0:
            self.fail(f"{value!r} is not a time such as 500ms or 1s", param, ctx)
        return int(match[1]) * (1000 if match[2] == "s" else 1)


@click.command(
    short_help="Build it, run it, register a newcomer.",
    epilog=examples(
        "seedpactd localnet up", "seedpactd localnet up --once --home /tmp/net --block-time 1s"
    ),
)
@click.option("--once", is_flag=True, help="Stop at the end; exit 0 if the newcomer has joined.")
@click.option(
    "--validators",
    type=click.IntRange(1, MAX_VALIDATORS),
    help=f"In genesis.  [default: {DEFAULT_VALIDATORS}]",
)
@click.option(
    "--block-time",
    type=BlockTime(),
    help=f"The pause after each block.  [default: {DEFAULT_BLOCK_MS}ms]",
)
@port_offset_option
@folder_option
@output_option
def up(
    *,
    once: bool,
    validators: int | None,
    block_time: int | None,
    port_offset: int | None,
    folder: Folder,
    output: Output,
) -> ExitCode:
    """Bring up a network: validators, then a newcomer that registers and holds the seed.

    The first validator's enclave makes the seed; the others, in genesis too, register like anyone.
    Then a newcomer is funded, registers, is confirmed in the same block, and opens its envelope.
    It runs until Ctrl-C, also where stdout does not take its answer (told on stderr, exit code 3);
    its state stays, and `up` starts it again. With --output json there is one object on stdout once
    the newcomer has joined, and the steps go to stderr as JSON lines.
    """
    ends = ExitCode.DONE
    with folder.claimed():
        localnet = _network(folder, validators=validators, block_ms=block_time, offset=port_offset)
        engine = built_engine(output)
        newcomer = localnet.newcomer or localnet.with_newcomer()[1]
        with Shown(output, newcomer.name) as shown:
            steps = Steps(shown.step)
            network = Network(folder, engine=engine, steps=steps, report=shown.event)

            def then() -> None:
                nonlocal ends
                shown.settled()
                summary = partial(_summary, folder, steps, output, stays=not once)
                ends = told(summary, output, stays=not once)
                if not once:
                    network.watch()

            shown.say(f"localnet {localnet.chain_id} at {folder.path}; {SOFTWARE_MODE}")
            if not network.run(then):
                raise click.Abort
            shown.say("stopped")
    return ends


def told(summary: Callable[[], None], output: Output, *, stays: bool) -> ExitCode:
    """Says what was reached; the exit code.

    Where stdout does not take it, stderr gets it at once, with what becomes of the network.
    """
    try:
        summary()
    except AnswerLost as lost:
        after = f"runs on, {STOPS}" if stays else "stops, its state stays"
        return output.lost(AnswerLost(lost.reason, done=f"{lost.done}; the network {after}"))
    return ExitCode.DONE


def _network(
    folder: Folder, *, validators: int | None, block_ms: int | None, offset: int | None
) -> Localnet:
    """The network that is there, if it is as wanted; a new one, where none has a genesis yet.

    Raises:
        LocalnetFailure, ConfigFailure: it cannot be read.
        Failure: LOCALNET_DIFFERS.
    """
    found = folder.load() if folder.file.exists() else None
    if found is None or found.stage is Stage.HOMES:
        if found is not None:
            discard_homes(folder, found)
        made = new_localnet(
            validators=validators or DEFAULT_VALIDATORS,
            block_ms=block_ms or DEFAULT_BLOCK_MS,
            port_offset=offset or 0,
        )
        folder.save(made)
        return made
    has = {"--validators": len(found.validators), "--block-time": found.block_ms}
    has["--port-offset"] = found.port_offset
    wants = {"--validators": validators, "--block-time": block_ms, "--port-offset": offset}
    for name, wanted in wants.items():
        if wanted is not None and wanted != has[name]:
            raise Failure(
                LocalnetCode.LOCALNET_DIFFERS,
                expected=f"{name} {has[name]}, as the localnet at {folder.path} has it",
                found=str(wanted),
            )
    return found


def _summary(folder: Folder, steps: Steps, output: Output, *, stays: bool) -> None:
    """Says what was reached.

    Raises:
        Failure: LOCALNET_FAILED, where the newcomer is no holder or not in sync.
    """
    localnet = folder.load()
    nodes = look(folder, localnet)
    _check(nodes)
    height, app_hash = common_app_hash(nodes)
    done = localnet.last_registration
    data: dict[str, Json] = {
        **network_json(localnet, nodes),
        "height": height,
        "app_hash": app_hash,
        "timings_ms": dict(steps.timings_ms),
        "total_ms": steps.total_ms,
        "warning": SOFTWARE_MODE,
    }
    first, last = nodes[0], nodes[-1]
    times = ", ".join(f"{name} {ms / 1000:.1f}" for name, ms in steps.timings_ms.items())
    output.answer(
        data,
        headline=f"{last.name} holds the seed and is in sync, {steps.total_ms / 1000:.1f} s",
        rows=[
            *((n.name, f"block {n.height}, {n.enclave_state}, RPC {n.rpc}") for n in nodes),
            ("app hash", f"{app_hash} of all {len(nodes)} nodes after block {height}"),
            *registration_rows(done),
            ("steps, s", times),
            ("gRPC", f"{first.grpc} of {first.name}"),
            ("logs", f"{folder.path}/NAME/logs"),
            ("warning", SOFTWARE_MODE),
        ],
        hints=[f"{typed('status', folder)}, in another terminal; Ctrl-C stops"] if stays else [],
        changes=True,
    )


def _check(nodes: list[NodeStatus]) -> None:
    for node in nodes:
        newcomer = node.role is Role.NEWCOMER
        if node.enclave_state != HOLDER or (newcomer and not node.in_sync):
            raise Failure(
                LocalnetCode.LOCALNET_FAILED,
                expected=f"{node.name} in sync, its enclave a HOLDER",
                found=f"enclave {node.enclave_state or 'away'}, block {node.height}",
            )
