"""`seedpactd`: the entry point, and the one place where exceptions become one line.

Every command raises or returns; what a user sees of an exception, and the exit code, is decided
here. No stack trace reaches a user: of a bug only its type and place are shown.
"""

from __future__ import annotations

import sys
import traceback
from typing import Final

import click

from enclave.errors import Refusal
from enclave.version import VERSION
from node.cli.exit_codes import EXIT_CODES_HELP, ExitCode
from node.cli.failures import CliCode, Failure, of_part, of_refusal, of_system, usage
from node.cli.inherited import let_groups_inherit
from node.cli.lazy import LazyGroup
from node.cli.options import INHERITED, wanted_format
from node.cli.output import Output
from node.cli.streams import AnswerLost, guard_streams, release_streams
from node.failure import NodeFailure

PROGRAM: Final = "seedpactd"


@click.group(
    name=PROGRAM,
    cls=LazyGroup,
    epilog=EXIT_CODES_HELP,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(VERSION, prog_name=PROGRAM, message="%(prog)s %(version)s")
def cli() -> None:
    """Attested nodes that share one secret seed: found a network, join one, run a node.

    To see it all at once: `seedpactd localnet up`.

    Every command takes --output json. Every error has a code; `seedpactd explain CODE` says what it
    means.
    """


let_groups_inherit(cli, INHERITED)


def main() -> None:
    """Runs the command line and ends the process with a code of `exit_codes`."""
    guard_streams()
    try:
        sys.exit(run(sys.argv[1:]))
    finally:
        release_streams()


def run(arguments: list[str]) -> int:
    """Runs one command. Raises nothing; the answer or the error was printed.

    Args:
        arguments: without the program's name.
    """
    try:
        _check_text(arguments)
        result = cli.main(args=arguments, prog_name=PROGRAM, standalone_mode=False)
        sys.stdout.flush()
    except AnswerLost as lost:
        # Where whoever read the answer has gone, and nothing was changed, there is nobody to tell.
        if not lost.reader_gone:
            Output(wanted_format(arguments)).lost(lost)
        return ExitCode.UNTOLD
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help(), err=True)
        return ExitCode.USAGE
    except Exception as error:  # noqa: BLE001 (the last line of defence: nobody sees a stack trace)
        failure = failure_of(error)
        Output(wanted_format(arguments)).fail(failure)
        return failure.exit_code
    return result if isinstance(result, int) else ExitCode.DONE


def failure_of(error: Exception) -> Failure:
    """What a user is told of an exception."""
    match error:
        case Failure():
            return error
        case Refusal():
            return of_refusal(error)
        case NodeFailure():
            return of_part(error)
        case click.Abort():
            return Failure(
                CliCode.INTERRUPTED, expected="the command to finish", found="an interrupt"
            )
        case click.UsageError():
            return _of_usage(error)
        case _:
            return _of_system_or_bug(error)


def _of_system_or_bug(error: Exception) -> Failure:
    refused = of_system(error) if isinstance(error, OSError) else None
    return refused or Failure(
        CliCode.INTERNAL_ERROR,
        expected="no bug",
        found=f"{type(error).__name__} at {_place(error)}",
    )


def _of_usage(error: click.UsageError) -> Failure:
    path = error.ctx.command_path if error.ctx else PROGRAM
    return usage(f"usage as `{path} --help` shows", error.format_message().rstrip("."))


def _place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else "unknown"


def _check_text(arguments: list[str]) -> None:
    """Bytes that are no UTF-8 fit into no file, message or answer. Raises Failure: WRONG_USAGE."""
    for before, argument in zip(("", *arguments), arguments, strict=False):
        if before == "--home" or argument.startswith("--home="):
            continue  # it has a code of its own
        if any("\ud800" <= character <= "\udfff" for character in argument):
            raise usage("arguments in UTF-8", repr(argument[:100]))


if __name__ == "__main__":
    main()
