"""Generated code is exactly what `make proto` generates: byte for byte, nothing more or less."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

PROTO: Final = Path(__file__).parents[2] / "proto"
SERVICES: Final = (
    "seedpact/enclave/v1/service.proto",
    "seedpact/registration/v1/query.proto",
)


def generate(output: Path) -> None:
    """What the Makefile's `proto` does, with another folder for the output."""
    sources = sorted(str(path.relative_to(PROTO)) for path in PROTO.rglob("*.proto"))
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{PROTO}"]
    messages = [f"--python_out={output}", f"--pyi_out={output}"]
    subprocess.run([*command, *messages, *sources], check=True)
    subprocess.run([*command, f"--grpc_python_out={output}", *SERVICES], check=True)


def files(folder: Path) -> dict[Path, bytes]:
    """Contents by relative path, without the sources and what Python leaves behind."""
    return {
        path.relative_to(folder): path.read_bytes()
        for path in folder.rglob("*")
        if path.suffix in {".py", ".pyi"}
    }


def test_generated_code_is_reproducible(tmp_path: Path) -> None:
    generate(tmp_path)
    made, committed = files(tmp_path), files(PROTO)
    assert made.keys() == committed.keys()
    assert [path for path in made if made[path] != committed[path]] == []


def test_nothing_hashed_has_a_map_field() -> None:
    for path in PROTO.rglob("*.proto"):
        code = [line.split("//")[0] for line in path.read_text().splitlines()]
        assert not [line for line in code if "map<" in line], path.name
