"""Whatever is done to the bytes of a light block, it is refused, or the header is the one made.

What may be changed and still pass is what nobody signs or hashes, or what lies behind the walk that
found enough: priorities, the proposer, the commit's last places.
"""

from __future__ import annotations

from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from enclave.errors import Refusal
from enclave.light_client.codec import decode_light_block, encode_light_block
from enclave.light_client.enclave_rule import verify_step
from enclave.light_client.types import Header, KeyKind
from enclave.wire import encode, strict_decode
from seedpact.light.v1 import light_pb2 as pb
from tests.enclave.light_client.maker import CHAIN_ID, block, make_header, signer, signers

MEMBERS: Final = (*signers("a", "b", "c"), signer("d", kind=KeyKind.SECP256K1))
TRUSTED: Final = make_header(7, MEMBERS)
BLOCKS: Final = {
    height: block(height, MEMBERS, absent=MEMBERS[:1] if height == 9 else ())
    for height in (8, 9, 30)
}
WRITTEN: Final = {height: encode(encode_light_block(made)) for height, made in BLOCKS.items()}
MAX_BYTES: Final = 1 << 16


def believed(data: bytes) -> Header | None:
    """The header that the enclave believes; None where it refuses. Nothing else is raised."""
    try:
        message = strict_decode(pb.LightBlock, data, max_bytes=MAX_BYTES)
        return verify_step(
            TRUSTED, decode_light_block(message), chain_id=CHAIN_ID, trusted_next=None
        )
    except Refusal:
        return None


@st.composite
def changed(draw: st.DrawFn) -> bytes:
    """A block's bytes with something done to them."""
    data = bytearray(WRITTEN[draw(st.sampled_from(sorted(WRITTEN)))])
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(data) - 1))
        match draw(st.sampled_from(["byte", "cut", "insert", "take"])):
            case "byte":
                data[at] = draw(st.integers(0, 255))
            case "cut":
                del data[at : at + draw(st.integers(1, 8))]
            case "insert":
                data[at:at] = draw(st.binary(min_size=1, max_size=8))
            case _:
                other = WRITTEN[draw(st.sampled_from(sorted(WRITTEN)))]
                data[at:] = other[at:]
        if not data:
            break
    return bytes(data)


def test_as_it_was_sent_a_block_is_believed() -> None:
    for height, data in WRITTEN.items():
        assert believed(data) == BLOCKS[height].header


@given(changed())
def test_no_change_of_bytes_makes_another_header(data: bytes) -> None:
    header = believed(data)
    assert header is None or header in [made.header for made in BLOCKS.values()]


@given(st.binary(max_size=200))
def test_noise_is_refused(data: bytes) -> None:
    assert believed(data) is None
