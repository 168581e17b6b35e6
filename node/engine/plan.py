"""How the engine is built, as values: what is pinned, which commands, what their failures mean.

CometBFT is built by the module beside this file: go.mod says which version and which Go, go.sum
what every module must hash to. Nothing here runs a command or reads a file; that is `build`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from node.engine.failures import EngineCode, EngineFailure

MODULE: Final = "github.com/cometbft/cometbft"
PROGRAM: Final = f"{MODULE}/cmd/cometbft"
BINARY: Final = "cometbft"

CACHE_VARIABLE: Final = "SEEDPACT_ENGINE_CACHE"
KEY_HEX: Final = 16

GoVersion = tuple[int, int, int]

_REQUIRED: Final = re.compile(rf"^\s*(?:require\s+)?{re.escape(MODULE)}\s+v(\S+)", re.MULTILINE)
_GO_LINE: Final = re.compile(r"^go\s+(\d+)\.(\d+)(?:\.(\d+))?\s*$", re.MULTILINE)
_GO_SAYS: Final = re.compile(r"\bgo(\d+)\.(\d+)(?:\.(\d+))?")

_FLAGS: Final = ("-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags=-s -w")

# What decides about the result must not come from the user's environment; where modules come from
# (GOPROXY and the like) may: go.sum judges what arrives.
_REMOVED: Final = frozenset({"GOFLAGS", "GOOS", "GOARCH", "GOROOT", "GOEXPERIMENT", "GOTOOLDIR"})
_FIXED: Final = {
    "CGO_ENABLED": "0",  # needs no C compiler; the engine's default store is pure Go
    "GO111MODULE": "on",
    "GOTOOLCHAIN": "local",  # a toolchain that is too old is named, not replaced in silence
    "GOWORK": "off",
}

# In this order: a proxy's error text may quote anything, a checksum's is go's own.
_SIGNS: Final[Sequence[tuple[EngineCode, str, tuple[str, ...]]]] = (
    (
        EngineCode.CHECKSUM_MISMATCH,
        "modules as go.sum has them",
        ("checksum mismatch", "SECURITY ERROR", "has been modified", "missing go.sum entry"),
    ),
    (
        EngineCode.DISK_FULL,
        "room for about 1.5 GB of modules and compiled packages",
        ("no space left on device", "disk quota exceeded"),
    ),
    (
        EngineCode.NO_NETWORK,
        "a Go module proxy that answers",
        (
            "dial tcp",
            "no such host",
            "connection refused",
            "connection reset",
            "i/o timeout",
            "TLS handshake",
            "x509:",
            "proxyconnect",
            "network is unreachable",
            "Bad Gateway",
            "Service Unavailable",
            "Gateway Timeout",
            "module lookup disabled",
        ),
    ),
)
_SILENT: Final = "no output"


@dataclass(frozen=True, slots=True)
class Pins:
    """What the module's files fix."""

    version: str
    """Of CometBFT, as it calls itself: without a "v"."""
    go_wanted: GoVersion
    key: str
    """Names the result: 16 hex digits over go.mod, go.sum, the flags and the machine."""


def read_pins(*, go_mod: bytes, go_sum: bytes, machine: str) -> Pins:
    """What is to be built.

    Args:
        go_mod: the file's bytes.
        go_sum: the file's bytes.
        machine: system and processor, since homes are shared between machines.

    Raises:
        EngineFailure: BUILD_FAILED where go.mod pins nothing.
    """
    text = go_mod.decode("utf-8", "replace")
    version, go_line = _REQUIRED.search(text), _GO_LINE.search(text)
    if version is None or go_line is None:
        raise EngineFailure(
            EngineCode.BUILD_FAILED, expected=f"a go.mod that pins {MODULE}", found="none"
        )
    parts = (go_mod, go_sum, machine.encode(), *(flag.encode() for flag in _FLAGS))
    digest = hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts))
    return Pins(version.group(1), _numbers(go_line), digest.hexdigest()[:KEY_HEX])


def cache_folder(environment: Mapping[str, str], *, home: Path | None) -> Path | None:
    """Where built engines lie: SEEDPACT_ENGINE_CACHE, or seedpact/engine in the user's cache.

    None where neither is known.
    """
    chosen = environment.get(CACHE_VARIABLE)
    if chosen:
        return Path(chosen)
    caches = environment.get("XDG_CACHE_HOME") or (home and home / ".cache")
    return Path(caches) / "seedpact" / "engine" if caches else None


def engine_path(cache: Path, pins: Pins) -> Path:
    """Where this engine lies once it is built."""
    return cache / f"{pins.version}-{pins.key}" / BINARY


def parse_go_version(said: str) -> GoVersion | None:
    """The version in what `go version` prints, or None where there is none."""
    found = _GO_SAYS.search(said)
    return _numbers(found) if found else None


def build_environment(inherited: Mapping[str, str], *, go_root: Path | None) -> dict[str, str]:
    """The environment of every go command.

    Args:
        inherited: the process's own.
        go_root: where the wheel's toolchain lies; a system's finds its own.
    """
    kept = {key: value for key, value in inherited.items() if key not in _REMOVED}
    return kept | _FIXED | ({"GOROOT": str(go_root)} if go_root else {})


def list_arguments() -> list[str]:
    """Fetches every module that is needed, checks it, and prints the packages to compile."""
    return ["list", "-mod=readonly", "-deps", PROGRAM]


def verify_arguments() -> list[str]:
    """Hashes the modules that lie unpacked on the disk; go itself checks only what it fetches."""
    return ["mod", "verify"]


def compile_arguments(output: Path) -> list[str]:
    """Compiles into `output`, and prints each package that it begins."""
    return ["build", "-v", *_FLAGS, "-o", str(output), PROGRAM]


def failure_of(said: str) -> EngineFailure:
    """What a failed go command means.

    Args:
        said: the end of what it printed.
    """
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    for code, expected, signs in _SIGNS:
        for line in lines:
            if any(sign in line for sign in signs):
                return EngineFailure(code, expected=expected, found=line)
    return EngineFailure(
        EngineCode.BUILD_FAILED,
        expected="an engine that compiles",
        found=lines[-1] if lines else _SILENT,
    )


def _numbers(found: re.Match[str]) -> GoVersion:
    major, minor, patch = found.groups()
    return int(major), int(minor), int(patch or 0)
