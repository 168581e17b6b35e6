"""How a handler gets what the chain proves, and from which header (protocol.md 7, 8 and 10).

A HOLDER's light client goes on from its newest trusted header, which only rises and is sealed with
the request that rests on it. A newcomer has one for each of its quotes, whose only root is the
header that this quote bound.
"""

from __future__ import annotations

from collections.abc import Sequence

from enclave.crypto.primitives import check_length
from enclave.errors import Code, Refusal
from enclave.framework.enclave import Enclave
from enclave.framework.sealed_values import QuoteEntry
from enclave.light_client.types import Header
from enclave.proven.chain import ProvenChain, prove
from enclave.proven.headers import check_steps, follow, follow_on, root_header
from enclave.registration.network import HASH_BYTES
from seedpact.enclave.v1 import chain_pb2 as pb
from seedpact.light.v1 import light_pb2


def check_not_forked(enclave: Enclave) -> None:
    """No fork of the chain was ever proven to this enclave. Raises Refusal: FORKED."""
    fork = enclave.keys.fork
    if fork is not None:
        raise Refusal(
            Code.FORKED,
            expected="a chain with one header a height",
            found=f"at height {fork.height}: {fork.first.hex()} and {fork.second.hex()}",
        )


def holder_chain(enclave: Enclave, chain: pb.ChainProof) -> ProvenChain:
    """What `chain` proves to a HOLDER, under a header that is its newest trusted one from now on.

    Raises:
        Refusal: BAD_VALUE for a root; ROLLED_BACK; UNPROVEN_CONTEXT; as `follow` and `prove`.
    """
    check_steps(chain.steps)
    header = lead_holder(enclave, chain.steps, rooted=chain.HasField("root"))
    return prove(chain, header=header, node_id=enclave.keys.node_id)


def newcomer_chain(enclave: Enclave, chain: pb.ChainProof, entry: QuoteEntry) -> ProvenChain:
    """What `chain` proves to a newcomer, from the root that one of its quotes bound.

    Raises:
        Refusal: UNVERIFIED_ANCHOR; ROLLED_BACK; UNPROVEN_CONTEXT; as `follow` and `prove`.
    """
    check_steps(chain.steps)
    root = chain.root if chain.HasField("root") else None
    header = newcomer_header(enclave, entry, root, chain.steps)
    return prove(chain, header=header, node_id=enclave.keys.node_id)


def lead_holder(enclave: Enclave, steps: Sequence[pb.HeaderStep], *, rooted: bool) -> Header:
    """The end of a HOLDER's path, kept as its newest trusted header. Raises as `holder_chain`."""
    if rooted:
        raise Refusal(
            Code.BAD_VALUE, expected="no root: a holder has its own", found="a root header"
        )
    keys = enclave.keys
    header = follow_on(keys.holder_trust.header, steps, network=keys.network)
    keys.trust_header(header)
    return header


def newcomer_header(
    enclave: Enclave,
    entry: QuoteEntry,
    root: light_pb2.Header | None,
    steps: Sequence[pb.HeaderStep],
) -> Header:
    """The end of a newcomer's path, from its root or from where it came to; nothing is kept.

    Raises:
        Refusal: UNVERIFIED_ANCHOR or UNPROVEN_CONTEXT for the root, ROLLED_BACK for an end below
            what was reached before; as `follow`.
    """
    network = enclave.keys.network
    if root is None:
        return follow_on(_reached(entry), steps, network=network)
    start = root_header(
        root, network=network, height=entry.anchor_height, root_hash=entry.anchor_hash
    )
    header = follow(start, steps, network=network)
    if entry.header is not None and header.height < entry.header.height:
        raise Refusal(
            Code.ROLLED_BACK,
            expected=f"a header at {entry.header.height} or above, which was trusted",
            found=f"height {header.height}",
        )
    return header


def quotes_of(enclave: Enclave, height: int, anchor_hash: bytes) -> list[QuoteEntry]:
    """The quotes of this anchor, at least one. Raises Refusal: UNKNOWN_QUOTE or BAD_LENGTH."""
    check_length("anchor_hash", anchor_hash, HASH_BYTES)
    found = [
        entry
        for entry in enclave.keys.quotes()
        if (entry.anchor_height, entry.anchor_hash) == (height, anchor_hash)
    ]
    if not found:
        raise Refusal(
            Code.UNKNOWN_QUOTE,
            expected="an anchor that a quote of this enclave bound",
            found=f"height {height}, hash {anchor_hash.hex()}",
        )
    return found


def _reached(entry: QuoteEntry) -> Header:
    if entry.header is None:
        raise Refusal(
            Code.UNPROVEN_CONTEXT,
            expected=f"the header of hash {entry.anchor_hash.hex()}, which the quote bound",
            found="no root",
        )
    return entry.header
