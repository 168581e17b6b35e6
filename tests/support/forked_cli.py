"""Commands as real processes with streams of one's choice, for a few milliseconds each.

A server has imported everything and runs one thread; each command is a fork of it, which sets its
three descriptors as the test wants them, and then does what the console script does.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from tests.support.cli import python_path

CLOSED: Final = "closed"
FULL: Final = "full"
WRONG_WAY: Final = "wrong way"
"""A descriptor that is open, and for the other direction alone."""
PATIENCE_SECS: Final = 60
READ_LATE: Final = ("cosmpy.aerial.client", "encodings.ascii", "encodings.idna", "zoneinfo")
"""By commands; another user may not be able to read the interpreter's own files."""
BROKEN: Final = (CLOSED, FULL, WRONG_WAY)


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command wrote to the streams that took it, and how it ended."""

    exit_code: int
    stdout: str
    stderr: str


class ForkedCli:
    """The server, for the length of a block."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process = subprocess.Popen(
            [sys.executable, "-P", __file__, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": python_path()},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=60)

    def __call__(
        self,
        *arguments: str,
        stdin: str = "",
        stdout: str = "",
        stderr: str = "",
        user: int | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Ended:
        """One command.

        Args:
            arguments: of the command line.
            stdin: how it is broken; "" for one that works.
            stdout: as stdin.
            stderr: as stdin.
            user: whom it runs as; only root may choose.
            environment: in place of the server's.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        wanted: dict[str, object] = {"arguments": arguments, "streams": [stdin, stdout, stderr]}
        wanted |= {"user": user, "environment": environment and dict(environment)}
        self._process.stdin.write(json.dumps(wanted) + "\n")
        self._process.stdin.flush()
        exit_code = int(self._process.stdout.readline())
        out, err = (
            (self._folder / name).read_text(encoding="utf-8") for name in ("stdout", "stderr")
        )
        return Ended(exit_code, out, err)


def serve(folder: Path) -> None:
    """One fork a line of stdin; its exit code is a line of stdout."""
    from node.cli.lazy import LazyGroup  # noqa: PLC0415 (the test imports this file without it)
    from node.cli.main import cli  # noqa: PLC0415 (as above)

    assert isinstance(cli, LazyGroup)
    cli.all_commands()
    sysconfig.get_config_vars()
    for name in READ_LATE:
        importlib.import_module(name)
    for line in sys.stdin:
        wanted = json.loads(line)
        child = os.fork()
        if child == 0:
            set_streams(folder, wanted["streams"])
            become(wanted["arguments"], wanted["user"], wanted["environment"])
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def set_streams(folder: Path, streams: list[str]) -> None:
    """The three descriptors, and what the interpreter makes of them at its start."""
    files = (Path("/dev/null"), folder / "stdout", folder / "stderr")
    names = ("stdin", "stdout", "stderr")
    for number, (how, file, name) in enumerate(zip(streams, files, names, strict=True)):
        reads = number == 0
        if number:
            (folder / name).write_bytes(b"")
        os.close(number)
        setattr(sys, name, None)
        if how == CLOSED:
            continue
        flags = os.O_RDONLY if reads != (how == WRONG_WAY) else os.O_WRONLY
        opened = os.open("/dev/full" if how == FULL else file, flags)
        if opened != number:
            os.dup2(opened, number)
            os.close(opened)
        mode = "r" if reads else "w"
        setattr(sys, name, open(number, mode, closefd=False))  # noqa: SIM115


def become(arguments: list[str], user: int | None, environment: dict[str, str] | None) -> None:
    """The console script; ends the process as the interpreter ends, with its last flush."""
    from node.cli.main import main  # noqa: PLC0415 (as above)

    if environment is not None:
        os.environ.clear()
        os.environ.update(environment)
    if user is not None:
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)
    signal.alarm(PATIENCE_SECS)  # one that is not refused might serve
    sys.argv = ["seedpactd", *arguments]
    code = 1
    try:
        main()
    except SystemExit as end:
        code = int(end.code or 0)
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except Exception:  # noqa: BLE001 (the interpreter's own code for this)
        code = 120
    os._exit(code)


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
