"""`python -m tests.long start|run|status|record [NAME ..]`; without names, every job.

`start` goes on in the background and returns, `run` stays; SIGTERM stops either after its step.
Exit codes: 0 done or started, 1 a job failed (`status`: has failed), 2 wrong usage.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from tests.long.jobs import Failed, Job, all_jobs
from tests.long.record import FOLDER, REPOSITORY, commit, load, locked, now, save, write_row

LOG: Final = FOLDER / "log"
COMPLETE: Final = "passed"
STOPPED: Final = "stopped, no failure so far"
FAILED: Final = "FAILED"


def main(arguments: Sequence[str]) -> int:
    """See the module."""
    jobs = all_jobs()
    parser = argparse.ArgumentParser(prog="python -m tests.long", description=__doc__)
    parser.add_argument("command", choices=("start", "run", "status", "record"))
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(jobs))
    options = parser.parse_args(arguments)
    unknown = set(options.names) - set(jobs)
    if unknown:
        parser.error(f"no such job: {', '.join(sorted(unknown))}; there are {', '.join(jobs)}")
    chosen = [jobs[name] for name in options.names or jobs]
    match options.command:
        case "start":
            return _start(chosen)
        case "run":
            return _run_all(chosen)
        case "status":
            return _status(chosen)
        case _:
            for job in chosen:
                write_row(job.name, load(job.name), goal=job.goal, unit=job.unit)
            return 0


def _start(jobs: Sequence[Job]) -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    names = [job.name for job in jobs]
    with LOG.open("a") as log:
        process = subprocess.Popen(
            ["nice", sys.executable, "-m", "tests.long", "run", *names],
            cwd=REPOSITORY,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            start_new_session=True,
        )
    print(f"{', '.join(names)}: in the background as process {process.pid}")
    print(f"output: {LOG.relative_to(REPOSITORY)}; progress: make test-long-status")
    return 0


def _run_all(jobs: Sequence[Job]) -> int:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    good = True
    for job in jobs:
        if stop.is_set():
            break
        try:
            with locked(job.name, wait=False):
                good &= _run(job, stop)
        except BlockingIOError:
            print(f"{job.name}: another process is at it")
    return 0 if good else 1


def _run(job: Job, stop: threading.Event) -> bool:
    progress = load(job.name)
    if progress.result == COMPLETE:
        progress = replace(progress, done=0, seconds=0.0)
    while progress.done < job.goal and not stop.is_set():
        started = time.monotonic()
        try:
            step = job.step(progress.done)
        except Failed as failed:
            progress = replace(
                progress, result=FAILED, detail=str(failed), commit=commit(), ended=now()
            )
            break
        progress = replace(
            progress,
            done=progress.done + step.amount,
            seconds=progress.seconds + time.monotonic() - started,
            detail=step.detail,
            result=STOPPED,
            commit=commit(),
            ended=now(),
        )
        save(job.name, progress)
    if progress.done >= job.goal:
        progress = replace(progress, result=COMPLETE)
    save(job.name, progress)
    write_row(job.name, progress, goal=job.goal, unit=job.unit)
    print(f"{job.name}: {progress.result}, {progress.done:,} {job.unit}; {progress.detail}")
    return progress.result != FAILED


def _status(jobs: Sequence[Job]) -> int:
    results = {job.name: load(job.name) for job in jobs}
    for job in jobs:
        progress = results[job.name]
        print(f"{job.name:46} {progress.done:>9,} of {job.goal:>9,}  {progress.result}")
    return 1 if any(progress.result == FAILED for progress in results.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
