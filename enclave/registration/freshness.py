"""What a chain proves of an enclave's present start: its nonce (protocol.md section 7).

An enclave makes a random nonce at each start; its operator publishes it with MsgFreshness, and the
chain stores the newest one under `freshness/<node_id>`. An enclave that finds its own nonce proven
under a header is shown a chain that goes on after its start. Here are the record's form and the
numbers on which chain, enclave and host agree; who may write it is the chain's matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from enclave.crypto.primitives import check_length
from enclave.errors import Code, Refusal
from enclave.time import check_height
from enclave.wire import encode, strict_decode
from seedpact.registration.v1 import types_pb2 as pb

# Section 7: "only once the chain has proven a fresh random nonce of this start (..), and then for
# at most 1,000 headers before the next".
NONCE_BYTES: Final = 32
FRESH_HEADERS: Final = 1_000
"""For so many headers a proven nonce lets its enclave confirm."""

# Section 7: "at most 10 a node in any 100 blocks".
MAX_RECENT: Final = 10
RECENT_BLOCKS: Final = 100

MAX_FRESHNESS_BYTES: Final = 256
"""More than a nonce and eleven heights of ten bytes take, with their tags."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """The newest nonce of one node."""

    nonce: bytes
    """32 bytes."""
    height: int
    """Of the block that has it."""
    recent_heights: tuple[int, ...]
    """Ascending, `height` the last: of each message in the 100 blocks up to it, at most 10. A
    height stands here once for each message of its block."""


def decode_freshness(data: bytes) -> Freshness:
    """`registration/freshness/<node_id>`.

    Raises:
        Refusal: TOO_LARGE, MALFORMED_REQUEST, BAD_LENGTH or BAD_VALUE, for a fault of form.
    """
    message = strict_decode(pb.Freshness, data, max_bytes=MAX_FRESHNESS_BYTES)
    check_length("nonce", message.nonce, NONCE_BYTES)
    check_height(message.height)
    recent = tuple(message.recent_heights)
    if not _is_recent(recent, message.height):
        raise Refusal(
            Code.BAD_VALUE,
            expected=f"1 to {MAX_RECENT} ascending heights of the {RECENT_BLOCKS} blocks up to "
            f"{message.height}, it the last",
            found=", ".join(map(str, recent)),
        )
    return Freshness(message.nonce, message.height, recent)


def encode_freshness(freshness: Freshness) -> bytes:
    """The bytes that the chain stores for `freshness`."""
    return encode(freshness_to_proto(freshness))


def freshness_to_proto(freshness: Freshness) -> pb.Freshness:
    """The protobuf of `freshness`."""
    return pb.Freshness(
        nonce=freshness.nonce,
        height=freshness.height,
        recent_heights=freshness.recent_heights,
    )


def within_recent(heights: tuple[int, ...], height: int) -> tuple[int, ...]:
    """Those of `heights`, none above `height`, that lie in the 100 blocks that end with it."""
    return tuple(one for one in heights if one > height - RECENT_BLOCKS)


def _is_recent(heights: tuple[int, ...], newest: int) -> bool:
    return (
        1 <= len(heights) <= MAX_RECENT
        and heights == tuple(sorted(within_recent(heights, newest)))
        and heights[-1] == newest
    )
