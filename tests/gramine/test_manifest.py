"""The Gramine manifest trusts what the enclave loads, and of this repository nothing else."""

from __future__ import annotations

import json
import re
import subprocess
import sysconfig
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

REPOSITORY: Final = Path(__file__).parents[2]
TEMPLATE: Final = REPOSITORY / "gramine" / "enclave.manifest.template"

# Starts the enclave in hardware mode, which ends where it finds no Gramine, and says which files
# that took.
PROBE: Final = """
import sys
opened = []
def heard(event, args):
    if event == "open" and isinstance(args[0], str) and not args[0].startswith("/dev/"):
        opened.append(args[0])
sys.addaudithook(heard)
import enclave.__main__
from enclave.service.main import main
assert main(sys.argv[1:]) == 1
import json
loaded = [m.__file__ for m in sys.modules.values() if getattr(m, "__file__", None)]
print(json.dumps({"loaded": loaded, "opened": opened}))
"""
SOFTWARE: Final = REPOSITORY / "enclave" / "software"


@dataclass(frozen=True, slots=True)
class Places:
    """What the template's variables stand for."""

    python: Path
    stdlib: Path
    libraries: Path
    bytecode: Path

    @property
    def variables(self) -> dict[str, str]:
        """As `gramine-manifest` gets them."""
        (cffi,) = self.libraries.glob("_cffi_backend.*.so")
        return {
            "python": str(self.python),
            "stdlib": str(self.stdlib),
            "libraries": str(self.libraries),
            "cffi": cffi.name,
            "source": str(REPOSITORY),
            "arch_libdir": "/lib/architecture",
            "state": "/var/lib/seedpact",
            "gramine.libos": "/gramine/libsysdb.so",
            "gramine.runtimedir()": "/gramine/runtime",
        }


@pytest.fixture(scope="module")
def places(enclave_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Places:
    """The environment of requirements/enclave.lock; the development one loads more."""
    (libraries,) = (enclave_python.parents[1] / "lib").glob("python*/site-packages")
    stdlib = Path(sysconfig.get_paths()["stdlib"])
    return Places(enclave_python, stdlib, libraries, tmp_path_factory.mktemp("bytecode"))


@pytest.fixture(scope="module")
def manifest(places: Places) -> dict[str, Any]:
    """The rendered template. Every variable that it uses is a known one."""
    variables = places.variables
    text = re.sub(r"{{ (.+?) }}", lambda match: variables[match[1]], TEMPLATE.read_text())
    return tomllib.loads(text)


@pytest.fixture(scope="module")
def used(places: Places, manifest: dict[str, Any]) -> dict[str, set[Path]]:
    """The files that the enclave loads and opens, started as the manifest starts it."""
    arguments = manifest["loader"]["argv"]
    environment = {
        name: value
        for name, value in manifest["loader"]["env"].items()
        if name != "LD_LIBRARY_PATH"
    }
    result = subprocess.run(
        [
            *(places.python, *arguments[1 : arguments.index("-m")], "-c", PROBE),
            *("--mode", "hardware", "--home", places.bytecode / "state"),
        ],
        env=environment | {"PYTHONPYCACHEPREFIX": str(places.bytecode)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert "attestation_unavailable" in result.stderr
    return {
        kind: {Path(name) for name in names} for kind, names in json.loads(result.stdout).items()
    }


def trusted(manifest: dict[str, Any]) -> list[str]:
    """Paths of sgx.trusted_files; a folder ends with a slash."""
    return [uri.removeprefix("file:") for uri in manifest["sgx"]["trusted_files"]]


def covers(entry: str, path: Path) -> bool:
    return path.is_relative_to(entry) if entry.endswith("/") else path == Path(entry)


def test_everything_loaded_is_trusted(
    manifest: dict[str, Any], used: dict[str, set[Path]], places: Places
) -> None:
    entries = trusted(manifest)
    files = {
        path for path in used["loaded"] | used["opened"] if not path.is_relative_to(places.bytecode)
    }
    assert any(path.name == "_rust.abi3.so" for path in files)
    assert [path for path in files if not any(covers(entry, path) for entry in entries)] == []


def test_everything_trusted_of_ours_and_of_libraries_is_loaded(
    manifest: dict[str, Any], used: dict[str, set[Path]], places: Places
) -> None:
    files = used["loaded"] | used["opened"]
    roots = (str(REPOSITORY), str(places.libraries))
    entries = [
        entry
        for entry in trusted(manifest)
        if entry.startswith(roots) and entry != str(places.python)
    ]
    assert len(entries) > 5
    assert [entry for entry in entries if not any(covers(entry, path) for path in files)] == []


def test_a_start_loads_every_module_but_those_of_software_mode(
    used: dict[str, set[Path]],
) -> None:
    modules = set((REPOSITORY / "enclave").rglob("*.py"))
    loaded = {path for path in used["loaded"] if path.is_relative_to(REPOSITORY / "enclave")}
    assert loaded == {path for path in modules if not path.is_relative_to(SOFTWARE)}


def test_of_the_repository_only_the_enclave_and_its_messages_are_trusted(
    manifest: dict[str, Any],
) -> None:
    ours = [
        Path(entry)
        for entry in trusted(manifest)
        if entry.startswith(str(REPOSITORY)) and ".cache" not in entry
    ]
    enclave = [path for path in ours if path.is_relative_to(REPOSITORY / "enclave")]
    messages = [path for path in ours if path not in enclave]
    assert not any(SOFTWARE.is_relative_to(path) for path in enclave)
    assert all(path.is_relative_to(REPOSITORY / "proto" / "seedpact") for path in messages)
    assert all(path.is_file() for path in messages)


def test_compiled_files_of_the_host_are_never_read(
    used: dict[str, set[Path]], places: Places
) -> None:
    compiled = {path for path in used["opened"] if path.suffix == ".pyc"}
    assert [path for path in compiled if not path.is_relative_to(places.bytecode)] == []


def test_the_enclave_is_for_production_and_can_attest(manifest: dict[str, Any]) -> None:
    assert manifest["sgx"]["debug"] is False
    assert manifest["sgx"]["remote_attestation"] == "dcap"
    assert manifest["loader"]["log_level"] == "error"


def test_the_host_chooses_nothing(manifest: dict[str, Any]) -> None:
    arguments = manifest["loader"]["argv"]
    assert arguments[arguments.index("--mode") + 1] == "hardware"
    assert all(isinstance(value, str) for value in manifest["loader"]["env"].values())
    keys = re.findall(r"^([a-z_.]+) =", TEMPLATE.read_text(), re.MULTILINE)
    assert [key for key in keys if "insecure" in key] == []


def test_the_sealing_key_serves_no_encrypted_mount(manifest: dict[str, Any]) -> None:
    assert [mount for mount in manifest["fs"]["mounts"] if mount.get("type") == "encrypted"] == []
    assert "keys" not in manifest["fs"]


def test_only_the_sealed_state_may_be_written(manifest: dict[str, Any]) -> None:
    assert manifest["sgx"]["allowed_files"] == ["file:/var/lib/seedpact/"]
