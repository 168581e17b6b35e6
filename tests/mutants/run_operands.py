"""Runs the mutants of `operands.py` against the tests of the file that each is in.

    python -m tests.mutants.run_operands                     what has no verdict yet
    python -m tests.mutants.run_operands enclave/proven      of these files or folders, in order
    python -m tests.mutants.run_operands --minutes 30        and stops then; the next run goes on
    python -m tests.mutants.run_operands --survivors         the second circle, for what is left

The first circle is the mirror under tests/, or what imports the module in that folder, and for the
framework its handlers; the second, for those that survive it, is the folder, all that import the
module, the handlers, and every attack.
`operands.txt` is the record: a verdict holds while the function that it is about stands as it is.
`equivalent.toml` says which mutants change nothing, and why. Fails where one survives that is not
in that table.

Works on copies of the tree. An interpreter that has read the libraries is forked for each run.
"""

from __future__ import annotations

import argparse
import importlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import ClassVar, Final

import pytest

from tests.mutants.operands import Name, Operand, operands

REPOSITORY: Final = Path(__file__).parents[2]
RECORD: Final = Path("tests/mutants/operands.txt")
TABLE: Final = Path("tests/mutants/equivalent.toml")
SECONDS: Final = 600
"""For one run. A mutant that runs longer never ends: noticed."""
HEAVY: Final = (
    "hypothesis.stateful",
    "cryptography.x509",
    "google.protobuf.json_format",
    "grpc",
    "nacl.signing",
    "dcap_qvl",
    "cosmpy.crypto.keypairs",
)
OURS: Final = frozenset({"tests", "enclave", "chain_module", "node", "seedpact"})
KILLED, SURVIVED, MIRRORED, BROKEN = "killed", "survived", "survived-mirror", "broken"
PASSED: Final = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one mutant, and who noticed."""

    word: str
    digest: str
    noticed: str = ""


Record = dict[Name, Verdict]


def main(arguments: Sequence[str]) -> int:
    """0: no mutant is known to survive."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("paths", nargs="*", help="files or folders, such as enclave/proven")
    parser.add_argument("--minutes", type=float, default=0.0, help="0: until all have a verdict")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--survivors", action="store_true", help="the second circle")
    options = parser.parse_args(arguments)
    every = list(operands(REPOSITORY))
    wanted = list(_wanted(every, options.paths))
    equivalent, exists = read_table(REPOSITORY), {one.name for one in every}
    record = {name: v for name, v in read_record(REPOSITORY).items() if name in exists}
    known = [one for one in wanted if one.name not in equivalent]
    todo = [one for one in known if _open(one, record, wide=options.survivors)]
    print(f"operands: {len(wanted)} mutants, {len(todo)} to run", flush=True)
    until = time.monotonic() + (options.minutes * 60 or 10**9)
    run = _Run(wide=options.survivors, until=until)
    for name, verdict in run.all(todo, workers=options.workers):
        record[name] = verdict
        write_record(REPOSITORY, record)
        print(f"{verdict.word:16} {' | '.join(astuple(name))}", flush=True)
    return _report(wanted, record, equivalent)


def read_table(repository: Path) -> Mapping[Name, str]:
    """Mutants that change nothing, and why."""
    rows = tomllib.loads((repository / TABLE).read_text())["equivalent"]
    return {Name(r["path"], r["function"], r["expression"], r["operand"]): r["why"] for r in rows}


def read_record(repository: Path) -> Record:
    """Verdicts so far: a line each, of tabs."""
    path, record = repository / RECORD, Record()
    for line in path.read_text().splitlines() if path.exists() else []:
        word, digest, file, function, expression, operand, noticed = line.split("\t")
        record[Name(file, function, expression, operand)] = Verdict(word, digest, noticed)
    return record


def write_record(repository: Path, record: Record) -> None:
    """Replaces the record."""
    lines = [
        "\t".join([verdict.word, verdict.digest, *astuple(name), verdict.noticed])
        for name, verdict in record.items()
    ]
    temporary = (repository / RECORD).with_suffix(".new")
    temporary.write_text("".join(f"{line}\n" for line in sorted(lines, key=_by_name)))
    temporary.replace(repository / RECORD)


def circle(tests: Mapping[str, str], path: str, *, wide: bool) -> list[str]:
    """Files of tests for a product file, the likeliest first.

    Args:
        tests: text by path.
        path: of the product file.
        wide: its mirror again, its folder, those that import it, and all attacks; else its mirror.
    """
    module = path.removesuffix(".py").replace("/", ".")
    folder, _, name = f"tests/{path.removesuffix('.py')}".rpartition("/")
    inside = [test for test in tests if test.rpartition("/")[0] == folder]
    named = re.compile(rf"\b{re.escape(module)}\b")
    mirror = [test for test in inside if re.fullmatch(f"test_{name}s?(_.*)?", Path(test).stem)]
    first = mirror or [test for test in inside if named.search(tests[test])] or inside
    handlers = [test for test in tests if test.startswith("tests/enclave/handlers/")]
    if path.startswith("enclave/framework/"):
        first = [*first, *handlers]
    if not wide:
        return first
    roots = ("tests/enclave/", "tests/chain_module/", "tests/attacks/")
    near = [t for t, text in tests.items() if t.startswith(roots) and named.search(text)]
    rest = [*handlers, *(test for test in tests if test.startswith("tests/attacks/"))]
    return list(dict.fromkeys([*first, *near, *inside, *rest]))


def _wanted(every: Sequence[Operand], paths: Sequence[str]) -> Iterator[Operand]:
    """Those of each path in turn."""
    for path in paths or ("",):
        yield from (one for one in every if f"{one.name.path}/".startswith(path and f"{path}/"))


