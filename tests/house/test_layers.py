"""The arrows of docs/adr/0001 are a lint that fails the build: each contract sees its violation."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Final

import pytest

REPOSITORY: Final = Path(__file__).parents[2]
PACKAGES: Final = ("enclave", "chain_module", "node")

PURE: Final = "no file, socket, clock, process or random source below the shell"
HOUSE: Final = "proto <- enclave <- chain_module <- node"
ROOMS: Final = "crypto <- merkle <- light_client, attestation <- registration <- framework"
CHAIN: Final = "store <- contract <- consensus <- auth <- bank <- tx <- registration <- app"
NODE: Final = "base <- config <- clients <- join <- supervisor <- host <- application <- cli"

PLANTED: Final = {
    "enclave imports node": ("enclave/errors.py", "import node", HOUSE),
    "enclave imports chain_module": ("enclave/errors.py", "import chain_module", HOUSE),
    "chain_module imports node": ("chain_module/__init__.py", "import node", HOUSE),
    "proto imports enclave": (
        "proto/seedpact/enclave/v1/service_pb2.py",
        "import enclave.errors",
        HOUSE,
    ),
    "crypto imports attestation": (
        "enclave/crypto/labels.py",
        "import enclave.attestation.types",
        ROOMS,
    ),
    "attestation imports registration": (
        "enclave/attestation/types.py",
        "import enclave.registration",
        ROOMS,
    ),
    "the light client imports registration": (
        "enclave/light_client/__init__.py",
        "import enclave.registration",
        ROOMS,
    ),
    "the light client imports attestation": (
        "enclave/light_client/__init__.py",
        "import enclave.attestation.types",
        ROOMS,
    ),
    "merkle imports the light client": (
        "enclave/merkle/__init__.py",
        "import enclave.light_client",
        ROOMS,
    ),
    "merkle imports framework": ("enclave/merkle/__init__.py", "import enclave.framework", ROOMS),
    "framework imports handlers": (
        "enclave/framework/__init__.py",
        "import enclave.handlers",
        ROOMS,
    ),
    "handlers import service": ("enclave/handlers/__init__.py", "import enclave.service", ROOMS),
    "a room that no contract knows": ("enclave/attic/__init__.py", "", ROOMS),
    "auth imports bank": ("chain_module/auth/accounts.py", "import chain_module.bank", CHAIN),
    "bank imports tx": ("chain_module/bank/coins.py", "import chain_module.tx", CHAIN),
    "tx imports registration": (
        "chain_module/tx/gas.py",
        "import chain_module.registration",
        CHAIN,
    ),
    "the contract imports a module": ("chain_module/gas.py", "import chain_module.auth", CHAIN),
    "a part of the chain that no contract knows": ("chain_module/attic/__init__.py", "", CHAIN),
    "the supervisor imports what it runs": ("node/supervisor/spec.py", "import node.run", NODE),
    "join imports host": ("node/join/plan.py", "import node.host", NODE),
    "base imports config": ("node/base/backoff.py", "import node.config", NODE),
    "a room of the node that no contract knows": ("node/attic/__init__.py", "", NODE),
    "crypto asks for randomness": ("enclave/crypto/labels.py", "import secrets", PURE),
    "attestation reads a clock": ("enclave/attestation/types.py", "import time", PURE),
    "a handler opens a socket": ("enclave/handlers/__init__.py", "import socket", PURE),
    "framework reads files": ("enclave/framework/__init__.py", "from pathlib import Path", PURE),
    "chain_module reads a clock": ("chain_module/__init__.py", "import time", PURE),
    "the node's process answers a query": (
        "node/query_process/process.py",
        "import node.services.table",
        "queries run in the query process alone",
    ),
    "the application simulates": (
        "node/application/application.py",
        "import node.application.backend",
        "queries run in the query process alone",
    ),
    "framework chooses the platform": (
        "enclave/framework/__init__.py",
        "import enclave.attestation.gramine_attestor",
        "only the shell chooses the Gramine attestor",
    ),
    "framework chooses software mode": (
        "enclave/framework/__init__.py",
        "import enclave.software.attestor",
        "only the shell chooses the platform of software mode",
    ),
    "sealing calls cryptography": (
        "enclave/crypto/sealing.py",
        "from cryptography.hazmat.primitives.ciphers.aead import AESGCM",
        "cryptography is called by crypto.primitives",
    ),
    "light_client calls nacl": (
        "enclave/light_client/keys.py",
        "import nacl.bindings",
        "nacl is called by crypto.primitives alone",
    ),
    "policy calls dcap_qvl": (
        "enclave/attestation/types.py",
        "import dcap_qvl",
        "dcap_qvl is called by the verifier",
    ),
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The packages and their contracts in a folder of their own."""
    keep = shutil.ignore_patterns("__pycache__")
    for package in (*PACKAGES, "proto"):
        shutil.copytree(REPOSITORY / package, tmp_path / package, ignore=keep)
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    return tmp_path


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs import-linter over the packages of `folder`, and of no other place.

    Without `site` (-S) the editable installation of the repository is not found.
    """
    script = Path(sys.executable).with_name("lint-imports")
    libraries = sysconfig.get_paths()["purelib"]
    search = os.pathsep.join([str(folder), str(folder / "proto"), libraries])
    return subprocess.run(
        [sys.executable, "-S", script, "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": search, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_packages_keep_every_contract(copy: Path) -> None:
    result = lint(copy)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 broken" in result.stdout


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_violation_breaks_its_contract(copy: Path, name: str) -> None:
    path, line, contract = PLANTED[name]
    target = copy / path
    target.parent.mkdir(exist_ok=True)
    before = target.read_text() if target.exists() else ""
    target.write_text(f"{before}\n{line}\n")

    result = lint(copy)

    assert result.returncode == 1, result.stdout + result.stderr
    broken = [row for row in result.stdout.splitlines() if "BROKEN" in row]
    assert len(broken) == 1
    assert contract in broken[0]
