"""What must hold before a node's processes start: the home is whole and free, and so are its ports.

Each refusal is said before anything runs. What the network's genesis means is checked by its own
module; what a process itself finds wrong stands in its log.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import socket
import time
from collections.abc import Iterator, Sequence
from typing import Final

from node.config import Home, NodeConfig
from node.config.engine_keys import read_engine_keys
from node.config.files import make_folder, reason
from node.supervisor.failures import SupervisorCode, SupervisorFailure
from node.supervisor.node_group import Part, engine_addresses, pid_file
from node.supervisor.process_id import running

LOCK_NAME: Final = "start.lock"
LEFT_SECS: Final = 5.0
"""How long processes of a supervisor that was killed may take to end: the kernel ends them."""
_POLL_SECS: Final = 0.05
_PRIVATE: Final = 0o600


def check_home(home: Home) -> NodeConfig:
    """That every file is there and can be read; the configuration.

    Raises:
        ConfigFailure: which file is missing or wrong.
    """
    config = NodeConfig.load(home)
    read_engine_keys(home)
    engine_addresses(home)
    for folder in (home.logs, home.run, home.enclave, config.abci_socket.parent):
        make_folder(folder)
    return config


@contextlib.contextmanager
def claimed(home: Home) -> Iterator[None]:
    """Holds the home for one supervisor; the kernel gives it free when the process ends.

    Raises:
        SupervisorFailure: NODE_ALREADY_RUNNING.
    """
    path = home.run / LOCK_NAME
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _PRIVATE)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SupervisorFailure(
                SupervisorCode.NODE_ALREADY_RUNNING,
                expected=f"no other `seedpactd start` on {home.path}",
                found="one that holds its lock",
            ) from None
        yield
    finally:
        os.close(descriptor)


def check_not_running(home: Home, parts: Sequence[Part]) -> None:
    """That no process of an earlier start is left; waits a little for those that end.

    Raises:
        SupervisorFailure: NODE_ALREADY_RUNNING.
    """
    deadline = time.monotonic() + LEFT_SECS
    for part in parts:
        while (found := running(pid_file(home, part))) is not None:
            if time.monotonic() >= deadline:
                raise SupervisorFailure(
                    SupervisorCode.NODE_ALREADY_RUNNING,
                    expected=f"no {part} that runs on {home.path}",
                    found=f"process {found.pid}",
                )
            time.sleep(_POLL_SECS)


def check_ports(home: Home, config: NodeConfig, parts: Sequence[Part]) -> None:
    """That the addresses on which these processes will listen are free.

    Raises:
        SupervisorFailure: PORT_TAKEN.
        ConfigFailure: config.toml cannot be read.
    """
    rpc, p2p = engine_addresses(home)
    addresses = {
        Part.ENCLAVE: {"the enclave": config.enclave_address},
        Part.NODE: {"gRPC": config.grpc_listen, "metrics": config.metrics_listen},
        Part.COMETBFT: {"CometBFT's RPC": rpc, "CometBFT's peers": p2p},
    }
    for part in parts:
        for what, address in addresses[part].items():
            _check_free(what, address)


def _check_free(what: str, address: str) -> None:
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As servers do: a port that only ended connections still hold is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            raise SupervisorFailure(
                SupervisorCode.PORT_TAKEN,
                expected=f"{address} free for {what}",
                found="another program that listens there" if taken else reason(error),
            ) from None
