"""The small pieces of a light block's form: sizes, times, hashes, block ids, keys.

Each refuses as MALFORMED_LIGHT_BLOCK what CometBFT's ValidateBasic and its
decoding refuse.
"""

from __future__ import annotations

from typing import Final

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from enclave.errors import Code, Refusal
from enclave.light_client.keys import ADDRESS_BYTES, KEY_BYTES, SIGNATURE_BYTES, address
from enclave.light_client.types import (
    BlockId,
    BlockIdFlag,
    CommitSig,
    KeyKind,
    PublicKey,
    Validator,
)
from enclave.time import MAX_HEIGHT, NANOSECONDS, Time
from seedpact.light.v1 import light_pb2 as pb

MAX_VALIDATORS: Final = 10_000
"""CometBFT's MaxVotesCount (types/vote_set.go)."""
HASH_BYTES: Final = 32

# google.protobuf.Timestamp: the years 1 to 9999.
ZERO_TIME: Final = Time(-62_135_596_800)
"""Go's zero time, 0001-01-01: that of an absent signature."""
_END_OF_TIME: Final = 253_402_300_800

_KINDS: Final = {"ed25519": KeyKind.ED25519, "secp256k1": KeyKind.SECP256K1}


def decode_commit_sig(message: pb.CommitSig) -> CommitSig:
    """One place of a commit. Raises Refusal, MALFORMED_LIGHT_BLOCK."""
    require_fields(message, "timestamp")
    try:
        flag = BlockIdFlag(message.block_id_flag)
    except ValueError:
        raise malformed("a known block id flag", str(message.block_id_flag)) from None
    time, signature = decode_time(message.timestamp), message.signature
    if flag is BlockIdFlag.ABSENT:
        if message.validator_address or signature or time != ZERO_TIME:
            raise malformed("nothing of an absent validator", "an address, time or signature")
    else:
        check_size("a signer's address", message.validator_address, ADDRESS_BYTES)
        if not 0 < len(signature) <= SIGNATURE_BYTES:
            raise malformed(f"a signature of {SIGNATURE_BYTES} bytes", f"{len(signature)} bytes")
    return CommitSig(flag, message.validator_address, time, signature)


def decode_validator(message: pb.Validator) -> Validator:
    """One member of a set, whose address is its key's. Raises Refusal, MALFORMED_LIGHT_BLOCK."""
    require_fields(message, "pub_key")
    name = message.pub_key.WhichOneof("sum")
    if name is None:
        raise malformed("a public key of a known kind", "none")
    kind = _KINDS[name]
    key = PublicKey(kind, message.pub_key.ed25519 or message.pub_key.secp256k1)
    check_size(f"a public key of {name}", key.data, KEY_BYTES[kind])
    if message.address != address(key):
        raise malformed("an address that is its key's", message.address.hex())
    if message.voting_power < 0:
        raise malformed("a power from 0", str(message.voting_power))
    return Validator(message.address, key, message.voting_power)


def encode_key(key: PublicKey) -> pb.PublicKey:
    """The protobuf of `key`."""
    if key.kind is KeyKind.ED25519:
        return pb.PublicKey(ed25519=key.data)
    return pb.PublicKey(secp256k1=key.data)


def decode_block_id(message: pb.BlockID) -> BlockId:
    """A block id, or that of no block. Raises Refusal, MALFORMED_LIGHT_BLOCK."""
    require_fields(message, "part_set_header")
    parts = message.part_set_header
    return BlockId(decode_hash(message.hash), parts.total, decode_hash(parts.hash))


def encode_block_id(block_id: BlockId) -> pb.BlockID:
    """The protobuf of `block_id`."""
    parts = pb.PartSetHeader(total=block_id.parts_total, hash=block_id.parts_hash)
    return pb.BlockID(hash=block_id.hash, part_set_header=parts)


def decode_time(message: Timestamp) -> Time:
    """A time that Go can hold. Raises Refusal, MALFORMED_LIGHT_BLOCK."""
    if not (ZERO_TIME.seconds <= message.seconds < _END_OF_TIME) or not (
        0 <= message.nanos < NANOSECONDS
    ):
        raise malformed("a time of the years 1 to 9999", f"{message.seconds} s, {message.nanos} ns")
    return Time(message.seconds, message.nanos)


def encode_time(time: Time) -> Timestamp:
    """The protobuf of `time`."""
    return Timestamp(seconds=time.seconds, nanos=time.nanos)


def decode_height(height: int) -> int:
    """A height of a block. Raises Refusal, MALFORMED_LIGHT_BLOCK."""
    if not 1 <= height <= MAX_HEIGHT:
        raise malformed("a height from 1", str(height))
    return height


def decode_hash(data: bytes) -> bytes:
    """A hash, or none. Raises Refusal, MALFORMED_LIGHT_BLOCK."""
    if data and len(data) != HASH_BYTES:
        raise malformed(f"a hash of {HASH_BYTES} bytes or none", f"{len(data)} bytes")
    return data


def check_size(name: str, data: bytes, size: int) -> None:
    """Exactly `size` bytes. Raises Refusal, MALFORMED_LIGHT_BLOCK."""
    if len(data) != size:
        raise malformed(f"{name} of {size} bytes", f"{len(data)} bytes")


def check_count(count: int) -> None:
    """Not more validators or signatures than CometBFT has. Raises Refusal, TOO_LARGE."""
    if count > MAX_VALIDATORS:
        raise Refusal(
            Code.TOO_LARGE, expected=f"at most {MAX_VALIDATORS} validators", found=str(count)
        )


def require_fields(message: Message, *names: str) -> None:
    """Each of these embedded messages is there: CometBFT always writes them, even empty."""
    for name in names:
        if not message.HasField(name):
            raise malformed(f"{message.DESCRIPTOR.name} with its {name}", "none")


def malformed(expected: str, found: str) -> Refusal:
    """To be raised: what is said to be a light block is none."""
    return Refusal(Code.MALFORMED_LIGHT_BLOCK, expected=expected, found=found)
