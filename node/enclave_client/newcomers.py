"""Packs registrations into one ConfirmNodes request: each distinct collateral travels once.

Machines of one kind share their collateral, which is four times the size of a quote.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from seedpact.enclave.v1 import chain_pb2
from seedpact.enclave.v1 import service_pb2 as pb


@dataclass(frozen=True, slots=True)
class Registration:
    """What a newcomer shows, as its MsgRegisterNode has it."""

    operator: bytes
    """20 bytes, the raw account address."""
    exchange_key: bytes
    kem_ciphertext: bytes
    epoch: int
    anchor_height: int
    anchor_hash: bytes
    tls_key: bytes
    quote: bytes
    collateral: bytes
    """JSON."""


def pack_newcomers(
    chain: chain_pb2.ChainProof, registrations: Iterable[Registration]
) -> pb.ConfirmNodesRequest:
    """The request for a batch.

    Args:
        chain: what the enclave is shown of the chain.
        registrations: in the order of the block; the response has the same order.

    Returns:
        A request whose collaterals are distinct, in the order of their first use.
    """
    request = pb.ConfirmNodesRequest(chain=chain)
    index_by_hash: dict[bytes, int] = {}
    for entry in registrations:
        digest = hashlib.sha256(entry.collateral).digest()
        index = index_by_hash.setdefault(digest, len(index_by_hash))
        if index == len(request.collaterals):
            request.collaterals.append(entry.collateral)
        request.newcomers.append(
            pb.Newcomer(
                operator=entry.operator,
                exchange_key=entry.exchange_key,
                kem_ciphertext=entry.kem_ciphertext,
                epoch=entry.epoch,
                anchor_height=entry.anchor_height,
                anchor_hash=entry.anchor_hash,
                tls_key=entry.tls_key,
                quote=entry.quote,
                collateral_index=index,
            )
        )
    return request
