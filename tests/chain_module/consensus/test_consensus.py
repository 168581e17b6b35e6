"""Validators and parameters: their records, and hashes that CometBFT itself agrees with."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

import pytest
from cosmpy.protos.tendermint.types.params_pb2 import ConsensusParams as ConsensusParamsMessage
from hypothesis import given
from hypothesis import strategies as st

from chain_module.abci.common import (
    BlockParams,
    ConsensusParams,
    EvidenceParams,
    KeyType,
    ValidatorUpdate,
)
from chain_module.consensus import keeper
from chain_module.consensus.hashes import (
    consensus_params_hash,
    encode_params,
    in_order,
    validator_address,
    validators_hash,
)
from chain_module.genesis_document import init_chain_request
from chain_module.store.branch import Branch
from chain_module.store.state import CommittedState
from chain_module.store.version import no_version
from tests.support.cometbft import KvNode

INT64: Final = st.integers(min_value=0, max_value=2**63 - 1)
VALIDATORS: Final = st.lists(
    st.builds(
        ValidatorUpdate,
        st.just(KeyType.ED25519),
        st.binary(min_size=32, max_size=32),
        st.integers(min_value=1, max_value=2**40),
    ),
    max_size=9,
    unique_by=lambda one: one.public_key,
)
PARAMS: Final = st.builds(
    ConsensusParams,
    block=st.none() | st.builds(BlockParams, INT64, st.integers(min_value=-1, max_value=2**40)),
    evidence=st.none() | st.builds(EvidenceParams, INT64, INT64, INT64),
    pub_key_types=st.none() | st.lists(st.text(max_size=9), max_size=2).map(tuple),
    app_version=st.none() | INT64,
    vote_extensions_enable_height=st.none() | INT64,
)


@given(validators=VALIDATORS, params=PARAMS)
def test_what_is_written_is_read(
    validators: list[ValidatorUpdate], params: ConsensusParams
) -> None:
    branch = Branch(CommittedState(no_version(("consensus",)), keep=1))
    if params == ConsensusParams():
        params = ConsensusParams(app_version=1)
    if not validators:
        validators = [ValidatorUpdate(KeyType.ED25519, bytes(32), 1)]
    keeper.write(branch, tuple(validators), params)
    assert keeper.validators(branch) == in_order(validators)
    assert keeper.params(branch) == params


@given(data=st.data())
def test_the_order_of_the_argument_does_not_count(data: st.DataObject) -> None:
    validators = data.draw(VALIDATORS)
    shuffled = data.draw(st.permutations(validators))
    assert validators_hash(shuffled) == validators_hash(validators)


def test_no_validators_hash_to_the_hash_of_nothing() -> None:
    assert validators_hash([]) == hashlib.sha256(b"").digest()


def test_by_power_then_by_address() -> None:
    weak = [ValidatorUpdate(KeyType.ED25519, bytes([n]) * 32, 1) for n in range(4)]
    strong = ValidatorUpdate(KeyType.ED25519, bytes([9]) * 32, 2)
    ordered = in_order([*weak, strong])
    assert ordered[0] == strong
    addresses = [validator_address(one) for one in ordered[1:]]
    assert addresses == sorted(addresses)


def test_every_part_is_written_even_where_its_fields_are_zero() -> None:
    """CometBFT's ToProto sets all five; a duration of zero is a field, too."""
    params = ConsensusParams(BlockParams(0, 0), EvidenceParams(0, 0, 0), (), 0, 0)
    assert encode_params(params).hex() == "0a00" + "12021200" + "1a00" + "2200" + "2a00"


@given(params=PARAMS)
def test_the_hash_is_that_of_one_encoding(params: ConsensusParams) -> None:
    encoded = encode_params(params)
    message = ConsensusParamsMessage.FromString(encoded)
    assert message.SerializeToString(deterministic=True) == encoded
    assert consensus_params_hash(params) == hashlib.sha256(encoded).digest()


def test_cometbft_has_the_same_hashes(engine: Path, tmp_path: Path) -> None:
    """A real genesis, and the header of its first block."""
    node = KvNode(tmp_path, engine)
    try:
        node.start()
        node.wait_for_height(1)
        header = node.call("block", height="1")["block"]["header"]
        document = (node.home / "config" / "genesis.json").read_bytes()
    finally:
        node.stop()
    request = init_chain_request(document)
    assert validators_hash(request.validators).hex().upper() == header["validators_hash"]
    address = validator_address(request.validators[0])
    assert address.hex().upper() == header["proposer_address"]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 8])
def test_the_tree_is_rfc_6962s(count: int) -> None:
    """Against a second, recursive definition."""
    validators = [ValidatorUpdate(KeyType.ED25519, bytes([n]) * 32, n + 1) for n in range(count)]
    leaves = [
        bytes.fromhex("0a220a20") + one.public_key + b"\x10" + bytes([one.power])
        for one in sorted(validators, key=lambda one: -one.power)
    ]

    def root(found: list[bytes]) -> bytes:
        if len(found) == 1:
            return hashlib.sha256(b"\0" + found[0]).digest()
        split = 1
        while split * 2 < len(found):
            split *= 2
        return hashlib.sha256(b"\1" + root(found[:split]) + root(found[split:])).digest()

    assert validators_hash(validators) == root(leaves)
