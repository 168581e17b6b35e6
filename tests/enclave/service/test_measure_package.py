"""What software mode measures is every module of ours that an enclave process can load."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import enclave
from enclave.service.measure_package import measure_package
from seedpact.enclave.v1 import service_pb2

# Runs in a copy of the code: imports all of the enclave, changes one loaded file after another,
# and prints those of which the measurement took no notice.
CHANGE_EACH_FILE = """
import importlib, pathlib, pkgutil, sys
import enclave
from enclave.service.measure_package import measure_package

for module in pkgutil.walk_packages(enclave.__path__, "enclave."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
ours = [module.__file__ for name, module in list(sys.modules.items())
        if name.split(".")[0] in ("enclave", "seedpact") and getattr(module, "__file__", None)]
before = measure_package()
print(before.hex(), len(ours))
for name in ours:
    file = pathlib.Path(name)
    content = file.read_bytes()
    file.write_bytes(content + b"#")
    if measure_package() == before:
        print(name)
    file.write_bytes(content)
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The enclave's code elsewhere, as a wheel would install it."""
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(enclave.__path__[0], tmp_path / "enclave", ignore=ignore)
    messages = Path(service_pb2.__file__).parents[2]
    shutil.copytree(messages, tmp_path / "seedpact", ignore=ignore)
    return tmp_path


def test_every_loaded_module_counts_and_the_place_does_not(copy: Path) -> None:
    program = f"import sys; sys.path.insert(0, {str(copy)!r})\n" + CHANGE_EACH_FILE
    run = subprocess.run(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, check=True, text=True, cwd=copy
    )
    first, *unnoticed = run.stdout.splitlines()
    digest, loaded = first.split()
    assert digest == measure_package().hex()
    assert int(loaded) > len(list(copy.glob("enclave/*/*.py")))
    assert unnoticed == []


def test_it_is_a_sha256() -> None:
    assert len(measure_package()) == 32
