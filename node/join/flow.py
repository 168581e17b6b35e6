"""`join`: the steps in their order (protocol.md sections 5 to 8), and what a repeat of one means.

Each step looks before it acts: what the enclave holds and what the chain has recorded decides, not
the journal. So the flow can be killed anywhere and run again, also after the enclave was restored
from its backup, and it pays for one registration.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Final

from enclave.errors import Code
from node.chain_client import ChainClient
from node.config import Home, NodeConfig
from node.config.cometbft import check_cometbft
from node.enclave_client import EnclaveClient, EnclaveRefused
from node.join.enclave_process import enclave_of
from node.join.failures import JoinCode, JoinFailure
from node.join.genesis import Network, read_genesis
from node.join.homing import check_own_network, ensure_home, own_network
from node.join.journal import Journal, exclusive
from node.join.keys import ensure_keys
from node.join.plan import Join, Joined, Progress, Step
from node.join.proving import prove_network
from node.join.quoting import wait_for_state
from node.join.registering import confirm_of, registered
from node.join.run import Run
from node.join.seed import Keys, check_holder, import_seed
from node.join.trust import arrange_state_sync
from seedpact.enclave.v1 import service_pb2 as pb
from seedpact.registration.v1 import types_pb2

REGISTER_AGAIN: Final = frozenset({Code.UNKNOWN_QUOTE, Code.RECORD_EXPIRED, Code.STALE_EPOCH})
"""Refusals of an import that a new register of the same keys cures."""
NEW_KEYS: Final = frozenset(
    {Code.KEM_KEY_MISMATCH, Code.ENVELOPE_OPEN_FAILED, Code.RECORD_MISMATCH}
)
"""Refusals of an import that only new keys cure."""


def join(
    wish: Join,
    *,
    progress: Callable[[Progress], None] = lambda _progress: None,
    hook: Callable[[str], None] | None = None,
) -> Joined:
    """Makes this home's enclave a holder of the network's seed, from wherever it stands.

    Args:
        wish: what is wanted.
        progress: is told of each step; slow callers slow the join down.
        hook: of the journal.

    Raises:
        JoinFailure, ChainFailure, TxRefused, EnclaveFailure, ConfigFailure: what was done stays
            done, and another call goes on.
    """
    home = Home.of(str(wish.home))
    home.make_folders()
    with (
        exclusive(home.run),
        ChainClient(grpc=wish.peer_grpc, rpc=wish.peer_rpc, roots=wish.roots) as chain,
    ):
        run = Run(wish, home, Journal(home.run, hook=hook), chain, progress)
        with run.step(Step.GENESIS, f"fetching the genesis from {wish.peer_rpc}") as say:
            network = _meant_network(run, say)
        chain.expect_chain(network.chain_id)
        with run.step(Step.CONFIG, f"looking at {home.path}") as say:
            config = ensure_home(home, wish, network, chain)
            check_cometbft(home)  # an engine that refuses it would never start, after a fee
            say(f"{home.config} is complete")
            arrange_state_sync(home, wish, network, say)
        return _with_enclave(run, network, config)


def _with_enclave(run: Run, network: Network, config: NodeConfig) -> Joined:
    with contextlib.ExitStack() as stack:
        with run.step(Step.ENCLAVE, "looking for the enclave") as say:
            enclave = stack.enter_context(
                enclave_of(
                    run.home.enclave,
                    mode=network.mode,
                    address=run.wish.enclave,
                    configured=config.enclave_address,
                    token=config.enclave_token,
                )
            )
            info = enclave.get_info()
            say(f"an enclave answers at {enclave.address}, {_state(info)}")
        with run.step(Step.KEYS, "looking at the enclave's keys") as say:
            first_state = network.inputs.initial_height + 1
            wait_for_state(
                run.chain.height, first=first_state, timeout=run.wish.commit_timeout, say=say
            )
            info = ensure_keys(run, enclave, network)
            back = ", back from its backup" if run.restored else ""
            say(f"node {info.node_id.hex()}, {_state(info)}{back}")
        if info.state == pb.ENCLAVE_STATE_HOLDER:
            record = run.chain.node(info.node_id)
            keys: Keys = run.chain.network_keys()
        else:
            record = _registered_holder(run, enclave, network, info)
            height = run.chain.height()
            keys = prove_network(run.chain, network, height=height).current_keys
        check_holder(enclave, network, keys)
        return _joined(run, info.node_id, record)


def _registered_holder(
    run: Run, enclave: EnclaveClient, network: Network, info: pb.GetInfoResponse
) -> types_pb2.NodeRecord:
    """Registers where no record is there, and imports; again where that record is of no use."""
    node_id, after = info.node_id, 0
    there = run.chain.node(node_id)
    if there is not None and info.state == pb.ENCLAVE_STATE_KEYED:
        # It came back from a state before its quote: it could not import that record.
        after = there.height
    for _ in range(run.wish.attempts):
        record = registered(run, enclave, network, node_id, after=after)
        try:
            with run.step(Step.IMPORT, "opening the envelope") as say:
                proven = import_seed(run.chain, enclave, record, say=say)
                run.proven = proven
                say(
                    f"the enclave holds the seed, by proof at header {proven.height}, "
                    f"{proven.steps} light client steps"
                )
        except EnclaveRefused as refused:
            if refused.code in NEW_KEYS:
                raise JoinFailure(
                    JoinCode.KEYS_UNUSABLE,
                    expected=f"an import of the record of block {record.height}",
                    found=str(refused),
                ) from None
            if refused.code not in REGISTER_AGAIN:
                raise
            after = record.height
        else:
            return record
    raise JoinFailure(
        JoinCode.ATTEMPTS_EXHAUSTED,
        expected=f"a record that the enclave can import within {run.wish.attempts} attempts",
        found="each was of another quote",
    )


def _meant_network(run: Run, say: Callable[[str], None]) -> Network:
    """The peer's network, if it is the one that was meant (protocol.md section 4).

    Raises:
        JoinFailure: WRONG_NETWORK, OTHER_GENESIS, NETWORK_NOT_CONFIRMED, GENESIS_UNUSABLE.
    """
    wish, where = run.wish, f"the genesis of {run.wish.peer_rpc}"
    network = read_genesis(run.chain.genesis(), where=where)
    say(f"{where} is of {network.chain_id}, network {network.id.hex()}")
    if wish.network_id is not None and wish.network_id != network.id:
        raise JoinFailure(
            Code.WRONG_NETWORK,
            expected=f"network {wish.network_id.hex()}",
            found=f"{network.id.hex()} in {where}",
        )
    check_own_network(run.home, network)
    known = own_network(run.home) is not None or run.journal.notes.network_id == network.id
    asked = wish.confirm_network
    if (
        wish.network_id is None
        and not known
        and not (asked and asked(network.id, network.chain_id))
    ):
        raise JoinFailure(
            JoinCode.NETWORK_NOT_CONFIRMED,
            expected=f"--network-id, or a yes to network {network.id.hex()}",
            found="neither",
        )
    if run.journal.notes.network_id != network.id:
        run.journal.restart(network_id=network.id)
    return network


def _joined(run: Run, node_id: bytes, record: types_pb2.NodeRecord | None) -> Joined:
    timings = dict(run.timings_ms)
    founded = record is not None and not any(record.register_tx_hash)
    confirm = None if record is None else confirm_of(run.chain, record)
    return Joined(
        node_id=node_id,
        # The founder's record names a register of zeros: there was none.
        tx_hash="" if record is None or founded else record.register_tx_hash.hex().upper(),
        height=0 if record is None else record.height,
        confirm_tx_hash="" if confirm is None else confirm.tx_hash,
        confirm_index=-1 if confirm is None else confirm.index,
        timings_ms={**timings, "total": sum(timings.values())},
        paid=run.journal.notes.paid,
        proven=run.proven,
        restored=run.restored,
    )


def _state(info: pb.GetInfoResponse) -> str:
    return pb.EnclaveState.Name(info.state).removeprefix("ENCLAVE_STATE_")
