"""From an engine's answers to a light block in protobuf; the bytes are those that CometBFT writes.

Everything that the answers hold and protobuf can is carried over as it is; what the enclave's
codec then refuses is its matter. Left out is what nobody hashes and CometBFT itself leaves out:
the total power.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from node.engine_rpc import (
    BlockId,
    Commit,
    EngineFailed,
    Header,
    SignedHeader,
    ValidatorInfo,
)
from node.engine_rpc.fields import NANOS
from seedpact.light.v1 import light_pb2

_KEY_FIELDS: Final = {
    "tendermint/PubKeyEd25519": "ed25519",
    "tendermint/PubKeySecp256k1": "secp256k1",
}
"""CometBFT's names of key types, and the fields of PublicKey."""


def to_light_block(
    signed: SignedHeader, validators: Sequence[ValidatorInfo]
) -> light_pb2.LightBlock:
    """A light block.

    Args:
        signed: the header with its commit.
        validators: of the same height, in the engine's order, which is the commit's.

    Raises:
        EngineFailed: a number, text or key that no light block holds.
    """
    try:
        return light_pb2.LightBlock(
            signed_header=light_pb2.SignedHeader(
                header=_header(signed.header), commit=_commit(signed.commit)
            ),
            validator_set=to_validator_set(
                validators, proposer_address=signed.header.proposer_address
            ),
        )
    # Protobuf's own: an integer out of its field's range, an unknown flag, text that is no UTF-8.
    except ValueError:
        height = signed.header.height
        raise EngineFailed(
            expected=f"a header, votes and validators of block {height} in CometBFT's ranges",
            found="a number or a flag that is out of its range, or text that is no Unicode",
        ) from None


def to_validator_set(
    validators: Sequence[ValidatorInfo], *, proposer_address: bytes
) -> light_pb2.ValidatorSet:
    """A validator set.

    Args:
        validators: in the engine's order.
        proposer_address: who is named as proposer; CometBFT's reader wants one, hashes do not.

    Raises:
        EngineFailed: a key of another type.
        ValueError: a number that its field cannot hold.
    """
    rows = [_validator(validator) for validator in validators]
    proposers = [row for row in rows if row.address == proposer_address]
    return light_pb2.ValidatorSet(validators=rows, proposer=proposers[0] if proposers else None)


def _header(header: Header) -> light_pb2.Header:
    return light_pb2.Header(
        version=light_pb2.Consensus(block=header.version_block, app=header.version_app),
        chain_id=header.chain_id,
        height=header.height,
        time=_time(header.time_ns),
        last_block_id=_block_id(header.last_block_id),
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


def _commit(commit: Commit) -> light_pb2.Commit:
    return light_pb2.Commit(
        height=commit.height,
        round=commit.round,
        block_id=_block_id(commit.block_id),
        signatures=[
            light_pb2.CommitSig(
                block_id_flag=light_pb2.BlockIDFlag.Name(vote.flag),
                validator_address=vote.validator_address,
                timestamp=_time(vote.time_ns),
                signature=vote.signature,
            )
            for vote in commit.signatures
        ],
    )


def _block_id(block_id: BlockId) -> light_pb2.BlockID:
    return light_pb2.BlockID(
        hash=block_id.hash,
        part_set_header=light_pb2.PartSetHeader(
            total=block_id.parts_total, hash=block_id.parts_hash
        ),
    )


def _validator(validator: ValidatorInfo) -> light_pb2.Validator:
    field = _KEY_FIELDS.get(validator.key_type)
    if field is None:
        raise EngineFailed(
            expected=f"a validator's key: {', '.join(_KEY_FIELDS)}", found=validator.key_type
        )
    key = light_pb2.PublicKey()
    setattr(key, field, validator.public_key)
    return light_pb2.Validator(
        address=validator.address,
        pub_key=key,
        voting_power=validator.power,
        proposer_priority=validator.proposer_priority,
    )


def _time(time_ns: int) -> Timestamp:
    """An absent vote's is year 1, as Go's zero time is: seconds before 1970 are negative."""
    seconds, nanos = divmod(time_ns, NANOS)
    return Timestamp(seconds=seconds, nanos=nanos)
