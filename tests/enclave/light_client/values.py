"""Strategies for headers, commits and sets of any form that the codec lets in, true or not."""

from __future__ import annotations

from hypothesis import strategies as st

from enclave.light_client.codec import MAX_APP_HASH_BYTES, MAX_TOTAL_POWER
from enclave.light_client.form import ZERO_TIME
from enclave.light_client.types import (
    BlockId,
    BlockIdFlag,
    Commit,
    CommitSig,
    Header,
    KeyKind,
    ValidatorSet,
)
from enclave.time import Time
from tests.enclave.light_client.maker import ABSENT, signer, validator_set

MAX_INT64 = 2**63 - 1

hashes = st.one_of(st.just(b""), st.binary(min_size=32, max_size=32))
addresses = st.binary(min_size=20, max_size=20)
block_ids = st.builds(BlockId, hashes, st.integers(0, 2**32 - 1), hashes)
times = st.builds(
    Time,
    st.one_of(st.just(0), st.integers(ZERO_TIME.seconds, 253_402_300_799)),
    st.one_of(st.just(0), st.integers(0, 999_999_999)),
)
chain_ids = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def headers() -> st.SearchStrategy[Header]:
    """Any header."""
    return st.builds(
        Header,
        block_protocol=st.integers(0, 2**64 - 1),
        app_version=st.integers(0, 2**64 - 1),
        chain_id=chain_ids,
        height=st.integers(1, MAX_INT64),
        time=times,
        last_block_id=block_ids,
        last_commit_hash=hashes,
        data_hash=hashes,
        validators_hash=hashes,
        next_validators_hash=hashes,
        consensus_hash=hashes,
        app_hash=st.binary(max_size=MAX_APP_HASH_BYTES),
        last_results_hash=hashes,
        evidence_hash=hashes,
        proposer_address=addresses,
    )


def votes() -> st.SearchStrategy[CommitSig]:
    """Any place of a commit."""
    signed = st.builds(
        CommitSig,
        st.sampled_from([BlockIdFlag.COMMIT, BlockIdFlag.NIL]),
        addresses,
        times,
        st.binary(min_size=1, max_size=64),
    )
    return st.one_of(st.just(ABSENT), signed)


def commits() -> st.SearchStrategy[Commit]:
    """Any commit for a block."""
    return st.builds(
        Commit,
        height=st.integers(1, MAX_INT64),
        round=st.one_of(st.just(0), st.integers(0, 2**31 - 1)),
        block_id=block_ids.filter(lambda block_id: not block_id.is_zero),
        signatures=st.lists(votes(), min_size=1, max_size=6).map(tuple),
    )


def validator_sets() -> st.SearchStrategy[ValidatorSet]:
    """Any set of the kinds of keys, within the greatest total power."""
    members = st.builds(
        lambda number, power, kind: signer(number, power=power, kind=kind),
        st.integers(0, 8),
        st.integers(0, MAX_TOTAL_POWER // 8),
        st.sampled_from(KeyKind),
    )
    unique = st.lists(members, min_size=1, max_size=8, unique_by=lambda s: s.validator.address)
    return unique.map(validator_set)
