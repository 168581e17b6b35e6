"""Light blocks to and from protobuf: sizes, counts and form, before anything is hashed.

The rules of form are CometBFT's ValidateBasic (types/block.go, types/validator.go) and what its
own decoding refuses, with two of ours: no two validators of a set share an address (CometBFT never
makes such a set, but takes one), and a signature has 64 bytes (it allows for key types that are
unknown here). Proposer, proposer priority and total power are not hashed, and not looked at.

Takes messages: whoever has bytes decodes them by `wire.strict_decode` first, which
bounds them and refuses unknown fields. Whether a block is true is not asked here.
"""

from __future__ import annotations

from typing import Final

from enclave.light_client.form import (
    check_count,
    check_size,
    decode_block_id,
    decode_commit_sig,
    decode_hash,
    decode_height,
    decode_time,
    decode_validator,
    encode_block_id,
    encode_key,
    encode_time,
    malformed,
    require_fields,
)
from enclave.light_client.keys import ADDRESS_BYTES
from enclave.light_client.types import Commit, Header, LightBlock, ValidatorSet
from seedpact.light.v1 import light_pb2 as pb

# CometBFT types/genesis.go, types/validator_set.go.
MAX_CHAIN_ID_BYTES: Final = 50
"""MaxChainIDLen."""
MAX_TOTAL_POWER: Final = (2**63 - 1) // 8
"""MaxTotalVotingPower."""
MAX_APP_HASH_BYTES: Final = 64
"""CometBFT sets no bound: what an application commits to is its own."""


def decode_light_block(message: pb.LightBlock) -> LightBlock:
    """A block and the set that should have signed it.

    Raises:
        Refusal: MALFORMED_LIGHT_BLOCK; TOO_LARGE for more than `MAX_VALIDATORS`.
    """
    signed = message.signed_header
    require_fields(message, "signed_header", "validator_set")
    require_fields(signed, "header", "commit")
    return LightBlock(
        header=decode_header(signed.header),
        commit=decode_commit(signed.commit),
        validators=decode_validator_set(message.validator_set),
    )


def encode_light_block(block: LightBlock) -> pb.LightBlock:
    """The protobuf of `block`."""
    return pb.LightBlock(
        signed_header=pb.SignedHeader(
            header=encode_header(block.header), commit=encode_commit(block.commit)
        ),
        validator_set=encode_validator_set(block.validators),
    )


def decode_header(message: pb.Header) -> Header:
    """A header. Its block protocol is a rule's matter.

    Raises:
        Refusal: MALFORMED_LIGHT_BLOCK.
    """
    require_fields(message, "version", "time", "last_block_id")
    if len(message.chain_id.encode()) > MAX_CHAIN_ID_BYTES:
        raise malformed(f"a chain id of at most {MAX_CHAIN_ID_BYTES} bytes", "a longer one")
    if len(message.app_hash) > MAX_APP_HASH_BYTES:
        raise malformed(f"an app hash of at most {MAX_APP_HASH_BYTES} bytes", "a longer one")
    check_size("a proposer's address", message.proposer_address, ADDRESS_BYTES)
    return Header(
        block_protocol=message.version.block,
        app_version=message.version.app,
        chain_id=message.chain_id,
        height=decode_height(message.height),
        time=decode_time(message.time),
        last_block_id=decode_block_id(message.last_block_id),
        last_commit_hash=decode_hash(message.last_commit_hash),
        data_hash=decode_hash(message.data_hash),
        validators_hash=decode_hash(message.validators_hash),
        next_validators_hash=decode_hash(message.next_validators_hash),
        consensus_hash=decode_hash(message.consensus_hash),
        app_hash=message.app_hash,
        last_results_hash=decode_hash(message.last_results_hash),
        evidence_hash=decode_hash(message.evidence_hash),
        proposer_address=message.proposer_address,
    )


def encode_header(header: Header) -> pb.Header:
    """The protobuf of `header`."""
    return pb.Header(
        version=pb.Consensus(block=header.block_protocol, app=header.app_version),
        chain_id=header.chain_id,
        height=header.height,
        time=encode_time(header.time),
        last_block_id=encode_block_id(header.last_block_id),
        last_commit_hash=header.last_commit_hash,
        data_hash=header.data_hash,
        validators_hash=header.validators_hash,
        next_validators_hash=header.next_validators_hash,
        consensus_hash=header.consensus_hash,
        app_hash=header.app_hash,
        last_results_hash=header.last_results_hash,
        evidence_hash=header.evidence_hash,
        proposer_address=header.proposer_address,
    )


def decode_commit(message: pb.Commit) -> Commit:
    """A commit for a block, with one signature or more.

    Raises:
        Refusal: MALFORMED_LIGHT_BLOCK; TOO_LARGE for more than `MAX_VALIDATORS`.
    """
    check_count(len(message.signatures))
    require_fields(message, "block_id")
    if message.round < 0:
        raise malformed("a round from 0", str(message.round))
    block_id = decode_block_id(message.block_id)
    if block_id.is_zero:
        raise malformed("a commit for a block", "one for none")
    if not message.signatures:
        raise malformed("a commit with signatures", "none")
    return Commit(
        height=decode_height(message.height),
        round=message.round,
        block_id=block_id,
        signatures=tuple(decode_commit_sig(signature) for signature in message.signatures),
    )


def encode_commit(commit: Commit) -> pb.Commit:
    """The protobuf of `commit`."""
    return pb.Commit(
        height=commit.height,
        round=commit.round,
        block_id=encode_block_id(commit.block_id),
        signatures=[
            pb.CommitSig(
                block_id_flag=pb.BlockIDFlag.Name(signature.flag),
                validator_address=signature.validator_address,
                timestamp=encode_time(signature.time),
                signature=signature.signature,
            )
            for signature in commit.signatures
        ],
    )


def decode_validator_set(message: pb.ValidatorSet) -> ValidatorSet:
    """A set of one validator or more, in the order given: its hash is over that order.

    Raises:
        Refusal: MALFORMED_LIGHT_BLOCK; TOO_LARGE for more than `MAX_VALIDATORS`.
    """
    check_count(len(message.validators))
    validators = tuple(decode_validator(validator) for validator in message.validators)
    if not validators:
        raise malformed("a set of validators", "an empty one")
    if len({validator.address for validator in validators}) != len(validators):
        raise malformed("a set of different validators", "one of them twice")
    total = sum(validator.voting_power for validator in validators)
    if total > MAX_TOTAL_POWER:
        raise malformed(f"a total power of at most {MAX_TOTAL_POWER}", str(total))
    return ValidatorSet(validators)


def encode_validator_set(validators: ValidatorSet) -> pb.ValidatorSet:
    """The protobuf of `validators`, without proposer and priorities."""
    return pb.ValidatorSet(
        validators=[
            pb.Validator(
                address=validator.address,
                pub_key=encode_key(validator.key),
                voting_power=validator.voting_power,
            )
            for validator in validators.validators
        ]
    )
