"""What is pinned, and what go's failures mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from node.engine import EngineCode, EngineFailure, pinned
from node.engine.plan import (
    CACHE_VARIABLE,
    build_environment,
    cache_folder,
    compile_arguments,
    failure_of,
    parse_go_version,
    read_pins,
)

GO_MOD = b"module m\n\ngo 1.22\n\nrequire github.com/cometbft/cometbft v0.38.26\n"

CHECKSUM = """verifying github.com/cometbft/cometbft@v0.38.26: checksum mismatch
\tdownloaded: h1:MIPYgOSvyyiN1jo3SZljKy4ZXqs896aQnj3pQFfUmaE=
\tgo.sum:     h1:AIPYgOSvyyiN1jo3SZljKy4ZXqs896aQnj3pQFfUmaE=

SECURITY ERROR
This download does NOT match an earlier download recorded in go.sum.
"""
MODIFIED = "github.com/cometbft/cometbft v0.38.26: dir has been modified (/go/pkg/mod/x)\n"
MISSING = "missing go.sum entry for module providing package github.com/a/b (imported by c)\n"
REFUSED = (
    "go: downloading github.com/cometbft/cometbft v0.38.26\n"
    'github.com/cometbft/cometbft@v0.38.26: Get "http://127.0.0.1:9/x.zip": '
    "dial tcp 127.0.0.1:9: connect: connection refused\n"
)
UNKNOWN_HOST = 'a@v1: Get "https://example.invalid/a": dial tcp: lookup x: no such host\n'
OFFLINE = "a@v1: module lookup disabled by GOPROXY=off\n"
FULL = "# runtime\ncompile: writing output: write $WORK/b.a: no space left on device\n"
SYNTAX = "# example.org/a\na/a.go:3:1: syntax error: unexpected name x\n"


def test_this_version_runs_cometbft_0_38_26() -> None:
    pins = pinned()
    assert (pins.version, pins.go_wanted) == ("0.38.26", (1, 22, 11))


def test_the_key_depends_on_each_input() -> None:
    inputs = [
        (GO_MOD, b"sum", "Linux/x86_64"),
        (GO_MOD + b"\n", b"sum", "Linux/x86_64"),
        (GO_MOD, b"sun", "Linux/x86_64"),
        (GO_MOD, b"sum", "Linux/aarch64"),
    ]
    keys = [read_pins(go_mod=mod, go_sum=hashes, machine=m).key for mod, hashes, m in inputs]
    assert len(set(keys)) == len(keys)
    again = read_pins(go_mod=GO_MOD, go_sum=b"sum", machine="Linux/x86_64")
    assert again.key == keys[0]


@pytest.mark.parametrize(
    "go_mod",
    [b"", b"module m\ngo 1.22\n", b"require github.com/cometbft/cometbft v1\n", b"\xff\x00"],
)
def test_a_module_that_pins_nothing_is_refused(go_mod: bytes) -> None:
    with pytest.raises(EngineFailure) as refused:
        read_pins(go_mod=go_mod, go_sum=b"", machine="m")
    assert refused.value.code == EngineCode.BUILD_FAILED


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("go version go1.26.8 linux/amd64", (1, 26, 8)),
        ("go version go1.22 darwin/arm64", (1, 22, 0)),
        ("go version go1.27rc1 linux/amd64", (1, 27, 0)),
        ("go version devel +abc linux/amd64", None),
        ("", None),
    ],
)
def test_versions_of_go(said: str, version: tuple[int, int, int] | None) -> None:
    assert parse_go_version(said) == version


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (CHECKSUM, EngineCode.CHECKSUM_MISMATCH),
        (MODIFIED, EngineCode.CHECKSUM_MISMATCH),
        (MISSING, EngineCode.CHECKSUM_MISMATCH),
        (REFUSED, EngineCode.NO_NETWORK),
        (UNKNOWN_HOST, EngineCode.NO_NETWORK),
        (OFFLINE, EngineCode.NO_NETWORK),
        (FULL, EngineCode.DISK_FULL),
        (SYNTAX, EngineCode.BUILD_FAILED),
        ("", EngineCode.BUILD_FAILED),
    ],
)
def test_what_a_failed_command_means(said: str, code: EngineCode) -> None:
    failure = failure_of(said)
    assert failure.code == code
    assert "\n" not in str(failure)


def test_the_line_that_says_why_is_the_one_shown() -> None:
    assert "connection refused" in failure_of(REFUSED).found
    assert "syntax error" in failure_of(SYNTAX).found


def test_the_users_environment_decides_only_where_modules_come_from() -> None:
    inherited = {
        "GOFLAGS": "-mod=mod -modfile=other.mod",
        "GOOS": "plan9",
        "GOWORK": "other.work",
        "CGO_ENABLED": "1",
        "GOTOOLCHAIN": "auto",
        "GOPROXY": "off",
        "HOME": "home",
    }
    built = build_environment(inherited, go_root=Path("root"))
    assert built == {
        "CGO_ENABLED": "0",
        "GO111MODULE": "on",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "GOPROXY": "off",
        "HOME": "home",
        "GOROOT": "root",
    }
    assert "GOROOT" not in build_environment({"GOROOT": "elsewhere"}, go_root=None)


def test_compiling_never_changes_the_pins() -> None:
    assert "-mod=readonly" in compile_arguments(Path("x"))


def test_where_engines_lie() -> None:
    home = Path("home")
    assert cache_folder({}, home=home) == home / ".cache/seedpact/engine"
    assert cache_folder({"XDG_CACHE_HOME": "c"}, home=home) == Path("c/seedpact/engine")
    assert cache_folder({CACHE_VARIABLE: "here"}, home=home) == Path("here")
