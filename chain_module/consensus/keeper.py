"""The records of store "consensus", both there from genesis on and never changed.

Key "validators": tendermint.types.ValidatorSet, in the set's own order. Key "params":
tendermint.types.ConsensusParams.
"""

from __future__ import annotations

from typing import Final

from cosmpy.protos.tendermint.crypto.keys_pb2 import PublicKey
from cosmpy.protos.tendermint.types.params_pb2 import ConsensusParams as ConsensusParamsMessage
from cosmpy.protos.tendermint.types.validator_pb2 import Validator, ValidatorSet

from chain_module.abci.common import (
    BlockParams,
    ConsensusParams,
    EvidenceParams,
    KeyType,
    ValidatorUpdate,
)
from chain_module.consensus.hashes import encode_params, in_order, validator_address
from chain_module.store.types import StateReader, StateStore
from chain_module.wire import decode, encode
from enclave.time import NANOSECONDS

STORE: Final = "consensus"
VALIDATORS: Final = b"validators"
PARAMS: Final = b"params"


def write(
    state: StateStore, validators: tuple[ValidatorUpdate, ...], params: ConsensusParams
) -> None:
    """At InitChain."""
    entries = [
        Validator(
            address=validator_address(entry),
            pub_key=PublicKey(**{entry.key_type.value: entry.public_key}),
            voting_power=entry.power,
        )
        for entry in in_order(validators)
    ]
    state.store(STORE).set(VALIDATORS, encode(ValidatorSet(validators=entries)))
    state.store(STORE).set(PARAMS, encode_params(params))


def validators(state: StateReader) -> tuple[ValidatorUpdate, ...]:
    """The validators, in the set's own order."""
    message = decode(ValidatorSet, _required(state, VALIDATORS))
    return tuple(_validator(entry.pub_key, entry.voting_power) for entry in message.validators)


def params(state: StateReader) -> ConsensusParams:
    """The consensus parameters."""
    message = decode(ConsensusParamsMessage, _required(state, PARAMS))
    block, evidence = message.block, message.evidence
    return ConsensusParams(
        block=BlockParams(block.max_bytes, block.max_gas) if message.HasField("block") else None,
        evidence=EvidenceParams(
            max_age_num_blocks=evidence.max_age_num_blocks,
            max_age_duration_ns=evidence.max_age_duration.seconds * NANOSECONDS
            + evidence.max_age_duration.nanos,
            max_bytes=evidence.max_bytes,
        )
        if message.HasField("evidence")
        else None,
        pub_key_types=tuple(message.validator.pub_key_types)
        if message.HasField("validator")
        else None,
        app_version=message.version.app if message.HasField("version") else None,
        vote_extensions_enable_height=message.abci.vote_extensions_enable_height
        if message.HasField("abci")
        else None,
    )


def _validator(key: PublicKey, power: int) -> ValidatorUpdate:
    kind = KeyType(key.WhichOneof("sum"))
    return ValidatorUpdate(kind, getattr(key, kind.value), power)


def _required(state: StateReader, key: bytes) -> bytes:
    data = state.store(STORE).get(key)
    if data is None:
        raise LookupError(f"no {key.decode()} in a state that a genesis made")
    return data
