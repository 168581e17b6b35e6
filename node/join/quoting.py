"""Steps 5 and 6: the operator can pay, and the enclave quotes its keys with a recent header.

The header is at least 3 below the newest that the peer shows, so that every node knows it; it is
the root of the newcomer's trust from then on (protocol.md section 5).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from chain_module import gas
from chain_module.address import to_text
from chain_module.bank.coins import DENOM
from enclave.attestation.collateral import Collateral
from enclave.attestation.quote import parse_quote
from enclave.errors import Code, Refusal
from enclave.registration.records import NetworkKeys
from node.chain_client import ChainClient, ChainCode, ChainFailure, HeaderFacts
from node.chain_client.transactions import Fee, fee_of
from node.collateral import check_authority
from node.enclave_client import EnclaveClient, EnclaveRefused
from node.join.failures import JoinCode, JoinFailure
from node.join.genesis import Network
from node.join.plan import Join
from seedpact.enclave.v1 import service_pb2 as pb
from seedpact.registration.v1 import tx_pb2

ANCHOR_DEPTH: Final = 3
"""Blocks below the newest one that is seen."""
FIRST_STATE: Final = 2
"""The engine shows a block before its state is committed; with the next one it is."""
POLL_SECS: Final = 0.2
FRAME_BYTES: Final = 512
"""Of a transaction's body around its message, memo left empty."""
GAS_MARGIN: Final = 2
"""Params may rise after the genesis."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """A register that can be signed."""

    message: tx_pb2.MsgRegisterNode
    report_data: bytes
    node_id: bytes


def check_funds(chain: ChainClient, wish: Join, network: Network) -> int:
    """That the operator can pay for one register; its balance.

    Raises:
        JoinFailure: NO_FUNDS.
    """
    wanted = wish.price.gas_limit or network.register_gas
    needed = fee_of(wanted, wish.price).amount
    balance = chain.balance(wish.operator.info.raw_address)
    if balance < needed or not _exists(chain, wish.operator.info.raw_address):
        raise JoinFailure(
            JoinCode.NO_FUNDS,
            expected=f"{needed}{DENOM} or more at {to_text(wish.operator.info.raw_address)}",
            found=f"{balance}{DENOM}",
        )
    return balance


def check_price(fee: Fee, network: Network, message: tx_pb2.MsgRegisterNode) -> None:
    """That a fee is about what the genesis says: the peer simulates, and its word could drain us.

    Raises:
        JoinFailure: FEE_TOO_HIGH.
    """
    own = gas.TX + gas.SIGNATURE + gas.BODY_BYTE * (message.ByteSize() + FRAME_BYTES)
    most = GAS_MARGIN * (own + network.register_gas)
    if fee.gas_limit > most:
        raise JoinFailure(
            JoinCode.FEE_TOO_HIGH,
            expected=f"at most {most} gas for a register, by the genesis",
            found=f"{fee.gas_limit} gas, {fee.amount}{DENOM}, by the peer",
        )


def wait_for_state(
    height: Callable[[], int],
    *,
    timeout: float,
    say: Callable[[str], None],
    first: int = FIRST_STATE,
) -> None:
    """Waits until a network that only starts has a state to ask: until its second block.

    Args:
        height: of the newest block, 0 before the first.
        timeout: seconds.
        say: is told that it waits.
        first: the height of its second block.

    Raises:
        JoinFailure: CHAIN_STALLED.
    """
    deadline = time.monotonic() + timeout
    while (newest := height()) < first:
        if time.monotonic() >= deadline:
            raise JoinFailure(
                JoinCode.CHAIN_STALLED,
                expected=f"a block {first} within {timeout:.0f} s",
                found=f"block {newest}",
            )
        say(f"waiting for block {first}, the chain is at {newest}")
        time.sleep(POLL_SECS)


def anchor_of(chain: ChainClient, *, timeout: float, say: Callable[[str], None]) -> HeaderFacts:
    """The newest header that a quote may bind; waits for a chain that is too young for one.

    Raises:
        JoinFailure: CHAIN_STALLED.
    """
    deadline, seen = time.monotonic() + timeout, -1
    status = chain.status()
    first = max(status.earliest_height, 1)
    while (newest := chain.status().latest_height) < first + ANCHOR_DEPTH:
        if newest != seen:
            say(f"waiting for block {first + ANCHOR_DEPTH}, the chain is at {newest}")
            seen = newest
        if time.monotonic() >= deadline:
            raise JoinFailure(
                JoinCode.CHAIN_STALLED,
                expected=f"a block {first + ANCHOR_DEPTH} within {timeout:.0f} s",
                found=f"block {newest}",
            )
        time.sleep(POLL_SECS)
    return chain.header(newest - ANCHOR_DEPTH)


def quote(enclave: EnclaveClient, wish: Join, anchor: HeaderFacts, keys: NetworkKeys) -> Quoted:
    """Lets a newcomer's enclave quote for the epoch of `keys`. Raises EnclaveFailure."""
    purpose = pb.RegisterPurpose(
        operator=wish.operator.info.raw_address,
        epoch=keys.epoch,
        anchor_height=anchor.height,
        anchor_hash=anchor.hash,
        kem_io=keys.kem_io,
    )
    try:
        answer = enclave.make_quote(pb.MakeQuoteRequest(register=purpose))
    except EnclaveRefused as refused:
        if refused.code != Code.KEM_SECRET_EXISTS:
            raise
        raise JoinFailure(
            JoinCode.KEYS_UNUSABLE, expected=refused.expected, found=refused.found
        ) from None
    message = register_of(answer, purpose, collateral=wish.collateral, moniker=wish.moniker)
    if wish.collateral:
        _check_named(message.quote, wish.collateral)
    return Quoted(message=message, report_data=answer.report_data, node_id=answer.node_id)


def register_of(
    answer: pb.MakeQuoteResponse,
    purpose: pb.RegisterPurpose,
    *,
    collateral: bytes | None,
    moniker: str,
) -> tx_pb2.MsgRegisterNode:
    """The register that shows a quote.

    Args:
        answer: the enclave's.
        purpose: what it was asked for.
        collateral: the operator's; empty: what the chain keeps; None: what came with the quote,
            which is nothing in hardware mode.
        moniker: for people.
    """
    return tx_pb2.MsgRegisterNode(
        operator=to_text(purpose.operator),
        exchange_key=answer.exchange_key,
        kem_ciphertext=answer.kem_ciphertext,
        epoch=purpose.epoch,
        anchor_height=purpose.anchor_height,
        anchor_hash=purpose.anchor_hash,
        tls_key=answer.tls_key,
        quote=answer.evidence.quote,
        collateral=answer.evidence.collateral if collateral is None else collateral,
        moniker=moniker,
    )


def _check_named(quote: bytes, collateral: bytes) -> None:
    """That named collateral is about this machine's CA, before anything is paid.

    Raises:
        JoinFailure: CERTIFICATE_INVALID.
    """
    try:
        check_authority(parse_quote(quote), Collateral.parse(collateral))
    except Refusal as refusal:
        raise JoinFailure(refusal.code, expected=refusal.expected, found=refusal.found) from None


def _exists(chain: ChainClient, address: bytes) -> bool:
    try:
        chain.account(address)
    except ChainFailure as failure:
        if failure.code != ChainCode.ACCOUNT_UNKNOWN:
            raise
        return False
    return True
