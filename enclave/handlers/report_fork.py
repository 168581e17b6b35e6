"""report_fork: two signed headers of one height stop this enclave (protocol.md sections 7 and 11).

Both paths must start at one header that it trusts and end at different headers of one height, by
the rules of its own light client: then more than 1/3 of the power signed twice, or a set that is
gone signs again, and no header of this chain says anything more. Sealed for ever; the seed stays.
"""

from __future__ import annotations

from typing import Final

from enclave.errors import Code, Refusal
from enclave.framework.enclave import Enclave
from enclave.framework.states import Operation, State
from enclave.handlers.context import quotes_of
from enclave.handlers.follow_chain import check_no_anchor
from enclave.light_client.fork import divergence
from enclave.light_client.types import Header
from enclave.proven.headers import check_steps, follow, root_header
from seedpact.enclave.v1 import chain_pb2 as pb


class ReportFork:
    """PENDING and HOLDER stay what they are, and say `forked`."""

    operation: Final = Operation.REPORT_FORK
    request: Final = pb.ReportForkRequest

    def handle(self, enclave: Enclave, request: pb.ReportForkRequest) -> pb.ReportForkResponse:
        """Judges the two paths; only a proven fork changes anything.

        Raises:
            Refusal: NOT_A_FORK, BAD_VALUE, TOO_LARGE, UNKNOWN_QUOTE, UNVERIFIED_ANCHOR,
                UNPROVEN_CONTEXT; as `follow`.
        """
        check_steps(request.first, request.second)
        start = _start(enclave, request)
        network = enclave.keys.network
        first = follow(start, request.first, network=network)
        second = follow(start, request.second, network=network)
        fork = divergence(first, second)
        enclave.keys.seal_fork(fork)
        return pb.ReportForkResponse(
            height=fork.height, first_hash=fork.first, second_hash=fork.second
        )


def _start(enclave: Enclave, request: pb.ReportForkRequest) -> Header | None:
    """Where both paths start: the root of trust, or the newest trusted header. None: genesis."""
    keys = enclave.keys
    if enclave.state is State.HOLDER:
        check_no_anchor(request.anchor_height, request.anchor_hash)
        trust = keys.holder_trust
        root, newest = (trust.root_height, trust.root_hash), trust.header
    else:
        entry = quotes_of(enclave, request.anchor_height, request.anchor_hash)[0]
        root, newest = (entry.anchor_height, entry.anchor_hash), entry.header
    if request.HasField("root"):
        return root_header(request.root, network=keys.network, height=root[0], root_hash=root[1])
    if not root[1] and _starts_at(request, root[0]):
        return None
    if newest is None and root[1]:
        raise Refusal(
            Code.UNPROVEN_CONTEXT,
            expected=f"the header of hash {root[1].hex()}, which the quote bound",
            found="no root",
        )
    return newest


def _starts_at(request: pb.ReportForkRequest, height: int) -> bool:
    """No path from a trusted header has a step to the initial height: these start at genesis."""
    paths = (request.first, request.second)
    return all(path and path[0].block.signed_header.header.height == height for path in paths)
