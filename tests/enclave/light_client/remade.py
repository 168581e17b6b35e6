"""The published bisection cases, made anew with the hashes and sign bytes of CometBFT.

They were hashed and signed by Tendermint 0.33, whose encoding (`amino`) no longer exists, with
headers of block protocol 0; their private keys were not published. What a case is about stays:
heights, times, sets and powers, who signed, which blocks differ. Each validator gets a key of
ours, and each header and vote is hashed and signed again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from enclave.light_client.codec import decode_validator_set
from enclave.light_client.hashes import validators_hash
from enclave.light_client.predicates import BLOCK_PROTOCOL
from enclave.light_client.types import BlockIdFlag, LightBlock, ValidatorSet
from tests.enclave.light_client.maker import Signer, signed_block, signer
from tests.enclave.light_client.maker import validator_set as set_of
from tests.enclave.light_client.published import Json, light_block, validator_set


def remade_chain(chain: Mapping[int, Json]) -> Mapping[int, LightBlock]:
    """A provider's blocks, made anew."""
    return {height: remade(block) for height, block in chain.items()}


def remade(published: Json) -> LightBlock:
    """One block, made anew."""
    old = light_block(published)
    announced = decode_validator_set(validator_set(published["next_validator_set"]))
    members = new_keys(old.validators)
    header = replace(
        old.header,
        block_protocol=BLOCK_PROTOCOL,
        validators_hash=validators_hash(set_of(members)),
        next_validators_hash=validators_hash(set_of(new_keys(announced))),
        proposer_address=members[0].validator.address,
        # Blocks that differ in what was hashed then differ still.
        data_hash=old.commit.block_id.hash,
    )
    return signed_block(
        header,
        members,
        absent=[
            member
            for member, signature in zip(members, old.commit.signatures, strict=True)
            if signature.flag is BlockIdFlag.ABSENT
        ],
        chain_id=header.chain_id,
        commit_round=old.commit.round,
    )


def new_keys(old: ValidatorSet) -> tuple[Signer, ...]:
    """A key of ours for each validator, with its power, in the published order."""
    return tuple(
        signer(validator.address.hex(), power=validator.voting_power)
        for validator in old.validators
    )
