"""The three processes of one node: their command lines, files and probes, from the home alone.

Each can also be run by itself (`command`), as containers do.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from node.base.python_child import python_command
from node.config import Home, NodeConfig
from node.config.cometbft import engine_addresses
from node.config.parts import Part, log_file, pid_file
from node.supervisor.probes import (
    Probe,
    address_accepts,
    all_of,
    enclave_answers,
    in_time,
    rpc_answers,
    socket_accepts,
)
from node.supervisor.spec import Group, ProcessSpec

NODE_MODULE: Final = "node.process"
SERVICES_SECS: Final = 10.0
"""How long a start waits for the gRPC services, at most."""
ENGINE_HALTS: Final = re.compile(
    rb"(?:E\[[0-9-]+\|[0-9:.]+\] |\{\"_msg\":\")"
    rb"(?:CONSENSUS FAILURE!!!|(?:consensus|mempool|query|snapshot) connection terminated\. )"
)
"""CometBFT's errors after which only a restart helps, in both forms of its log.

Its consensus has ended (consensus/state.go), or its connection to the application has, upon which
it tells itself to end (proxy/multi_app_conn.go): where a block is executed at that moment, the stop
waits for ever for an answer of the lost connection, and RPC goes on. The same words of a peer stand
further behind in a line, in quotes.
"""


def node_group(
    home: Home, config: NodeConfig, *, engine: Path, name: str, awaits: Probe | None = None
) -> Group:
    """What the supervisor runs.

    Args:
        home: the node's, complete.
        config: the home's.
        engine: CometBFT's program.
        name: of the node among others of this supervisor.
        awaits: the enclave starts at once, the others when this holds.

    Raises:
        ConfigFailure: config.toml cannot be read.
    """
    rpc, _ = engine_addresses(home)
    token = None if config.enclave_token is None else home.enclave_token
    ready = {
        Part.ENCLAVE: all_of(
            address_accepts(config.enclave_address),
            enclave_answers(config.enclave_address, token=token),
        ),
        Part.NODE: socket_accepts(config.abci_socket),
        # The gRPC services are another process's, for which blocks do not wait (docs/adr/0024). But
        # whoever is told that the node runs shall find them, unless they take too long.
        Part.COMETBFT: all_of(
            rpc_answers(f"http://{rpc}"),
            in_time(address_accepts(config.grpc_listen), secs=SERVICES_SECS),
        ),
    }
    return Group(
        name,
        tuple(
            ProcessSpec(
                name=part,
                command=command(part, home, config, engine=engine),
                log=log_file(home, part),
                pid_file=pid_file(home, part),
                ready=ready[part],
                awaits=None if part is Part.ENCLAVE else awaits,
                # CometBFT ends by itself when its application is gone.
                ends_with=Part.NODE if part is Part.COMETBFT else None,
                # It may stay, and answer, after its disk was full, the state was another, or a
                # call of the application raised.
                halts=ENGINE_HALTS if part is Part.COMETBFT else None,
                # A validator without its enclave still validates.
                vital=part is not Part.ENCLAVE,
                # The enclave's address is known; gRPC's own lines would only repeat what it says.
                environment={"GRPC_VERBOSITY": "NONE"} if part is Part.ENCLAVE else {},
            )
            for part in Part
        ),
    )


def command(part: Part, home: Home, config: NodeConfig, *, engine: Path) -> tuple[str, ...]:
    """The command line of one process: a program's path, then its arguments."""
    match part:
        case Part.ENCLAVE:
            arguments = ("--home", str(home.enclave), "--mode", config.enclave_mode.value)
            listen = ("--listen", config.enclave_address)
            return python_command("enclave", *arguments, *listen)
        case Part.NODE:
            return python_command(NODE_MODULE, str(home.path))
        case Part.COMETBFT:
            return (str(engine), "start", "--home", str(home.path))
