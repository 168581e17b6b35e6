"""The bytes that are hashed and signed, held against protobuf's own encoder.

`wire_form` writes them by hand. Here the library writes them, from messages with the fields that
gogoproto always writes set, and a tree of RFC 6962's own recursive definition hashes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from google.protobuf import wrappers_pb2
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from enclave.light_client import wire_form
from enclave.light_client.codec import encode_commit, encode_header, encode_validator_set
from enclave.light_client.hashes import commit_hash, header_hash, validators_hash
from enclave.light_client.sign_bytes import SignBytes
from enclave.light_client.types import BlockId, BlockIdFlag, Commit, CommitSig, Header, ValidatorSet
from enclave.time import Time
from enclave.wire import encode, varint
from seedpact.light.v1 import light_pb2 as pb
from tests.enclave.light_client.values import chain_ids, commits, headers, times, validator_sets


def tree(items: Sequence[bytes]) -> bytes:
    """RFC 6962, section 2.1."""
    if not items:
        return sha256(b"").digest()
    if len(items) == 1:
        return sha256(b"\0" + items[0]).digest()
    split = 1 << (len(items) - 1).bit_length() - 1
    return sha256(b"\1" + tree(items[:split]) + tree(items[split:])).digest()


def of_bytes(value: bytes) -> bytes:
    return encode(wrappers_pb2.BytesValue(value=value))


@given(headers())
def test_a_headers_hash_is_over_its_fields_in_order(header: Header) -> None:
    sent = encode_header(header)
    expected = tree(
        [
            encode(sent.version),
            encode(wrappers_pb2.StringValue(value=sent.chain_id)),
            encode(wrappers_pb2.Int64Value(value=sent.height)),
            encode(sent.time),
            encode(sent.last_block_id),
            of_bytes(sent.last_commit_hash),
            of_bytes(sent.data_hash),
            of_bytes(sent.validators_hash),
            of_bytes(sent.next_validators_hash),
            of_bytes(sent.consensus_hash),
            of_bytes(sent.app_hash),
            of_bytes(sent.last_results_hash),
            of_bytes(sent.evidence_hash),
            of_bytes(sent.proposer_address),
        ]
    )
    assert header_hash(header) == expected


@given(validator_sets())
def test_a_sets_hash_is_over_keys_and_powers(validators: ValidatorSet) -> None:
    members = encode_validator_set(validators).validators
    simple = [
        pb.SimpleValidator(pub_key=member.pub_key, voting_power=member.voting_power)
        for member in members
    ]
    assert validators_hash(validators) == tree([encode(member) for member in simple])


@given(commits())
def test_a_commits_hash_is_over_its_signatures(commit: Commit) -> None:
    places = encode_commit(commit).signatures
    assert commit_hash(commit) == tree([encode(place) for place in places])


@given(commits(), chain_ids)
def test_a_precommit_signs_a_canonical_vote(commit: Commit, chain_id: str) -> None:
    for place, sent in zip(commit.signatures, encode_commit(commit).signatures, strict=True):
        vote = pb.CanonicalVote(
            type=pb.SIGNED_MSG_TYPE_PRECOMMIT,
            height=commit.height,
            round=commit.round,
            timestamp=sent.timestamp,
            chain_id=chain_id,
        )
        if place.flag is BlockIdFlag.COMMIT:
            parts = pb.CanonicalPartSetHeader(
                total=commit.block_id.parts_total, hash=commit.block_id.parts_hash
            )
            vote.block_id.CopyFrom(
                pb.CanonicalBlockID(hash=commit.block_id.hash, part_set_header=parts)
            )
        written = encode(vote)
        signed = SignBytes(commit, chain_id=chain_id).of(place)
        assert signed == varint(len(written)) + written


def test_a_vote_for_no_block_names_none() -> None:
    """Round 0 and the first second of 1970 are left out; the time itself is not."""
    commit = Commit(height=1, round=0, block_id=a_block_id(), signatures=())
    nil = CommitSig(BlockIdFlag.NIL, bytes(20), Time(0), bytes(64))
    signed = SignBytes(commit, chain_id="c").of(nil)
    assert signed.hex() == "10" + "0802" + "110100000000000000" + "2a00" + "320163"


def a_block_id() -> BlockId:
    return BlockId(bytes(32), 1, bytes(32))


@given(times)
def test_times_are_as_protobuf_writes_them(time: Time) -> None:
    assert wire_form.timestamp(time) == encode(Timestamp(seconds=time.seconds, nanos=time.nanos))


@given(st.integers(-(2**63), 2**63 - 1))
def test_integers_are_as_protobuf_writes_them(value: int) -> None:
    assert wire_form.integer_field(1, value) == encode(wrappers_pb2.Int64Value(value=value))
    fixed = encode(pb.CanonicalVote(height=value))
    assert wire_form.fixed_field(2, value) == fixed
