"""Step 4: the enclave has the node's keys, for this network and its current KEM key.

Keys are thrown away only where nothing can depend on them: of another network and never quoted, or
because the operator said so (protocol.md section 10). A lost state comes back from its backup.
"""

from __future__ import annotations

from typing import Final

from enclave.errors import Code
from enclave.registration.network_codec import mode_from_proto, network_to_proto
from node.enclave_client import EnclaveClient, EnclaveRefused
from node.join.failures import JoinFailure
from node.join.genesis import Network
from node.join.proving import prove_network
from node.join.run import Run
from seedpact.enclave.v1 import service_pb2 as pb

MAX_BACKUP_BYTES: Final = 1024 * 1024
MAX_QUOTES: Final = 16
"""Of those that wait for a record: the enclave's own limit (protocol.md section 10)."""


def ensure_keys(run: Run, enclave: EnclaveClient, network: Network) -> pb.GetInfoResponse:
    """KEYED, PENDING or HOLDER, for `network`. Says what the enclave then is.

    Raises:
        JoinFailure: WRONG_MODE, WRONG_NETWORK, KEYS_EXIST.
        EnclaveFailure: as its requests.
    """
    info = enclave.get_info()
    _check_mode(info, network)
    if info.state == pb.ENCLAVE_STATE_EMPTY and _restored(run, enclave, network):
        info = enclave.get_info()
    if info.state == pb.ENCLAVE_STATE_EMPTY:
        _create(run, enclave, network, discard=False)
    elif _spent(run, info):
        _create(run, enclave, network, discard=True)
    elif info.network_id != network.id or (run.wish.discard and not _holds(info)):
        _check_may_discard(run, info, network)
        _create(run, enclave, network, discard=True)
    info = enclave.get_info()
    notes = run.journal.notes
    if notes.node_id != info.node_id:
        if notes.node_id:
            run.journal.restart(network_id=network.id)
        run.journal.write(node_id=info.node_id)
    return info


def _create(run: Run, enclave: EnclaveClient, network: Network, *, discard: bool) -> None:
    """For the KEM key that the chain proves: the enclave could not use any other."""
    keys = prove_network(run.chain, network, height=run.chain.height()).current_keys
    enclave.create_node_key(
        pb.CreateNodeKeyRequest(
            network=network_to_proto(network.inputs),
            epoch=keys.epoch,
            kem_io=keys.kem_io,
            discard=discard,
        )
    )


def _restored(run: Run, enclave: EnclaveClient, network: Network) -> bool:
    """Takes the backup beside the state back, where the state is gone."""
    path = run.home.enclave_backup
    if run.wish.enclave is not None or not path.is_file():
        return False
    with path.open("rb") as file:
        backup = file.read(MAX_BACKUP_BYTES)
    try:
        enclave.restore(pb.RestoreRequest(backup=backup, network_id=network.id))
    except EnclaveRefused as refused:
        # Of another network: as keys of another network, unless they were quoted.
        if refused.code == Code.SEALED_WRONG_NETWORK and run.wish.discard:
            return False
        raise
    run.restored = True
    return True


def _check_mode(info: pb.GetInfoResponse, network: Network) -> None:
    found = mode_from_proto(info.mode)
    if found is not network.mode:
        raise JoinFailure(
            Code.WRONG_MODE,
            expected=f"an enclave in {network.mode.value} mode, as the genesis asks",
            found=f"one in {found.value} mode",
        )


def _check_may_discard(run: Run, info: pb.GetInfoResponse, network: Network) -> None:
    if _holds(info):
        raise JoinFailure(
            Code.WRONG_NETWORK,
            expected=f"an enclave of network {network.id.hex()}, or another home",
            found=f"a holder of {info.chain_id}'s seed, network {info.network_id.hex()}",
        )
    quoted = info.state == pb.ENCLAVE_STATE_PENDING
    if quoted and not run.wish.discard:
        raise JoinFailure(
            Code.KEYS_EXIST,
            expected=f"keys of network {network.id.hex()}, or --discard",
            found=f"keys of {info.chain_id} that were quoted already, node {info.node_id.hex()}",
        )


def _spent(run: Run, info: pb.GetInfoResponse) -> bool:
    """The enclave makes no more quotes with these keys, and no register was ever signed with one.

    A peer's word that nothing is recorded would not do: it could have paid keys thrown away.
    """
    return (
        info.state == pb.ENCLAVE_STATE_PENDING
        and info.quotes >= MAX_QUOTES
        and run.wish.enclave is None
        and not run.journal.notes.paid
    )


def _holds(info: pb.GetInfoResponse) -> bool:
    return info.state == pb.ENCLAVE_STATE_HOLDER
