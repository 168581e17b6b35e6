"""Builds the engine once into a cache: the shell around `plan`.

A built engine appears under its final name in one step, so whoever finds it finds it whole. Two
builders of one cache wait for each other; the second finds what the first has built. It does not
choose what is built (`plan`), and it does not run the engine.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import platform
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from enclave.errors import words_of
from node.base.file_lock import FileLock
from node.engine.failures import EngineCode, EngineFailure
from node.engine.plan import (
    BINARY,
    CACHE_VARIABLE,
    PROGRAM,
    Pins,
    build_environment,
    cache_folder,
    compile_arguments,
    engine_path,
    failure_of,
    list_arguments,
    read_pins,
    verify_arguments,
)
from node.engine.toolchain import ANSWER_SECS, Toolchain, candidates, find_toolchain

MODULE_FOLDER: Final = Path(__file__).parent
LOCK_NAME: Final = "build.lock"
PARTIAL_PREFIX: Final = "partial-"
TAIL_LINES: Final = 60
"""Of a failed command's output: enough for go's longest message."""

_FETCHING: Final = re.compile(r"^go: downloading (\S+) (\S+)")


@dataclass(frozen=True, slots=True)
class Progress:
    """One line of what is being done."""

    text: str
    elapsed_secs: float
    """Since the build was asked for."""


Report = Callable[[Progress], None]


def pinned(module: Path = MODULE_FOLDER) -> Pins:
    """What this version of seedpact runs.

    Raises:
        EngineFailure: BUILD_FAILED where the module's files are missing or pin nothing.
    """
    try:
        go_mod, go_sum = (module / "go.mod").read_bytes(), (module / "go.sum").read_bytes()
    except OSError as error:
        raise EngineFailure(
            EngineCode.BUILD_FAILED, expected="node/engine/go.mod and go.sum", found=str(error)
        ) from None
    machine = f"{platform.system()}/{platform.machine()}"
    return read_pins(go_mod=go_mod, go_sum=go_sum, machine=machine)


def default_cache(environment: Mapping[str, str] = os.environ) -> Path:
    """Where engines lie for this user; the environment may choose (`plan.cache_folder`).

    Raises:
        EngineFailure: NO_CACHE_FOLDER.
    """
    try:
        home = Path.home()
    except RuntimeError:
        home = None
    cache = cache_folder(environment, home=home)
    if cache is None:
        raise EngineFailure(
            EngineCode.NO_CACHE_FOLDER,
            expected=f"{CACHE_VARIABLE}, XDG_CACHE_HOME or HOME to say where engines lie",
            found=f"none, and user {os.getuid()} without a folder",
        )
    return cache


def find_engine(cache: Path | None = None) -> Path | None:
    """The built engine, or None. Starts nothing."""
    path = engine_path(cache or default_cache(), pinned())
    return path if path.is_file() else None


def require_engine(cache: Path | None = None) -> Path:
    """The built engine.

    Raises:
        EngineFailure: NOT_BUILT.
    """
    path = find_engine(cache)
    if path is None:
        wanted = f"CometBFT {pinned().version} in {cache or default_cache()}"
        raise EngineFailure(EngineCode.NOT_BUILT, expected=wanted, found="no file of that name")
    return path


def build_engine(
    cache: Path | None = None,
    *,
    report: Report = lambda _: None,
    module: Path = MODULE_FOLDER,
    environment: Mapping[str, str] = os.environ,
    says: str | None = None,
) -> Path:
    """The built engine; builds it where there is none.

    Args:
        cache: instead of `default_cache`.
        report: is called with each step, from this thread.
        module: where go.mod and go.sum lie.
        environment: of the process.
        says: what the program calls its version; None: that of its module.

    Raises:
        EngineFailure: any code but NOT_BUILT. The cache then is as it was.
    """
    pins = pinned(module)
    build = _Build(pins, module, environment, report, time.monotonic(), says or pins.version)
    target = engine_path(cache or default_cache(environment), pins)
    if target.is_file():
        return target
    with _disk_failures(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(target.parent / LOCK_NAME, wait=build.waits):
            if not target.is_file():
                build.into(target)
    return target


@dataclass(frozen=True, slots=True)
class _Build:
    pins: Pins
    module: Path
    environment: Mapping[str, str]
    report: Report
    started: float
    version: str

    def say(self, text: str) -> None:
        self.report(Progress(text, time.monotonic() - self.started))

    def waits(self) -> None:
        self.say("another process is building the engine: waiting for it")

    def into(self, target: Path) -> None:
        toolchain = find_toolchain(
            candidates(self.environment),
            wanted=self.pins.go_wanted,
            environment=self.environment,
        )
        self.say(f"building CometBFT {self.pins.version} with {toolchain.text}")
        for left in target.parent.glob(f"{PARTIAL_PREFIX}*"):  # of a builder that was killed
            shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=PARTIAL_PREFIX) as folder:
            output = Path(folder) / BINARY
            total = self.fetch(toolchain)
            self.compile(toolchain, output, total=total)
            self.check(output)
            _sync(output)
            output.replace(target)
        self.say(f"CometBFT {self.pins.version} is ready: {target}")

    def fetch(self, toolchain: Toolchain) -> int:
        """Fetches and checks the modules; the number of packages to compile."""
        fetched = packages = 0
        self.say("looking for modules")
        for line in self.run(toolchain, list_arguments()):
            found = _FETCHING.match(line)
            if found:
                fetched += 1
                self.say(f"fetching module {fetched}: {found.group(1)} {found.group(2)}")
            elif not line.startswith("go: "):
                packages += 1
        self.say("checking modules against go.sum")
        for _ in self.run(toolchain, verify_arguments()):
            pass
        return packages

    def compile(self, toolchain: Toolchain, output: Path, *, total: int) -> None:
        for number, name in enumerate(self.run(toolchain, compile_arguments(output)), start=1):
            last = "; linking follows" if name == PROGRAM else ""
            self.say(f"compiling package {number} of at most {total}: {name}{last}")

    def check(self, output: Path) -> None:
        """A program that was just built says its version."""
        answer = subprocess.run(  # noqa: S603 (what we have just built)
            [output, "version"], capture_output=True, text=True, timeout=ANSWER_SECS, check=False
        )
        if answer.stdout.strip() != self.version:
            raise EngineFailure(
                EngineCode.BUILD_FAILED,
                expected=f"an engine that says {self.version}",
                found=answer.stdout.strip() or answer.stderr.strip() or "nothing",
            )

    def run(self, toolchain: Toolchain, arguments: list[str]) -> Iterator[str]:
        """One go command's lines, as it prints them.

        Raises:
            EngineFailure: it failed.
        """
        tail: deque[str] = deque(maxlen=TAIL_LINES)
        process = subprocess.Popen(  # noqa: S603 (go, with arguments of `plan`)
            [toolchain.go, *arguments],
            cwd=self.module,
            env=build_environment(self.environment, go_root=toolchain.root),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,  # compilers are its children, and end with it
        )
        lines = process.stdout or io.StringIO()  # never None: a pipe was asked for
        try:
            for line in lines:
                tail.append(line)
                yield line.strip()
            status = process.wait()
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            lines.close()
        if status != 0:
            raise failure_of("".join(tail))


@contextlib.contextmanager
def _disk_failures(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise EngineFailure(
            EngineCode.DISK_FULL if full else EngineCode.CANNOT_WRITE_CACHE,
            expected=f"a folder with room at {folder}" if full else f"to write to {folder}",
            found=words_of(error),
        ) from None


def _sync(path: Path) -> None:
    """A rename may outlive a power cut that its data does not."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
