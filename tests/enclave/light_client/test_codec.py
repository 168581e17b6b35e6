"""Light blocks have one form: what is refused before anything is hashed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

import pytest
from google.protobuf.message import Message
from hypothesis import given

from enclave.errors import Code
from enclave.light_client.codec import (
    MAX_TOTAL_POWER,
    decode_commit,
    decode_header,
    decode_light_block,
    decode_validator_set,
    encode_commit,
    encode_header,
    encode_light_block,
    encode_validator_set,
)
from enclave.light_client.form import MAX_VALIDATORS, decode_height
from enclave.light_client.keys import address
from enclave.light_client.types import BlockId, Commit, Header, KeyKind, PublicKey, ValidatorSet
from enclave.time import MAX_HEIGHT
from enclave.wire import encode, strict_decode, varint
from seedpact.light.v1 import light_pb2 as pb
from tests.enclave.light_client.maker import block, signer, signers, validator_set
from tests.enclave.light_client.values import commits, headers, validator_sets
from tests.support.refusals import refused

MEMBERS: Final = (
    *signers("a", "b", "c"),
    signer("d", kind=KeyKind.SECP256K1),
)
M = TypeVar("M", bound=Message)
MAX_BYTES: Final = 1 << 20
ABSENT: Final = 3
"""The place that says nothing."""


def message() -> pb.LightBlock:
    """A right block of every kind of vote and key."""
    ordered = sorted(MEMBERS, key=lambda member: member.validator.address)
    made = block(8, MEMBERS, absent=ordered[ABSENT:], nil=ordered[:1])
    return encode_light_block(made)


@given(headers(), commits(), validator_sets())
def test_what_is_encoded_decodes_to_the_same(
    header: Header, commit: Commit, validators: ValidatorSet
) -> None:
    assert decode_header(through_bytes(encode_header(header))) == header
    assert decode_commit(through_bytes(encode_commit(commit))) == commit
    assert decode_validator_set(through_bytes(encode_validator_set(validators))) == validators


def test_a_light_block_comes_back() -> None:
    made = message()
    assert encode_light_block(decode_light_block(made)) == made


def through_bytes(sent: M) -> M:
    """As it arrives from a host: strictly."""
    return strict_decode(type(sent), encode(sent), max_bytes=MAX_BYTES)


Change = Callable[[pb.LightBlock], object]


def header_of(made: pb.LightBlock) -> pb.Header:
    return made.signed_header.header


def commit_of(made: pb.LightBlock) -> pb.Commit:
    return made.signed_header.commit


def first_vote(made: pb.LightBlock) -> pb.CommitSig:
    return commit_of(made).signatures[0]


def absent_vote(made: pb.LightBlock) -> pb.CommitSig:
    return commit_of(made).signatures[ABSENT]


def first_validator(made: pb.LightBlock) -> pb.Validator:
    return made.validator_set.validators[0]


def set_bytes(field: str, size: int) -> Change:
    return lambda made: setattr(header_of(made), field, bytes(size))


def set_key(made: pb.LightBlock, kind: KeyKind, data: bytes) -> None:
    """Another key, with its address."""
    validator = first_validator(made)
    setattr(validator.pub_key, kind.value, data)
    validator.address = address(PublicKey(kind, data))


MALFORMED: Final[Mapping[str, Change]] = {
    "no signed header": lambda m: m.ClearField("signed_header"),
    "no set": lambda m: m.ClearField("validator_set"),
    "no header": lambda m: m.signed_header.ClearField("header"),
    "no commit": lambda m: m.signed_header.ClearField("commit"),
    "no version": lambda m: header_of(m).ClearField("version"),
    "no time": lambda m: header_of(m).ClearField("time"),
    "no last block id": lambda m: header_of(m).ClearField("last_block_id"),
    "no last part set header": lambda m: header_of(m).last_block_id.ClearField("part_set_header"),
    "long chain id": lambda m: setattr(header_of(m), "chain_id", "c" * 51),
    "chain id of long characters": lambda m: setattr(header_of(m), "chain_id", "é" * 26),
    "height 0": lambda m: setattr(header_of(m), "height", 0),
    "negative height": lambda m: setattr(header_of(m), "height", -1),
    "time before Go's": lambda m: setattr(header_of(m).time, "seconds", -62_135_596_801),
    "year 10000": lambda m: setattr(header_of(m).time, "seconds", 253_402_300_800),
    "negative nanos": lambda m: setattr(header_of(m).time, "nanos", -1),
    "a second of nanos": lambda m: setattr(header_of(m).time, "nanos", 10**9),
    "short last hash": lambda m: setattr(header_of(m).last_block_id, "hash", bytes(31)),
    "long parts hash": lambda m: setattr(
        header_of(m).last_block_id.part_set_header, "hash", bytes(33)
    ),
    **{
        f"short {field}": set_bytes(field, 31)
        for field in (
            "last_commit_hash",
            "data_hash",
            "validators_hash",
            "next_validators_hash",
            "consensus_hash",
            "last_results_hash",
            "evidence_hash",
        )
    },
    "long app hash": set_bytes("app_hash", 65),
    "short proposer": set_bytes("proposer_address", 19),
    "no proposer": set_bytes("proposer_address", 0),
    "commit of height 0": lambda m: setattr(commit_of(m), "height", 0),
    "negative round": lambda m: setattr(commit_of(m), "round", -1),
    "no block id": lambda m: commit_of(m).ClearField("block_id"),
    "commit for no block": lambda m: commit_of(m).block_id.CopyFrom(
        pb.BlockID(part_set_header=pb.PartSetHeader())
    ),
    "no signatures": lambda m: commit_of(m).ClearField("signatures"),
    "unknown flag": lambda m: setattr(first_vote(m), "block_id_flag", 0),
    "flag of no enum": lambda m: setattr(first_vote(m), "block_id_flag", 4),
    "no time of a vote": lambda m: first_vote(m).ClearField("timestamp"),
    "short address of a vote": lambda m: setattr(first_vote(m), "validator_address", bytes(19)),
    "no signature": lambda m: first_vote(m).ClearField("signature"),
    "long signature": lambda m: setattr(first_vote(m), "signature", bytes(65)),
    "absent with an address": lambda m: setattr(absent_vote(m), "validator_address", bytes(20)),
    "absent with a time": lambda m: setattr(absent_vote(m).timestamp, "seconds", 0),
    "absent with a signature": lambda m: setattr(absent_vote(m), "signature", bytes(64)),
    "empty set": lambda m: m.validator_set.ClearField("validators"),
    "validator without a key": lambda m: first_validator(m).ClearField("pub_key"),
    "key of no kind": lambda m: first_validator(m).pub_key.Clear(),
    "short key": lambda m: set_key(m, KeyKind.ED25519, bytes(31)),
    "key of secp256k1 uncompressed": lambda m: set_key(m, KeyKind.SECP256K1, bytes(65)),
    "address of another key": lambda m: setattr(first_validator(m), "address", bytes(20)),
    "negative power": lambda m: setattr(first_validator(m), "voting_power", -1),
    "too much power": lambda m: setattr(first_validator(m), "voting_power", MAX_TOTAL_POWER),
    "a validator twice": lambda m: m.validator_set.validators.append(first_validator(m)),
}


@pytest.mark.parametrize("name", MALFORMED, ids=lambda name: name.replace(" ", "_"))
def test_another_form_is_refused(name: str) -> None:
    made = message()
    MALFORMED[name](made)
    with refused(Code.MALFORMED_LIGHT_BLOCK):
        decode_light_block(made)


LIMITS: Final[Mapping[str, Change]] = {
    "chain id": lambda m: setattr(header_of(m), "chain_id", "c" * 50),
    "greatest time": lambda m: setattr(header_of(m).time, "seconds", 253_402_300_799),
    "app hash": set_bytes("app_hash", 64),
    "no app hash": set_bytes("app_hash", 0),
    "no data hash": set_bytes("data_hash", 0),
    "another length of signature": lambda m: setattr(first_vote(m), "signature", bytes(63)),
    "power": lambda m: setattr(first_validator(m), "voting_power", MAX_TOTAL_POWER - 30),
    "no power": lambda m: setattr(first_validator(m), "voting_power", 0),
    "proposer": lambda m: m.validator_set.proposer.CopyFrom(first_validator(m)),
    "total power": lambda m: setattr(m.validator_set, "total_voting_power", 7),
}


@pytest.mark.parametrize("name", LIMITS, ids=lambda name: name.replace(" ", "_"))
def test_what_is_within_the_limits_is_read(name: str) -> None:
    made = message()
    LIMITS[name](made)
    decode_light_block(made)


def test_the_edges_of_a_height() -> None:
    assert [decode_height(height) for height in (1, MAX_HEIGHT)] == [1, MAX_HEIGHT]
    for height in (-1, 0, MAX_HEIGHT + 1):
        with refused(Code.MALFORMED_LIGHT_BLOCK):
            decode_height(height)


def test_a_block_id_names_a_block_by_any_of_its_parts() -> None:
    assert BlockId(b"", 0, b"").is_zero
    for one in (BlockId(bytes(32), 0, b""), BlockId(b"", 1, b""), BlockId(b"", 0, bytes(32))):
        assert not one.is_zero


@pytest.mark.parametrize(
    ("value", "encoded"),
    [(0, "00"), (127, "7f"), (128, "8001"), (-1, "ff" * 9 + "01"), (2**63 - 1, "ff" * 8 + "7f")],
)
def test_a_varint_is_protobufs(value: int, encoded: str) -> None:
    assert varint(value).hex() == encoded


def test_more_validators_than_cometbft_has_are_refused_unread() -> None:
    one = pb.Validator()
    with refused(Code.TOO_LARGE):
        decode_validator_set(pb.ValidatorSet(validators=[one] * (MAX_VALIDATORS + 1)))
    with refused(Code.MALFORMED_LIGHT_BLOCK):
        decode_validator_set(pb.ValidatorSet(validators=[one] * MAX_VALIDATORS))
    with refused(Code.TOO_LARGE):
        decode_commit(pb.Commit(signatures=[pb.CommitSig()] * (MAX_VALIDATORS + 1)))


def test_a_set_is_read_in_the_order_given() -> None:
    """The header's hash is over that order."""
    listed = encode_validator_set(validator_set(MEMBERS))
    turned = pb.ValidatorSet(validators=reversed(listed.validators))
    assert decode_validator_set(turned).validators == validator_set(MEMBERS).validators[::-1]
