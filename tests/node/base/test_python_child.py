"""What lies in the current folder under a module's name runs in no process of ours.

One of them holds the seed. The folder here has a file for every name: the standard library's, the
libraries' and our own.
"""

from __future__ import annotations

import ast
import importlib.metadata
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

import node
from enclave.crypto.labels import Mode
from node.base.python_child import LOADERS, PATHS, python_command, python_environment
from node.cli.enclave.supervise import run_enclave
from node.cli.import_path import trusted
from node.config import Home, NodeConfig
from node.config.parts import Part
from node.join.enclave_process import enclave_of
from node.supervisor.child import Child
from node.supervisor.node_group import node_group
from tests.support.cli import python_path
from tests.support.supervised import wait_for

WITNESS = "imported"
"""The file to which a shadow writes its name."""
PRODUCT = Path(node.__file__).parents[1]


def names() -> set[str]:
    libraries = importlib.metadata.packages_distributions()
    ours = ("enclave", "node", "chain_module", "seedpact", "tests")
    return {name for name in (*sys.stdlib_module_names, *libraries, *ours) if name.isidentifier()}


@pytest.fixture
def shadowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder; the variables that would name it to an interpreter say so."""
    folder = tmp_path / "shadows"
    folder.mkdir()
    for name in names():
        text = f"with open({str(folder / WITNESS)!r}, 'a') as witness: witness.write('{name} ')\n"
        (folder / f"{name}.py").write_text(text, encoding="ascii")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(("", ".", os.environ.get("PYTHONPATH", ""))))
    monkeypatch.setenv("PYTHONWARNINGS", "error::shadow.Warning")
    return folder


def of_the_group(part: Part) -> Callable[[Path], None]:
    """As `start` and `localnet up` do."""

    def started(folder: Path) -> None:
        home = Home(folder / "home")
        for made in (home.logs, home.run, home.cometbft_config.parent):
            made.mkdir(parents=True)
        home.cometbft_config.write_text(
            '[rpc]\nladdr = "tcp://127.0.0.1:1"\n[p2p]\nladdr = "tcp://127.0.0.1:1"\n'
        )
        config = replace(
            NodeConfig.default(home, mode=Mode.SOFTWARE), enclave_address="127.0.0.1:0"
        )
        group = node_group(home, config, engine=Path("/nowhere"), name="one")
        (spec,) = (spec for spec in group.processes if spec.name == part)
        child = Child(spec, wake=lambda: None)
        try:
            said = b"no_home" if part is Part.NODE else b'"serving"'
            wait_for(
                lambda: child.exit_status() is not None or said in spec.log.read_bytes(), "words"
            )
        finally:
            child.kill()
            wait_for(lambda: child.exit_status() is not None, "its end")
        assert said in spec.log.read_bytes()

    return started


def of_enclave_run(folder: Path) -> None:
    """As `enclave run` does."""
    lines: list[object] = []
    arguments = ["--home", str(folder / "home"), "--mode", "software", "--listen", "nowhere:1"]
    assert run_enclave(arguments, on_line=lines.append) == 1
    assert "cannot_start" in str(lines)


def of_join(folder: Path) -> None:
    """As `register` and `genesis bootstrap` do."""
    home = folder / "home"
    with enclave_of(home, mode=Mode.SOFTWARE, address=None, configured="127.0.0.1:1") as client:
        client.get_info()


def run(words: Sequence[str], environment: dict[str, str]) -> None:
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("seedpactd "), done.stderr


def of_start(_folder: Path) -> None:
    """What `register --start` becomes."""
    run(python_command("node.cli.main", "--version"), python_environment())


def of_the_command(_folder: Path) -> None:
    """The console script, in an environment that names no folder."""
    environment = {name: value for name, value in os.environ.items() if name not in PATHS}
    script = Path(sys.executable).with_name("seedpactd")
    run([str(script), "--version"], environment)


STARTED = "import re, sys; print(*sys.modules)"
"""What the interpreter and the console script import before any line of ours."""


@pytest.mark.parametrize("named", [".", "", "/nowhere:", "../shadows", "./."])
def test_the_command_leaves_the_current_folder(shadowed: Path, named: str) -> None:
    """An empty entry is what `PYTHONPATH=$PYTHONPATH:/lib` has, where it was unset."""
    environment = {name: value for name, value in os.environ.items() if name not in PATHS}
    clean = [sys.executable, "-P", "-c", STARTED]
    before = subprocess.run(clean, env=environment, capture_output=True, text=True, check=True)
    for name in {"node", *before.stdout.split()}:
        (shadowed / f"{name}.py").unlink(missing_ok=True)
    environment["PYTHONPATH"] = os.pathsep.join((named, python_path()))
    command = str(Path(sys.executable).with_name("seedpactd"))
    issue = [command, "attest", "issue", "--out-dir", str(shadowed / "out")]
    done = subprocess.run(issue, env=environment, capture_output=True, text=True, check=False)
    assert not (shadowed / WITNESS).exists(), (shadowed / WITNESS).read_text()
    assert done.returncode == 0, done.stderr


def test_folders_of_the_operator_and_of_the_product_stay() -> None:
    here = str(Path.cwd())
    path = ["", "lib", here, f"{here}/lib", "/a", "/lib", "/b"]
    assert trusted(path, named=":lib:/a", product="/b") == ["/a", "/lib", "/b"]
    assert trusted(path, named=f".:{here}/", product="/b") == [here, f"{here}/lib", *path[4:]]
    assert trusted(path, named="::.", product=here) == [here, f"{here}/lib", *path[4:]]
    assert trusted(path, named="", product="/b") == path[2:]


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(of_the_group(Part.ENCLAVE), id="enclave"),
        pytest.param(of_the_group(Part.NODE), id="node"),
        pytest.param(of_enclave_run, id="enclave run"),
        pytest.param(of_join, id="register"),
        pytest.param(of_start, id="start"),
        pytest.param(of_the_command, id="the command"),
    ],
)
def test_no_child_imports_from_the_current_folder(
    shadowed: Path, start: Callable[[Path], None]
) -> None:
    try:
        start(shadowed)
    finally:
        witness = shadowed / WITNESS
        assert not witness.exists(), witness.read_text()


def test_an_absolute_path_of_the_operator_stays() -> None:
    """Images and checkouts without an installation name the packages there."""
    given = {name: os.pathsep.join(("/a", "", "b", "/c")) for name in PATHS}
    given |= dict.fromkeys(LOADERS, "1") | {"PYTHONHASHSEED": "0", "HOME": "h"}
    kept = {name: os.pathsep.join(("/a", "/c")) for name in PATHS}
    assert python_environment(given) == {**kept, "PYTHONHASHSEED": "0", "HOME": "h"}
    assert python_environment({"PYTHONPATH": ""}) == {}


def test_nobody_else_makes_a_command_line_of_the_interpreter() -> None:
    found = {
        path.relative_to(PRODUCT).as_posix()
        for folder in ("node", "enclave", "chain_module")
        for path in (PRODUCT / folder).rglob("*.py")
        for part in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(part, ast.Attribute) and part.attr == "executable"
    }
    assert found == {"node/base/python_child.py"}
