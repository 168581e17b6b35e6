"""docs/founding.md: its commands run as they stand, and its tables are what the code writes."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Final

from enclave.crypto.labels import Mode
from node.config import ClientConfig, Home, NodeConfig

REPOSITORY: Final = Path(__file__).parents[3]
TEXT: Final = (REPOSITORY / "docs" / "founding.md").read_text()
SECONDS: Final = 300


def test_its_commands_found_a_network(tmp_path: Path) -> None:
    (commands,) = re.findall(r"^```sh\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
    # A port of its own: another enclave may run here.
    commands = commands.replace("enclave run", 'enclave run --listen "$SEEDPACT_ENCLAVE"')
    commands = commands.replace("bootstrap", 'bootstrap --address "$SEEDPACT_ENCLAVE"')
    program = tmp_path / "seedpactd"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m node.cli.main "$@"\n')
    program.chmod(0o755)
    home = tmp_path / "home"
    environment = {
        **os.environ,
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join((str(REPOSITORY), str(REPOSITORY / "proto"))),
        "SEEDPACT_HOME": str(home),
        "SEEDPACT_ENCLAVE": f"127.0.0.1:{_free_port()}",
    }
    done = subprocess.run(
        ["bash", "-eu", "-c", commands],
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "genesis.json is good\n" in done.stdout
    assert "bootstrapped  yes" in done.stdout
    assert NodeConfig.load(Home(home)).operator_key == "operator"


def test_its_table_has_every_key_of_node_toml(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.make_folders()
    NodeConfig.default(home, mode=Mode.HARDWARE).save(home)
    written = tomllib.loads(home.node_config.read_text())
    keys = [f"{table}.{key}" for table, entries in written.items() for key in entries]
    assert re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \|", TEXT, re.MULTILINE) == keys
    ClientConfig().save(home)
    for key in tomllib.loads(home.client_config.read_text()):
        assert f"`{key}`" in TEXT


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
