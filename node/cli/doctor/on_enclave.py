"""Checks of who the enclave is, what it knows of the chain, that it goes on, and of its backup.

The rules of headers and freshness are the host's own (`node.host.following`,
`node.host.freshness`), asked here before they bite.
"""

from __future__ import annotations

from typing import Final

from chain_module.address import to_text
from chain_module.bank.coins import DENOM
from enclave.errors import Code
from node.chain_client.transactions import Price
from node.chain_proof import follows, lacks_start, older_blocks_missing, start_height
from node.cli.doctor.subject import TIMEOUT_SECS, Skipped, Subject
from node.cli.enclave.info import BACKUP_NEWER, not_checked, state_name
from node.cli.failures import CliCode, Failure
from node.engine_rpc import EngineRpc, EngineRpcFailure
from node.host.freshness import Step, confirms, headers_left, nonce_fee, step_at
from node.host.hosting import block_servers
from node.light_blocks import LightBlocks
from seedpact.enclave.v1 import service_pb2 as pb
from seedpact.registration.v1 import types_pb2

_REVOKED: Final = types_pb2.NODE_STATUS_REVOKED


def endpoint(subject: Subject) -> str:
    """Who answers at the enclave's address can read the enclave's home."""
    token = subject.config.enclave_token
    if not subject.enclave.endpoint_proof:
        raise Skipped(not_checked(token))
    return f"who answers at {subject.config.enclave_address} knows {token}"


def headers(subject: Subject) -> str:
    """The block is there from which the enclave goes on, in this node or in one that it names."""
    info = subject.enclave
    if not follows(info):
        raise Skipped("the enclave holds no seed, or stopped at a fork")
    start, base = start_height(info), subject.engine.earliest_height
    if not lacks_start(info, base):
        return f"the enclave goes on from header {start}"
    answers: list[str] = []
    for url in block_servers(subject.home, subject.config):
        with EngineRpc(url, timeout_secs=TIMEOUT_SECS) as rpc:
            try:
                LightBlocks(rpc).light_block(start)
            except EngineRpcFailure as failure:
                answers.append(f"{url}: {failure.code}")
            else:
                return f"the enclave goes on from header {start}, which {url} has"
    raise older_blocks_missing(info, base, answers)


def freshness(subject: Subject) -> str:
    """An enclave that confirms will go on: its nonce is on the chain, or the node publishes it."""
    info = subject.enclave
    if not confirms(info):
        raise Skipped("the enclave holds no seed, or stopped at a fork")
    if not subject.engine.validator_power:
        raise Skipped("a node without voting power confirms nobody")
    record = subject.record
    if record is None or record.status == _REVOKED:
        raise Skipped("the node has no record that stands")
    height = subject.engine.latest_height
    left = headers_left(info, height)
    step = step_at(height, info, subject.chain.freshness(info.node_id))
    if step is not Step.PUBLISH:
        return f"confirms for {left} more blocks; {step.value}"
    needed = nonce_fee(Price(gas_price=subject.config.minimum_gas_price.amount))
    held = subject.chain.balance(record.operator)
    if held < needed:
        raise Failure(
            CliCode.NONCE_UNPAID,
            expected=f"{needed}{DENOM} at {to_text(record.operator)}, for the enclave's next nonce",
            found=f"{held}{DENOM}; it confirms for {left} more blocks",
        )
    if subject.operator is None or subject.operator.raw_address != record.operator:
        raise Failure(
            CliCode.NONCE_UNPUBLISHED,
            expected=f"{info.freshness_nonce.hex()}, the enclave's nonce, on the chain, or the key "
            f"of {to_text(record.operator)} as operator.key in node.toml",
            found=f"neither; it confirms for {left} more blocks",
        )
    return f"confirms for {left} more blocks; the node publishes the next nonce"


def backup(subject: Subject) -> str:
    """The backup beside the sealed state holds what the state holds, and no more."""
    info = subject.enclave
    if info.backup_newer:
        raise Failure(
            Code.BACKUP_NEWER,
            expected="a state that holds what the backup beside it holds",
            found=f"a state, {state_name(info.state)}, and {BACKUP_NEWER}",
        )
    if info.state == pb.ENCLAVE_STATE_EMPTY:
        raise Skipped("the enclave is EMPTY, and there is none beside it")
    if not info.backup_current:
        raise Failure(
            Code.STORAGE_FAILED,
            expected="a backup that holds the present state",
            found="an older one: the disk refused it",
        )
    return "holds what the state holds"
