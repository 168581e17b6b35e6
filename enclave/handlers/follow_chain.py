"""follow_chain: leads the light client on, in as many requests as it takes (protocol.md section 8).

Nothing but headers: a HOLDER's newest trusted header rises; a newcomer's quotes of one anchor
remember how far that anchor led.
"""

from __future__ import annotations

from typing import Final

from enclave.errors import Code, Refusal
from enclave.framework.enclave import Enclave
from enclave.framework.states import Operation, State
from enclave.handlers.context import (
    check_not_forked,
    lead_holder,
    newcomer_header,
    quotes_of,
)
from enclave.light_client.hashes import header_hash
from enclave.light_client.types import Header
from enclave.proven.headers import check_steps
from seedpact.enclave.v1 import chain_pb2 as pb


class FollowChain:
    """PENDING and HOLDER stay what they are."""

    operation: Final = Operation.FOLLOW_CHAIN
    request: Final = pb.FollowChainRequest

    def handle(self, enclave: Enclave, request: pb.FollowChainRequest) -> pb.FollowChainResponse:
        """Verifies the steps, and keeps their end.

        Raises:
            Refusal: FORKED, BAD_VALUE, TOO_LARGE, UNKNOWN_QUOTE, UNVERIFIED_ANCHOR, ROLLED_BACK,
                UNPROVEN_CONTEXT; as `follow`.
        """
        check_not_forked(enclave)
        check_steps(request.steps)
        if not request.steps:
            raise Refusal(Code.BAD_VALUE, expected="at least one step", found="none")
        if enclave.state is State.HOLDER:
            check_no_anchor(request.anchor_height, request.anchor_hash)
            header = lead_holder(enclave, request.steps, rooted=request.HasField("root"))
        else:
            header = _lead_newcomer(enclave, request)
        return pb.FollowChainResponse(height=header.height, hash=header_hash(header))


def check_no_anchor(height: int, anchor_hash: bytes) -> None:
    """A HOLDER has one root of trust, and no request names it. Raises Refusal: BAD_VALUE."""
    if height or anchor_hash:
        raise Refusal(
            Code.BAD_VALUE,
            expected="no anchor: a holder has one root of trust",
            found=f"height {height}, {len(anchor_hash)} bytes of hash",
        )


def _lead_newcomer(enclave: Enclave, request: pb.FollowChainRequest) -> Header:
    entries = quotes_of(enclave, request.anchor_height, request.anchor_hash)
    root = request.root if request.HasField("root") else None
    header = newcomer_header(enclave, entries[0], root, request.steps)
    enclave.keys.trust_quote_header(entries[0], header)
    return header
