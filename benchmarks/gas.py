"""What a unit of gas takes, at the most: transactions of each kind that a node has never seen.

A block's gas bounds the time of those who judge it only if no kind of transaction is cheaper than
its work. Each is decoded, charged, read and executed with empty caches, as a validator does with a
block of strangers; a register's evidence is another figure (`proposals`).
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from benchmarks.measure import CPU, Effort, Figure, alternate
from benchmarks.picture import Panel, bars
from chain_module import address
from chain_module.abci.common import OK
from chain_module.abci.responses import TxResult
from chain_module.app.delivery import admit, run_messages
from chain_module.app.modules import KINDS
from chain_module.app.view import block_context
from chain_module.limits import MAX_OUTPUTS
from chain_module.message import BlockContext
from chain_module.registration import keeper
from chain_module.registration.messages import FRESHNESS, REVOKE_NODE, UPDATE_POLICY
from chain_module.store.branch import Branch
from chain_module.tx import sign_bytes
from chain_module.tx.codec import decode_tx
from chain_module.tx.gas import gas_of
from enclave.registration.policy_codec import MAX_ENTRIES, policy_to_proto
from seedpact.registration.v1 import tx_pb2
from tests.support.chain import Chain
from tests.support.cosmpy_wallets import (
    ALICE,
    BOB,
    CONTEXT,
    funded_state,
    multi_send,
    send,
    signed,
)
from tests.support.enclaves import CHAIN_ID
from tests.support.registration_chain import measurement_named
from tests.support.wallets import Account

CALLS: Final = 200
AT_MOST_NS: Final = 5.0
"""chain_module/gas.py."""
GAS_LIMIT: Final = 2**40
MESSAGES: Final = 64
AUTHORITY: Final = Account("authority")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One transaction, and what it is worth."""

    run: Callable[[], object]
    gas: int


def run(effort: Effort) -> list[Figure]:
    """Nanoseconds of CPU for a unit of gas, for each kind."""
    with tempfile.TemporaryDirectory() as folder:
        chain = _chain(Path(folder))
        state, registered = funded_state(), Branch(chain.state)
        context = block_context(chain.state, height=chain.height + 1)
        figures = _measured(
            {name: _delivery(state, raw, CONTEXT) for name, raw in _bank().items()}
            | {
                name: _delivery(registered, raw, context)
                for name, raw in _registration(chain).items()
            },
            effort,
        )
        chain.close()
    return figures


def _measured(kinds: Mapping[str, Delivery], effort: Effort) -> list[Figure]:
    sides = {name: kind.run for name, kind in kinds.items()}
    seconds = alternate(sides, effort=effort, clock=CPU)
    figures = []
    for name, kind in kinds.items():
        samples = tuple(1e9 * value / kind.gas for value in seconds[name])
        figures.append(Figure(name, sorted(samples)[len(samples) // 2], "ns", AT_MOST_NS, samples))
    return figures


def picture(figures: Sequence[Figure]) -> list[Panel]:
    """All in one."""
    return [bars("Nanoseconds of CPU for a unit of gas", figures)]


def _bank() -> dict[str, bytes]:
    def nobody(number: int) -> bytes:
        return hashlib.sha256(number.to_bytes(4, "big")).digest()[:20]

    sends = [send(ALICE, nobody(number)) for number in range(MESSAGES)]
    outputs = [(nobody(number), 1) for number in range(MAX_OUTPUTS)]
    return {
        "a send to a new account": signed(sends[0], gas_limit=GAS_LIMIT),
        "a send to an old account": signed(send(ALICE, BOB), gas_limit=GAS_LIMIT),
        f"{MESSAGES} sends in one transaction": signed(*sends, gas_limit=GAS_LIMIT),
        "a multi-send to one new account": signed(
            multi_send(ALICE, outputs[:1]), gas_limit=GAS_LIMIT
        ),
        f"a multi-send to {MAX_OUTPUTS} new accounts": signed(
            multi_send(ALICE, outputs), gas_limit=GAS_LIMIT
        ),
    }


def _chain(folder: Path) -> Chain:
    """Of one node, with a record, whose operator is nobody in particular."""
    chain = Chain(folder, nodes=1, people=(AUTHORITY.name,), authority=AUTHORITY.address)
    chain.blocks(3)
    return chain


def _registration(chain: Chain) -> dict[str, bytes]:
    (peer,) = chain.peers
    operator, authority = peer.operator, chain.people[AUTHORITY.name]
    operator.sequence, node_id = chain.sequence_of(operator), peer.enclave.info().node_id
    codes = tuple(measurement_named(f"code {number}") for number in range(1, MAX_ENTRIES))
    policy = keeper.newest_policy(chain.state)
    policy = replace(policy, serial=policy.serial + 1, measurements=(*policy.measurements, *codes))
    freshness = tx_pb2.MsgFreshness(operator=operator.text, node_id=node_id, nonce=bytes(32))
    update = tx_pb2.MsgUpdatePolicy(authority=authority.text, policy=policy_to_proto(policy))
    revoke = tx_pb2.MsgRevokeNode(signer=authority.text, node_id=node_id)
    return {
        "a nonce of freshness": replace(operator).sign(
            [(FRESHNESS, freshness)], chain_id=CHAIN_ID, gas=GAS_LIMIT
        ),
        f"a policy of {MAX_ENTRIES} measurements": replace(authority).sign(
            [(UPDATE_POLICY, update)], chain_id=CHAIN_ID, gas=GAS_LIMIT
        ),
        "a revocation": replace(authority).sign(
            [(REVOKE_NODE, revoke)], chain_id=CHAIN_ID, gas=GAS_LIMIT
        ),
    }


def _delivery(state: Branch, raw: bytes, context: BlockContext) -> Delivery:
    def deliver() -> TxResult:
        address.from_text.cache_clear()
        address.to_text.cache_clear()
        sign_bytes.verify_new.cache_clear()
        block = state.branch()
        child = block.branch()
        admitted = admit(child, raw, context=context, kinds=KINDS)
        child.commit()
        return run_messages(block, admitted, context=context)

    result = deliver()
    if result.code != OK:
        raise RuntimeError(result.log)
    return Delivery(deliver, gas_of(decode_tx(raw, KINDS), state))
