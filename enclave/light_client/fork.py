"""Whether two branches prove that a chain forked: the judgement, not the search.

Two headers of one height with different hashes that both follow from one trusted header were each
signed by more than 2/3 of one set: at least 1/3 of its power signed both. Who compares a primary
with witnesses, and reports what it found, is the node.
"""

from __future__ import annotations

from dataclasses import dataclass

from enclave.errors import Code, Refusal
from enclave.light_client.hashes import header_hash
from enclave.light_client.types import Header


@dataclass(frozen=True, slots=True)
class Fork:
    """Two blocks of one height, both of which a believed header vouches for."""

    height: int
    first: bytes
    second: bytes


def divergence(first: Header, second: Header) -> Fork:
    """The fork that two verified headers are.

    Raises:
        Refusal: NOT_A_FORK where their heights differ or their hashes do not.
    """
    if first.height != second.height:
        raise Refusal(
            Code.NOT_A_FORK,
            expected="two headers of one height",
            found=f"heights {first.height} and {second.height}",
        )
    hashes = header_hash(first), header_hash(second)
    if hashes[0] == hashes[1]:
        raise Refusal(
            Code.NOT_A_FORK, expected="two headers with different hashes", found=hashes[0].hex()
        )
    return Fork(first.height, *hashes)