def _open(operand: Operand, record: Record, *, wide: bool) -> bool:
    verdict = record.get(operand.name)
    if verdict is None or verdict.digest != operand.digest:
        return not wide
    return verdict.word == MIRRORED if wide else verdict.word == BROKEN


def _by_name(line: str) -> list[str]:
    return line.split("\t")[2:6]


def _report(wanted: Sequence[Operand], record: Record, equivalent: Mapping[Name, str]) -> int:
    known = [one.name for one in wanted if one.name not in equivalent]
    words = [record[name].word for name in known if name in record]
    counts = ", ".join(f"{words.count(word)} {word}" for word in sorted(set(words)))
    silent = len(known) - len(words)
    print(
        f"operands: {counts or 'none run'}, {silent} not run, {len(wanted) - len(known)} equivalent"
    )
    return int(any(word in {SURVIVED, MIRRORED, BROKEN} for word in words))


@dataclass(frozen=True, slots=True)
class _Run:
    """Which circle, and until when."""

    wide: bool
    until: float

    def all(self, todo: Sequence[Operand], *, workers: int) -> Iterator[tuple[Name, Verdict]]:
        """Verdicts, as they come."""
        for name in HEAVY:
            importlib.import_module(name)
        with (
            tempfile.TemporaryDirectory(prefix="seedpact-operands-") as scratch,
            get_context("fork").Pool(workers, _begin, (scratch,)) as pool,
        ):
            for one, verdict in pool.imap_unordered(self.one, todo):
                if verdict is not None:
                    yield one.name, verdict

    def one(self, one: Operand) -> tuple[Operand, Verdict | None]:
        """None where the time is over."""
        if time.monotonic() > self.until:
            return one, None
        tests = circle(_Place.tests, one.name.path, wide=self.wide)
        survived = Verdict(SURVIVED if self.wide else MIRRORED, one.digest)
        if not tests:
            return one, survived
        code, noticed = _mutated(one, tests)
        if code == PASSED:
            return one, survived
        killed = code is None or _passes(noticed)
        return one, Verdict(KILLED if killed else BROKEN, one.digest, noticed)


class _Place:
    """One worker's copy of the tree."""

    root = Path()
    tests: Mapping[str, str] = {}
    passes: ClassVar[dict[str, bool]] = {}
    """Whether a test, or a file of tests, passes without any mutant."""


def _begin(scratch: str) -> None:
    os.nice(19)
    _Place.root = Path(scratch) / str(os.getpid())
    command = [
        "git",
        "-C",
        str(REPOSITORY),
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
    ]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for name in listed.splitlines():
        if (REPOSITORY / name).is_file():
            (_Place.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / name, _Place.root / name)
    _Place.tests = {
        path.relative_to(_Place.root).as_posix(): path.read_text()
        for path in sorted((_Place.root / "tests").rglob("test_*.py"))
    }


def _mutated(one: Operand, tests: Sequence[str]) -> tuple[int | None, str]:
    place = _Place.root / one.name.path
    kept, times = place.read_bytes(), place.stat()
    place.write_text(one.source)
    try:
        return _pytest(tests, mutated=True)
    finally:
        place.write_bytes(kept)
        os.utime(place, ns=(times.st_atime_ns, times.st_mtime_ns))


def _passes(noticed: str) -> bool:
    """Whether who noticed a mutant says nothing where there is none."""
    if noticed not in _Place.passes:
        _Place.passes[noticed] = bool(noticed) and _pytest([noticed])[0] == PASSED
    return _Place.passes[noticed]


class _First:
    """A plugin of pytest that writes down which test, or file of tests, failed first."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """As pytest's hook."""
        self._note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """As pytest's hook: what a file of tests imports may notice as well."""
        self._note(report)

    def _note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.failed and not self._path.exists():
            self._path.write_text(report.nodeid)


def _pytest(tests: Sequence[str], *, mutated: bool = False) -> tuple[int | None, str]:
    """The exit code and the first test that failed; None: it did not end."""
    noticed = _Place.root / "noticed.txt"
    noticed.unlink(missing_ok=True)
    child = os.fork()
    if child == 0:
        code = 70
        try:
            code = _in_child(tests, noticed, mutated=mutated)
        except BaseException:  # noqa: BLE001 (nobody is above a forked child)
            traceback.print_exc()
        finally:
            os._exit(code)
    # Counted, not clocked: whoever stops the runner for a while makes no mutant endless.
    for _ in range(SECONDS * 20):
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status), _read(noticed)
        time.sleep(0.05)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None, "it did not end"


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def _in_child(tests: Sequence[str], noticed: Path, *, mutated: bool) -> int:
    os.setsid()
    root = _Place.root
    os.chdir(root)
    with (root / "log.txt").open("w") as log:
        for stream in (1, 2):
            os.dup2(log.fileno(), stream)
    for name in list(sys.modules):
        if name.split(".")[0] in OURS:
            del sys.modules[name]
    sys.path[:] = [str(root), str(root / "proto"), *(p for p in sys.path if p != str(REPOSITORY))]
    # What runs processes of its own finds the mutant as well.
    os.environ["PYTHONPATH"] = os.pathsep.join(sys.path[:2])
    os.environ["SEEDPACT_PROFILE"] = "mutants"
    # Only the tree as it is leaves compiled files behind, and they say of which file they are.
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1" if mutated else ""
    sys.dont_write_bytecode = mutated
    options = ["-x", "-q", "--no-header", "-p", "no:cacheprovider", "-p", "no:xdist"]
    # The libraries were read before pytest could look at them: that is what the fork is for.
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    return int(pytest.main([*options, *tests], plugins=[_First(noticed)]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
