"""Hashes and sign bytes of Tendermint 0.33, which encoded with amino: what the bisection cases use.

Nothing makes them any more. `remade` needs them to see what holds in a published block. Tendermint
0.34 turned to protobuf: fields of a header lost their bare lengths for wrapper messages, a set's
keys their amino prefix, and the canonical block id the place of its parts' hash.
"""

from __future__ import annotations

from enclave.light_client.types import BlockId, Commit, CommitSig, Header, ValidatorSet
from enclave.light_client.wire_form import (
    bytes_field,
    fixed_field,
    integer_field,
    message_field,
    timestamp,
)
from enclave.merkle import simple_tree
from enclave.wire import varint

KEY_PREFIX = bytes.fromhex("1624de6420")
"""Of tendermint/PubKeyEd25519, with the length of the key."""


def header_hash(header: Header) -> bytes:
    """32 bytes."""
    last = header.last_block_id
    parts = integer_field(1, last.parts_total) + bytes_field(2, last.parts_hash)
    return simple_tree.root(
        [
            integer_field(1, header.block_protocol) + integer_field(2, header.app_version),
            _bare(header.chain_id.encode()),
            varint(header.height),
            timestamp(header.time),
            bytes_field(1, last.hash) + bytes_field(2, parts),
            _bare(header.last_commit_hash),
            _bare(header.data_hash),
            _bare(header.validators_hash),
            _bare(header.next_validators_hash),
            _bare(header.consensus_hash),
            _bare(header.app_hash),
            _bare(header.last_results_hash),
            _bare(header.evidence_hash),
            _bare(header.proposer_address),
        ]
    )


def validators_hash(validators: ValidatorSet) -> bytes:
    """32 bytes."""
    return simple_tree.root(
        [
            bytes_field(1, KEY_PREFIX + validator.key.data)
            + integer_field(2, validator.voting_power)
            for validator in validators.validators
        ]
    )


def sign_bytes(commit: Commit, signature: CommitSig, *, chain_id: str) -> bytes:
    """Of a precommit for the commit's block."""
    vote = (
        integer_field(1, 2)
        + fixed_field(2, commit.height)
        + fixed_field(3, commit.round)
        + message_field(4, _canonical(commit.block_id))
        + message_field(5, timestamp(signature.time))
        + bytes_field(6, chain_id.encode())
    )
    return varint(len(vote)) + vote


def _canonical(block_id: BlockId) -> bytes:
    parts = bytes_field(1, block_id.parts_hash) + integer_field(2, block_id.parts_total)
    return bytes_field(1, block_id.hash) + bytes_field(2, parts)


def _bare(data: bytes) -> bytes:
    return varint(len(data)) + data if data else b""
