"""`new_block` -> ReportFork: other nodes' headers are compared with this node's (section 7).

A witness is another node's RPC, as node.toml names it. Where it shows another header of one height,
both ways to that height are looked for from a header that the enclave trusts, and shown to it: the
enclave alone judges whether both are signed, and then stops for ever. A witness that cannot show
signed headers of its own way is at fault itself, and is not asked again for a while. Only a HOLDER
to which no fork was proven yet is shown anything: there is nothing else to stop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from enclave.errors import Refusal
from enclave.light_client.codec import decode_header
from enclave.light_client.hashes import header_hash
from node.chain_client import ChainEvent
from node.chain_proof import ChainProofCode, ChainProofFailure
from node.enclave_client import EnclaveRefused
from node.failure import NodeFailure
from node.host.host import NEW_BLOCK, Host
from node.light_blocks import Blocks
from node.light_blocks.path import Start, find_path
from seedpact.enclave.v1 import chain_pb2
from seedpact.enclave.v1 import service_pb2 as pb

LOOK_BLOCKS: Final = 10
"""Witnesses are asked so often."""
DEPTH: Final = 2
"""Blocks below the newest: a witness may lag a little."""
DISTRUST_BLOCKS: Final = 1000
"""For so long a witness without signed headers is left alone."""
OTHER_SECS: Final = 60.0
"""For a way of headers that another node shows."""


@dataclass(frozen=True, slots=True)
class Witness:
    """Another node, and where its light blocks come from."""

    name: str
    blocks: Blocks


class WitnessComparison:
    """Compares one height in ten with every witness.

    Args:
        own: this node's light blocks.
        witnesses: other nodes'.
    """

    events: Final = frozenset({NEW_BLOCK})

    def __init__(self, own: Blocks, witnesses: Sequence[Witness]) -> None:
        self._own = own
        self._witnesses = witnesses
        self._left_alone: dict[str, int] = {}
        self._away: set[str] = set()
        self._next_height = 0

    def handle(self, host: Host, event: ChainEvent) -> None:
        """Asks, if it is due. Raises NodeFailure where this node or its enclave does not answer."""
        if event.height < self._next_height or event.height <= DEPTH:
            return
        self._next_height = event.height + LOOK_BLOCKS
        height = event.height - DEPTH
        own = self._own_hash(height)
        for witness in self._witnesses:
            if self._left_alone.get(witness.name, 0) > height:
                continue
            try:
                other = _hash(witness.blocks, height)
            except NodeFailure as failure:
                self._say_away(host, witness, failure)
                continue
            except Refusal as refusal:
                self._distrust(host, witness, height, str(refusal))
                continue
            self._away.discard(witness.name)
            if other != own:
                self._diverges(host, witness, height)

    def _diverges(self, host: Host, witness: Witness, height: int) -> None:
        """Shows the enclave both ways to `height`."""
        info = host.enclave.get_info()
        if info.state != pb.ENCLAVE_STATE_HOLDER or info.forked:
            host.log("warning", "witness_differs", witness=witness.name, height=height)
            return
        report = self._report(info, witness, height)
        if report is None:
            self._distrust(host, witness, height, "its headers are not signed, or lead nowhere")
            return
        try:
            fork = host.enclave.report_fork(report)
        except EnclaveRefused as refused:
            self._distrust(host, witness, height, str(refused))
            return
        host.log(
            "error",
            "chain_forked",
            witness=witness.name,
            height=fork.height,
            first=fork.first_hash.hex(),
            second=fork.second_hash.hex(),
        )

    def _report(
        self, info: pb.GetInfoResponse, witness: Witness, height: int
    ) -> chain_pb2.ReportForkRequest | None:
        """Two paths from a common header; None where the witness has none of its own."""
        trusted = info.trusted_height
        below = trusted and trusted < height
        if below and self._own_hash(trusted) == _same(witness.blocks, trusted):
            start = Start(info.chain_id, trusted)
            return self._paths(chain_pb2.ReportForkRequest(), witness, start, height)
        # The fork is at the trusted header or below: both ways from the root of trust.
        request = chain_pb2.ReportForkRequest()
        if not info.root_hash:
            start = Start(info.chain_id, 0, genesis_height=info.root_height)
            return self._paths(request, witness, start, height)
        request.root.CopyFrom(self._own.light_block(info.root_height).signed_header.header)
        return self._paths(request, witness, Start(info.chain_id, info.root_height), height)

    def _paths(
        self,
        request: chain_pb2.ReportForkRequest,
        witness: Witness,
        start: Start,
        height: int,
    ) -> chain_pb2.ReportForkRequest | None:
        try:
            request.first.extend(find_path(self._own, start, to=height))
        except Refusal as refusal:
            raise _own_fault(height, refusal) from None
        try:
            request.second.extend(find_path(witness.blocks, start, to=height, secs=OTHER_SECS))
        except (Refusal, NodeFailure):
            return None
        return request

    def _own_hash(self, height: int) -> bytes:
        try:
            return _hash(self._own, height)
        except Refusal as refusal:
            raise _own_fault(height, refusal) from None

    def _distrust(self, host: Host, witness: Witness, height: int, reason: str) -> None:
        self._left_alone[witness.name] = height + DISTRUST_BLOCKS
        host.log("warning", "witness_at_fault", witness=witness.name, height=height, reason=reason)

    def _say_away(self, host: Host, witness: Witness, failure: NodeFailure) -> None:
        if witness.name not in self._away:
            self._away.add(witness.name)
            host.log("warning", "witness_away", witness=witness.name, reason=str(failure))


def _hash(blocks: Blocks, height: int) -> bytes:
    """Of the header at a height. Raises NodeFailure; Refusal for a header that is none."""
    return header_hash(decode_header(blocks.light_block(height).signed_header.header))


def _same(blocks: Blocks, height: int) -> bytes:
    """As `_hash`; b"" where a witness has no such header."""
    try:
        return _hash(blocks, height)
    except (NodeFailure, Refusal):
        return b""


def _own_fault(height: int, refusal: Refusal) -> ChainProofFailure:
    """This node's own engine serves headers that do not hold."""
    return ChainProofFailure(
        ChainProofCode.BAD_PATH, expected=f"signed headers up to {height}", found=str(refusal)
    )
