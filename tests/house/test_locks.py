"""Locks name packages and hashes, and no place to fetch them from (docs/adr/0002)."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Final

import pytest

REPOSITORY: Final = Path(__file__).parents[2]
LOCKS: Final = {path.stem: path for path in (REPOSITORY / "requirements").glob("*.lock")}
JAVASCRIPT: Final = REPOSITORY / "tests" / "differential"

REQUIREMENT: Final = re.compile(r"^[a-z0-9][a-z0-9._-]*==[^\s\\]+( ; [^\\]+)? \\$")
HASH: Final = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")
PROVENANCE: Final = re.compile(r"^    #( via|   (--override|[a-z]))")
ADDRESS: Final = re.compile(r"https?:|//|--(extra-)?index-url|--find-links|@ file")


def requirements(lock: Path) -> dict[str, list[str]]:
    """The hashes of each requirement, by `name==version`."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in lock.read_text().splitlines():
        if REQUIREMENT.match(line):
            name = line.split(" ")[0]
            found[name] = []
        elif HASH.match(line):
            found[name].append(line)
        else:
            assert PROVENANCE.match(line), line
    return found


def test_there_is_a_lock_for_each_extra() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    assert LOCKS.keys() == project["optional-dependencies"].keys()


@pytest.mark.parametrize("name", LOCKS)
def test_every_requirement_is_pinned_and_hashed(name: str) -> None:
    found = requirements(LOCKS[name])
    assert found
    assert [requirement for requirement, hashes in found.items() if not hashes] == []


@pytest.mark.parametrize("name", LOCKS)
def test_no_lock_names_a_place(name: str) -> None:
    assert [line for line in LOCKS[name].read_text().splitlines() if ADDRESS.search(line)] == []


def test_the_locks_agree_on_versions() -> None:
    enclave, node, dev = (requirements(LOCKS[name]).keys() for name in ("enclave", "node", "dev"))
    assert enclave <= node <= dev


def test_the_enclave_is_served_by_few_libraries() -> None:
    names = {requirement.split("==")[0] for requirement in requirements(LOCKS["enclave"])}
    assert names == {
        "cffi",
        "cryptography",
        "dcap-qvl",
        "grpcio",
        "protobuf",
        "pycparser",
        "pynacl",
        "typing-extensions",
    }


def test_the_javascript_lock_has_hashes_and_no_addresses() -> None:
    lock = json.loads((JAVASCRIPT / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert [name for name, entry in packages.items() if "integrity" not in entry] == []
