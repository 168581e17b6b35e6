"""Hashes over validators and parameters, as CometBFT 0.38 has them (protocol.md section 4).

The validator set's is in its headers (types/validator_set.go, Hash): the Merkle root of each
validator's `SimpleValidator`, in the set's own order. That of the parameters is ours: SHA-256 of
the whole protobuf, where CometBFT's ConsensusHash covers two fields of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final

from cosmpy.protos.tendermint.crypto.keys_pb2 import PublicKey
from cosmpy.protos.tendermint.types.params_pb2 import ConsensusParams as ConsensusParamsMessage
from cosmpy.protos.tendermint.types.validator_pb2 import SimpleValidator

from chain_module.abci.common import ConsensusParams, ValidatorUpdate
from chain_module.wire import encode
from enclave.merkle import simple_tree
from enclave.time import NANOSECONDS

VALIDATOR_ADDRESS_BYTES: Final = 20


def validators_hash(validators: Iterable[ValidatorUpdate]) -> bytes:
    """32 bytes, whatever the order of the argument."""
    return simple_tree.root([_simple_validator(entry) for entry in in_order(validators)])


def in_order(validators: Iterable[ValidatorUpdate]) -> tuple[ValidatorUpdate, ...]:
    """As a validator set has them: by power, the largest first, then by address."""
    return tuple(sorted(validators, key=lambda one: (-one.power, validator_address(one))))


def validator_address(validator: ValidatorUpdate) -> bytes:
    """20 bytes, of an Ed25519 key (crypto/ed25519): the only keys that this chain takes."""
    return hashlib.sha256(validator.public_key).digest()[:VALIDATOR_ADDRESS_BYTES]


def consensus_params_hash(params: ConsensusParams) -> bytes:
    """32 bytes."""
    return hashlib.sha256(encode_params(params)).digest()


def encode_params(params: ConsensusParams) -> bytes:
    """`tendermint.types.ConsensusParams`, deterministic; a part that is None is left out."""
    message = ConsensusParamsMessage()
    if params.block is not None:
        message.block.SetInParent()
        message.block.max_bytes = params.block.max_bytes
        message.block.max_gas = params.block.max_gas
    if params.evidence is not None:
        seconds, nanos = divmod(params.evidence.max_age_duration_ns, NANOSECONDS)
        message.evidence.SetInParent()
        message.evidence.max_age_num_blocks = params.evidence.max_age_num_blocks
        # CometBFT's ToProto always writes the duration, which it does not let be null.
        message.evidence.max_age_duration.SetInParent()
        message.evidence.max_age_duration.seconds = seconds
        message.evidence.max_age_duration.nanos = nanos
        message.evidence.max_bytes = params.evidence.max_bytes
    if params.pub_key_types is not None:
        message.validator.SetInParent()
        message.validator.pub_key_types.extend(params.pub_key_types)
    if params.app_version is not None:
        message.version.SetInParent()
        message.version.app = params.app_version
    if params.vote_extensions_enable_height is not None:
        message.abci.SetInParent()
        message.abci.vote_extensions_enable_height = params.vote_extensions_enable_height
    return encode(message)


def _simple_validator(validator: ValidatorUpdate) -> bytes:
    key = PublicKey(**{validator.key_type.value: validator.public_key})
    return encode(SimpleValidator(pub_key=key, voting_power=validator.power))
