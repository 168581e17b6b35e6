"""Building once, also where others build, kill and spoil."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from node.engine import (
    EngineCode,
    EngineFailure,
    Progress,
    build_engine,
    find_engine,
    pinned,
    require_engine,
)
from node.engine.build import MODULE_FOLDER
from tests.node.engine.fake_go import builds, fake_go

BUILD = """
import sys
from pathlib import Path
from node.engine import build_engine
said = []
build_engine(Path(sys.argv[1]), report=lambda step: said.append(step.text))
print("\\n".join(said))
"""
REPOSITORY = Path(__file__).parents[3]
PATIENCE_SECS = 60


def _builder(cache: Path, environment: dict[str, str]) -> subprocess.Popen[str]:
    paths = f"{REPOSITORY}:{REPOSITORY / 'proto'}"
    return subprocess.Popen(
        [sys.executable, "-c", BUILD, str(cache)],
        env={**environment, "PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        text=True,
    )


def _failure(cache: Path, environment: dict[str, str]) -> EngineCode:
    with pytest.raises(EngineFailure) as refused:
        build_engine(cache, environment=environment)
    assert not [path for path in cache.rglob("*") if path.name != "build.lock" and path.is_file()]
    return refused.value.code


def test_it_is_built_once_and_found_again(tmp_path: Path) -> None:
    cache, go = tmp_path / "cache", tmp_path / "go"
    environment = fake_go(go)
    assert find_engine(cache) is None
    steps: list[Progress] = []
    path = build_engine(cache, environment=environment, report=steps.append)
    again = build_engine(cache, environment=environment)
    assert path == again == find_engine(cache) == require_engine(cache)
    assert builds(go) == 1
    assert path.parent.name == f"{pinned().version}-{pinned().key}"
    texts = [step.text for step in steps]
    assert texts[0] == "building CometBFT 0.38.26 with go1.99.0"
    assert "fetching module 1: example.org/a v1.0.0" in texts
    assert texts[-1].endswith(str(path))
    elapsed = [step.elapsed_secs for step in steps]
    assert elapsed == sorted(elapsed)


def test_an_engine_that_was_not_built_is_named(tmp_path: Path) -> None:
    with pytest.raises(EngineFailure) as refused:
        require_engine(tmp_path)
    assert refused.value.code == EngineCode.NOT_BUILT


def test_two_builders_build_once(tmp_path: Path) -> None:
    cache, go = tmp_path / "cache", tmp_path / "go"
    environment = fake_go(go, build="sleep 2")
    both = [_builder(cache, environment) for _ in range(2)]
    said = [builder.communicate(timeout=PATIENCE_SECS)[0] for builder in both]
    assert [builder.returncode for builder in both] == [0, 0]
    assert builds(go) == 1
    assert sum("waiting for it" in text for text in said) == 1


def test_a_killed_builder_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    cache, go = tmp_path / "cache", tmp_path / "go"
    builder = _builder(cache, fake_go(go, build="sleep 60"))
    deadline = time.monotonic() + PATIENCE_SECS
    while builds(go) == 0 and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(builder.pid, signal.SIGKILL)
    builder.communicate()
    assert find_engine(cache) is None
    path = build_engine(cache, environment=fake_go(go))
    assert find_engine(cache) == path
    assert sorted(child.name for child in path.parent.iterdir()) == ["build.lock", "cometbft"]


def test_a_build_of_another_version_is_refused(tmp_path: Path) -> None:
    environment = fake_go(tmp_path / "go", version="0.38.25")
    assert _failure(tmp_path / "cache", environment) == EngineCode.BUILD_FAILED


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    full = "echo 'write b.a: no space left on device' >&2; exit 1"
    environment = fake_go(tmp_path / "go", build=full)
    assert _failure(tmp_path / "cache", environment) == EngineCode.DISK_FULL


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    occupied = tmp_path / "file"
    occupied.write_text("")
    with pytest.raises(EngineFailure) as refused:
        build_engine(occupied / "cache", environment=fake_go(tmp_path / "go"))
    assert refused.value.code == EngineCode.CANNOT_WRITE_CACHE


def test_a_module_without_its_files_is_named(tmp_path: Path) -> None:
    with pytest.raises(EngineFailure) as refused:
        build_engine(tmp_path / "cache", module=tmp_path)
    assert refused.value.code == EngineCode.BUILD_FAILED


def test_a_proxy_that_does_not_answer_is_named(tmp_path: Path) -> None:
    silent = {"GOPROXY": "http://127.0.0.1:9", "GOMODCACHE": str(tmp_path / "modules")}
    assert _failure(tmp_path / "cache", os.environ | silent) == EngineCode.NO_NETWORK


def test_a_module_that_is_not_the_pinned_one_is_refused(tmp_path: Path, engine: Path) -> None:
    """The real go, a real module, one letter of go.sum changed."""
    assert engine.is_file()  # its modules are on the disk: nothing is fetched
    module = tmp_path / "module"
    shutil.copytree(MODULE_FOLDER, module)
    pins = (module / "go.sum").read_text()
    pin = "github.com/cometbft/cometbft v0.38.26 h1:"
    assert pins.count(pin + "M") == 1
    (module / "go.sum").write_text(pins.replace(pin + "M", pin + "A"))
    with pytest.raises(EngineFailure) as refused:
        build_engine(tmp_path / "cache", module=module)
    assert refused.value.code == EngineCode.CHECKSUM_MISMATCH


def test_the_real_engine_says_its_version(engine: Path) -> None:
    answer = subprocess.run([engine, "version"], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == pinned().version
