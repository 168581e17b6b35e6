"""Hashes of headers, validator sets and commits (CometBFT types/block.go, types/validator_set.go).

Each is the root of CometBFT's simple Merkle tree, over the fields or the members in order.
"""

from __future__ import annotations

from typing import Final

from enclave.light_client.types import Commit, CommitSig, Header, KeyKind, PublicKey, ValidatorSet
from enclave.light_client.wire_form import (
    block_id,
    bytes_field,
    integer_field,
    message_field,
    timestamp,
)
from enclave.merkle import simple_tree

_KEY_FIELD: Final = {KeyKind.ED25519: 1, KeyKind.SECP256K1: 2}
"""`sum` of tendermint.crypto.PublicKey."""
_WRAPPED: Final = 1
"""`value` of google.protobuf's StringValue, Int64Value and BytesValue (Go's cdcEncode)."""


def header_hash(header: Header) -> bytes:
    """32 bytes: the block's hash, over the header's 14 fields."""
    return simple_tree.root(
        (
            integer_field(1, header.block_protocol) + integer_field(2, header.app_version),
            bytes_field(_WRAPPED, header.chain_id.encode()),
            integer_field(_WRAPPED, header.height),
            timestamp(header.time),
            block_id(header.last_block_id),
            bytes_field(_WRAPPED, header.last_commit_hash),
            bytes_field(_WRAPPED, header.data_hash),
            bytes_field(_WRAPPED, header.validators_hash),
            bytes_field(_WRAPPED, header.next_validators_hash),
            bytes_field(_WRAPPED, header.consensus_hash),
            bytes_field(_WRAPPED, header.app_hash),
            bytes_field(_WRAPPED, header.last_results_hash),
            bytes_field(_WRAPPED, header.evidence_hash),
            bytes_field(_WRAPPED, header.proposer_address),
        )
    )


def validators_hash(validators: ValidatorSet) -> bytes:
    """32 bytes, over key and power of each validator, in the set's order."""
    return simple_tree.root(
        [
            message_field(1, _public_key(validator.key)) + integer_field(2, validator.voting_power)
            for validator in validators.validators
        ]
    )


def commit_hash(commit: Commit) -> bytes:
    """32 bytes, over the signatures alone: the `last_commit_hash` of the next header."""
    return simple_tree.root([_commit_sig(signature) for signature in commit.signatures])


def _public_key(key: PublicKey) -> bytes:
    return message_field(_KEY_FIELD[key.kind], key.data)


def _commit_sig(signature: CommitSig) -> bytes:
    return (
        integer_field(1, signature.flag)
        + bytes_field(2, signature.validator_address)
        + message_field(3, timestamp(signature.time))
        + bytes_field(4, signature.signature)
    )
