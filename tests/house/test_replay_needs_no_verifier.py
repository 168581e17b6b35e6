"""A replay of the chain needs no verification library: chain_module never imports it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).parents[2]

IMPORT_ALL: Final = """
import importlib, pkgutil, sys
sys.modules["dcap_qvl"] = None  # an import of it now fails
import chain_module
names = [module.name for module in pkgutil.walk_packages(chain_module.__path__, "chain_module.")]
for name in names:
    importlib.import_module(name)
print(len(names))
"""


def run(script: str) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "proto")])
    return subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )


def test_all_of_chain_module_imports_without_the_verification_library() -> None:
    result = run(IMPORT_ALL)
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) > 40


def test_the_block_on_the_library_works() -> None:
    result = run(IMPORT_ALL + "import enclave.registration.verification\n")
    assert result.returncode != 0
    assert "dcap_qvl" in result.stderr
