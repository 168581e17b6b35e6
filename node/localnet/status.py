"""What the nodes of a localnet say of themselves, all asked at the same time."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from node.config import NodeConfig
from node.config.cometbft import engine_addresses
from node.config.parts import Part, pid_file
from node.enclave_client import EnclaveClient, EnclaveFailure
from node.engine_rpc import EngineRpc, EngineRpcFailure, Status
from node.localnet.failures import LocalnetCode, LocalnetFailure
from node.localnet.plan import Localnet, LocalNode, Role, Stage
from node.localnet.store import Folder
from node.supervisor import running
from seedpact.enclave.v1 import service_pb2 as pb

PATIENCE_SECS: Final = 3.0
HOLDER: Final = "HOLDER"

_STATE_PREFIX: Final = "ENCLAVE_STATE_"


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """One node, now. None: it did not answer."""

    name: str
    role: Role
    home: str
    rpc: str
    """http://HOST:PORT."""
    grpc: str
    """HOST:PORT, as `enclave`."""
    enclave: str
    pids: dict[str, int | None]
    """By process."""
    height: int | None
    catching_up: bool | None
    enclave_state: str | None
    """EMPTY, KEYED, PENDING or HOLDER."""
    node_id: str | None
    """64 hex digits; None too while the enclave has no keys."""

    @property
    def in_sync(self) -> bool:
        """Whether it says that it has all blocks that its peers have."""
        return self.catching_up is False


def look(folder: Folder, localnet: Localnet) -> list[NodeStatus]:
    """Every node of the network, in its order.

    Raises:
        LocalnetFailure: NO_LOCALNET, while `localnet up` has not made its homes.
        ConfigFailure: a home cannot be read.
    """
    if localnet.stage is Stage.HOMES:
        raise LocalnetFailure(
            LocalnetCode.NO_LOCALNET,
            expected=f"a localnet at {folder.path} with its homes and genesis",
            found="one of which `seedpactd localnet up` has not made them yet",
        )
    with ThreadPoolExecutor(max_workers=len(localnet.nodes)) as pool:
        return list(pool.map(lambda node: look_at(folder, node), localnet.nodes))


def look_at(folder: Folder, node: LocalNode) -> NodeStatus:
    """One node. Raises ConfigFailure."""
    home = folder.home(node)
    config = NodeConfig.load(home)
    rpc = f"http://{engine_addresses(home)[0]}"
    status, info = _status(rpc), _info(config)
    pids = {part: running(pid_file(home, part)) for part in _SHOWN}
    return NodeStatus(
        name=node.name,
        role=node.role,
        home=str(home.path),
        rpc=rpc,
        grpc=config.grpc_listen,
        enclave=config.enclave_address,
        pids={str(part): found.pid if found else None for part, found in pids.items()},
        height=status.latest_height if status else None,
        catching_up=status.catching_up if status else None,
        enclave_state=_state(info.state) if info else None,
        node_id=(info.node_id.hex() or None) if info else None,
    )


def common_app_hash(nodes: Sequence[NodeStatus]) -> tuple[int, str]:
    """The hash of the application's state that all nodes have.

    Returns:
        The newest block that all nodes can show it for, and the hash after that block.

    Raises:
        LocalnetFailure: LOCALNET_FAILED, where they differ or one does not answer.
    """
    # The hash after block h stands in the header of block h + 1.
    height = min((node.height or 0 for node in nodes), default=0) - 1
    found = {node.name: _app_hash(node.rpc, height) for node in nodes}
    if len(set(found.values())) != 1 or None in found.values():
        raise LocalnetFailure(
            LocalnetCode.LOCALNET_FAILED,
            expected=f"one app hash of all nodes after block {height}",
            found=", ".join(f"{name} {value}" for name, value in found.items()),
        )
    return height, str(found[nodes[0].name])


def _app_hash(rpc: str, height: int) -> str | None:
    try:
        with EngineRpc(rpc, timeout_secs=PATIENCE_SECS) as engine:
            return engine.block(height + 1).header.app_hash.hex()
    except EngineRpcFailure:
        return None


def _status(rpc: str) -> Status | None:
    try:
        with EngineRpc(rpc, timeout_secs=PATIENCE_SECS) as engine:
            return engine.status()
    except EngineRpcFailure:
        return None


def _info(config: NodeConfig) -> pb.GetInfoResponse | None:
    try:
        with EnclaveClient(
            config.enclave_address, token=config.enclave_token, timeout=PATIENCE_SECS
        ) as client:
            return client.get_info()
    except EnclaveFailure:
        return None


def _state(number: int) -> str:
    if number not in pb.EnclaveState.values():
        return str(number)
    return pb.EnclaveState.Name(number).removeprefix(_STATE_PREFIX)


_SHOWN: Final = (Part.COMETBFT, Part.NODE, Part.ENCLAVE)
