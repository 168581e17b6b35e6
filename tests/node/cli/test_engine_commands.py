"""`seedpactd engine`: build, version, and every way in which it fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from node.engine import pinned
from tests.node.engine.fake_go import builds, fake_go
from tests.support.cli import Cli, run_for_real


def _use(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in environment.items():
        monkeypatch.setenv(key, value)


def test_build_once_then_version_says_where(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, go = tmp_path / "cache", tmp_path / "go"
    _use(fake_go(go) | {"SEEDPACT_ENGINE_CACHE": str(cache)}, monkeypatch)
    before = cli("engine", "version").done()
    assert "CometBFT 0.38.26" in before.stdout
    assert "next: seedpactd engine build" in before.stdout
    assert cli("engine", "version", "--output", "json").done().json["path"] is None

    built = cli("engine", "build").done()
    assert "building CometBFT 0.38.26 with go1.99.0" in built.stderr
    assert "fetching module 1: example.org/a" in built.stderr
    assert "checking modules against go.sum" in built.stderr
    again = cli("engine", "build", "--output", "json").done()
    assert again.stderr == ""
    assert builds(go) == 1
    path = again.json["path"]
    assert Path(path).is_relative_to(cache)
    assert (again.json["version"], again.json["built"]) == (pinned().version, False)
    assert path in cli("engine", "version").done().stdout


def test_progress_without_a_terminal_is_few_lines(tmp_path: Path) -> None:
    many = "for n in $(seq 500); do echo example.org/package$n; done"
    environment = fake_go(tmp_path / "go", build=many)
    built = run_for_real("engine", "build", "--cache", str(tmp_path), env=environment).done()
    assert "compiling package 1 of at most 1: example.org/package1" in built.stderr
    assert len(built.stderr.splitlines()) < 20


@pytest.mark.parametrize(
    ("build", "code"),
    [
        ("echo 'a: checksum mismatch' >&2; exit 1", "engine_checksum_mismatch"),
        ("echo 'a: no space left on device' >&2; exit 1", "engine_disk_full"),
        ("echo 'dial tcp: no such host' >&2; exit 1", "engine_no_network"),
        ("exit 1", "engine_build_failed"),
    ],
)
def test_a_build_that_fails_is_one_line_with_a_remedy(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, build: str, code: str
) -> None:
    _use(fake_go(tmp_path / "go", build=build), monkeypatch)
    arguments = ("engine", "build", "--cache", str(tmp_path / "cache"))
    failed = cli(*arguments, "--output", "json").failed(code)
    assert failed.json["remedy"]
    assert cli(*arguments).stderr.splitlines()[-1].startswith(f"{code}: expected ")


def test_a_cache_that_cannot_be_written(cli: Cli, tmp_path: Path) -> None:
    occupied = tmp_path / "file"
    occupied.write_text("")
    cli("engine", "build", "--cache", str(occupied / "x")).failed("engine_cannot_write_cache")
