"""The laws of packing: every newcomer has its own collateral, and each travels once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from node.enclave_client import Registration, pack_newcomers
from seedpact.enclave.v1 import chain_pb2

COLLATERALS = st.sampled_from([b"", b"a", b"b", b"ab", b"\0"])
REGISTRATIONS = st.builds(
    Registration,
    operator=st.binary(max_size=3),
    exchange_key=st.binary(max_size=3),
    kem_ciphertext=st.binary(max_size=3),
    epoch=st.integers(0, 3),
    anchor_height=st.integers(0, 3),
    anchor_hash=st.binary(max_size=3),
    tls_key=st.binary(max_size=3),
    quote=st.binary(max_size=3),
    collateral=COLLATERALS,
)
CHAIN = chain_pb2.ChainProof(policy=chain_pb2.ProvenEntry(value=b"7"))


@given(st.lists(REGISTRATIONS, max_size=12))
def test_unpacking_gives_what_was_packed(registrations: list[Registration]) -> None:
    """For each i: newcomer i is registration i, and its index leads to its own collateral."""
    request = pack_newcomers(CHAIN, registrations)
    assert request.chain == CHAIN
    unpacked = [
        Registration(
            operator=newcomer.operator,
            exchange_key=newcomer.exchange_key,
            kem_ciphertext=newcomer.kem_ciphertext,
            epoch=newcomer.epoch,
            anchor_height=newcomer.anchor_height,
            anchor_hash=newcomer.anchor_hash,
            tls_key=newcomer.tls_key,
            quote=newcomer.quote,
            collateral=request.collaterals[newcomer.collateral_index],
        )
        for newcomer in request.newcomers
    ]
    assert unpacked == registrations


@given(st.lists(REGISTRATIONS, max_size=12))
def test_each_distinct_collateral_travels_once(registrations: list[Registration]) -> None:
    """The request has the distinct ones, in the order of their first use."""
    request = pack_newcomers(CHAIN, registrations)
    distinct = dict.fromkeys(entry.collateral for entry in registrations)
    assert list(request.collaterals) == list(distinct)
