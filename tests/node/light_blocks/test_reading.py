"""From the engine's JSON to a light block: everything is carried over, nothing else is let by."""

from __future__ import annotations

import contextlib
import re
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enclave.light_client.codec import decode_light_block, encode_light_block
from enclave.light_client.form import ZERO_TIME
from node.engine_rpc import EngineFailed
from node.engine_rpc.block import read_signed_header
from node.engine_rpc.fields import fields
from node.engine_rpc.reading import read_validator
from node.light_blocks import to_light_block
from seedpact.light.v1 import light_pb2
from tests.node.engine_rpc.test_answers import JSON, places, replaced
from tests.node.light_blocks.answers import ABSENT, ADDRESS, HASH, KEY, VALIDATOR, signed_header

SAMPLE: Final = {"commit": signed_header(5), "validators": [VALIDATOR]}


def read(sample: Any) -> light_pb2.LightBlock:
    answer = fields(sample, "answer")
    return to_light_block(
        read_signed_header(answer.part("commit")),
        [read_validator(row) for row in answer.rows("validators")],
    )


def changed(new: object, *path: str | int) -> Any:
    return replaced(SAMPLE, path, new)


def test_every_field_is_carried_over() -> None:
    block = read(SAMPLE)
    header, commit = block.signed_header.header, block.signed_header.commit
    hash_ = bytes.fromhex(HASH)
    assert (header.version.block, header.version.app) == (11, 0)
    assert (header.chain_id, header.height) == ("n", 5)
    assert (header.time.seconds, header.time.nanos) == (1_767_323_045, 123456789)
    for field in light_pb2.Header.DESCRIPTOR.fields:
        if field.name.endswith("_hash"):
            assert getattr(header, field.name) == (b"" if "results" in field.name else hash_)
    assert header.proposer_address == bytes.fromhex(ADDRESS)
    for block_id in (header.last_block_id, commit.block_id):
        assert block_id.hash == block_id.part_set_header.hash == hash_
        assert block_id.part_set_header.total == 1
    assert (commit.height, commit.round) == (5, 1)
    (vote,) = commit.signatures
    assert vote.block_id_flag == light_pb2.BLOCK_ID_FLAG_COMMIT
    assert (vote.validator_address, vote.signature) == (bytes.fromhex(ADDRESS), bytes(64))
    assert vote.timestamp == header.time
    (validator,) = block.validator_set.validators
    assert validator.pub_key.ed25519 == KEY
    assert (validator.voting_power, validator.proposer_priority) == (10, -3)
    assert validator.address == bytes.fromhex(ADDRESS)
    assert block.validator_set.proposer == validator
    assert encode_light_block(decode_light_block(block)).signed_header == block.signed_header


def test_an_absent_vote_has_the_time_of_go_that_is_none() -> None:
    block = read(changed([ABSENT], "commit", "signed_header", "commit", "signatures"))
    (vote,) = block.signed_header.commit.signatures
    assert vote.timestamp.seconds == ZERO_TIME.seconds
    assert decode_light_block(block).commit.signatures[0].time == ZERO_TIME


def test_both_types_of_keys() -> None:
    kind = ("validators", 0, "pub_key", "type")
    (validator,) = read(changed("tendermint/PubKeySecp256k1", *kind)).validator_set.validators
    assert validator.pub_key.secp256k1 == KEY
    with pytest.raises(EngineFailed) as failed:
        read(changed("tendermint/PubKeyBls12381", *kind))
    assert "tendermint/PubKeyEd25519" in failed.value.expected
    assert failed.value.found == "tendermint/PubKeyBls12381"


def test_a_proposer_who_is_not_in_the_set_is_left_out() -> None:
    block = read(changed("CD" * 20, "commit", "signed_header", "header", "proposer_address"))
    assert not block.validator_set.HasField("proposer")


HEADER: Final = ("commit", "signed_header", "header")
VOTES: Final = ("commit", "signed_header", "commit")


@pytest.mark.parametrize(
    ("new", "path"),
    [
        (str(2**63), (*HEADER, "height")),
        ("-1", (*HEADER, "version", "block")),
        (2**32, (*HEADER, "last_block_id", "parts", "total")),
        ("\ud800", (*HEADER, "chain_id")),
        (2**31, (*VOTES, "round")),
        (4, (*VOTES, "signatures", 0, "block_id_flag")),
        (str(2**63), ("validators", 0, "voting_power")),
    ],
)
def test_what_no_field_can_hold_is_refused(new: object, path: tuple[str | int, ...]) -> None:
    with pytest.raises(EngineFailed) as failed:
        read(changed(new, *path))
    # By its field, or where only protobuf knows the range, by its block.
    assert re.search(r"answer\.(commit|validators)|of block \d+", failed.value.expected)


@given(data=st.data())
def test_anything_else_is_read_or_refused(data: st.DataObject) -> None:
    """No other exception than EngineFailed, whichever part of an answer is something else."""
    place = data.draw(st.sampled_from(places(SAMPLE)))
    with contextlib.suppress(EngineFailed):
        read(replaced(SAMPLE, place, data.draw(JSON)))


NULLABLE: Final = ("signatures", "validators", "signature", "value")
"""Go writes null for a list or bytes that are empty; so nothing is what is left out."""
FIELDS: Final = [path for path in places(SAMPLE) if path and path[-1] not in (0, *NULLABLE)]


@pytest.mark.parametrize("path", FIELDS, ids=lambda path: ".".join(map(str, path)))
def test_what_is_missing_is_refused(path: tuple[Any, ...]) -> None:
    """Each field of a header, a commit and a validator."""
    holder: Any = SAMPLE
    for key in path[:-1]:
        holder = holder[key]
    without = {key: value for key, value in holder.items() if key != path[-1]}
    with pytest.raises(EngineFailed):
        read(replaced(SAMPLE, path[:-1], without))
