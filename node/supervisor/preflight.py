"""What must hold before a node's processes start: the home is whole and free, and so are its ports.

Each refusal is said before anything runs. What the network's genesis means is checked by its own
module; what a process itself finds wrong stands in its log.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator, Sequence
from typing import Final

from enclave.errors import Code, Refusal
from enclave.service.listening import try_to_listen
from node.base.file_lock import FileLock, Held
from node.config import Home, NodeConfig
from node.config.addresses import split_address
from node.config.cometbft import check_cometbft, engine_addresses, read_cometbft
from node.config.engine_files import check_address_book
from node.config.engine_keys import read_engine_keys
from node.config.files import make_folder
from node.config.parts import Part, pid_file
from node.supervisor.failures import SupervisorCode, SupervisorFailure
from node.supervisor.process_id import running

LOCK_NAME: Final = "start.lock"
GRPC: Final = "gRPC"
LEFT_SECS: Final = 5.0
"""How long processes of a supervisor that was killed may take to end: the kernel ends them."""
TAKEN_SECS: Final = 1.0
"""The same for the child that answers queries: it has no file with its id, but holds its port."""
_POLL_SECS: Final = 0.05


def check_home(home: Home) -> NodeConfig:
    """That every file is there and can be read; the configuration.

    Raises:
        ConfigFailure: which file is missing or wrong.
    """
    config = NodeConfig.load(home)
    read_engine_keys(home)
    check_cometbft(home)
    check_address_book(home)
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
    try:
        lock = FileLock(home.run / LOCK_NAME)
    except Held:
        raise SupervisorFailure(
            SupervisorCode.NODE_ALREADY_RUNNING,
            expected=f"no other `seedpactd start` on {home.path}",
            found="one that holds its lock",
        ) from None
    with lock:
        yield


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


def state_lost(home: Home) -> SupervisorFailure | None:
    """What to say where the enclave's state is gone, and its backup there: it starts EMPTY."""
    if home.enclave_state.exists() or not home.enclave_backup.exists():
        return None
    return SupervisorFailure(
        SupervisorCode.ENCLAVE_STATE_LOST,
        expected=f"{home.enclave_state}, the enclave's state",
        found=f"its backup alone, {home.enclave_backup}: the enclave starts EMPTY",
    )


def check_ports(home: Home, config: NodeConfig, parts: Sequence[Part]) -> None:
    """That these processes can listen where they will, and that the engine can be told to peers.

    Raises:
        SupervisorFailure: PORT_TAKEN, PORT_NOT_ALLOWED, ADDRESS_NOT_HERE, ADDRESS_UNKNOWN or
            CANNOT_LISTEN.
        ConfigFailure: config.toml cannot be read.
    """
    rpc, p2p = engine_addresses(home)
    addresses = {
        Part.ENCLAVE: {"the enclave": config.enclave_address},
        Part.NODE: {GRPC: config.grpc_listen, "metrics": config.metrics_listen},
        Part.COMETBFT: {"CometBFT's RPC": rpc, "CometBFT's peers": p2p},
    }
    deadline = time.monotonic() + TAKEN_SECS
    for part in parts:
        for what, address in addresses[part].items():
            _check_address(what, address, deadline)
    if Part.COMETBFT in parts:
        _check_told(home)


def _check_address(what: str, address: str, deadline: float) -> None:
    """That one address is free; gRPC's by the deadline."""
    while True:
        try:
            try_to_listen(address, what=what)
        except Refusal as refusal:
            soon = what == GRPC and refusal.code is Code.PORT_TAKEN
            if not soon or time.monotonic() > deadline:
                raise SupervisorFailure(
                    SupervisorCode(refusal.code), expected=refusal.expected, found=refusal.found
                ) from None
        else:
            return
        time.sleep(_POLL_SECS)


def _check_told(home: Home) -> None:
    """The engine resolves what it tells its peers of itself, and ends where it cannot."""
    name = "p2p.external_address"
    told = str(read_cometbft(home, name) or "").rpartition("://")[2]
    found = split_address(told)
    if found is None:
        return
    try:
        socket.getaddrinfo(*found, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        words = getattr(error, "strerror", None) or "no name of a host"
        raise SupervisorFailure(
            SupervisorCode.ADDRESS_UNKNOWN,
            expected=f"{name} {told} in {home.cometbft_config} to resolve",
            found=words,
        ) from None
