"""What an enclave seals of the chain: strict, of one version, and never without its header."""

from __future__ import annotations

import dataclasses

import pytest

from enclave.errors import Code
from enclave.framework.sealed_values import FORK, QUOTE, TRUST, QuoteEntry, Trust
from enclave.light_client.fork import Fork
from enclave.time import Time
from seedpact.enclave.v1 import sealed_pb2 as pb
from tests.support.enclaves import CHAIN_ID, GENESIS_TIME
from tests.support.headers import HeaderChain
from tests.support.refusals import refused


@pytest.fixture
def chain() -> HeaderChain:
    made = HeaderChain(chain_id=CHAIN_ID)
    for height in range(1, 6):
        made.add(app_hash=bytes(32), time=Time(GENESIS_TIME + height))
    return made


def test_trust_comes_back_with_its_header(chain: HeaderChain) -> None:
    for trust in (
        Trust(1, b"", None),
        Trust(1, b"", chain.header(1)),
        Trust(3, chain.hash(3), chain.header(3)),
        Trust(3, chain.hash(3), chain.header(5)),
    ):
        assert TRUST.decode(TRUST.encode(trust)) == trust


def test_trust_without_a_header_is_only_that_of_the_genesis(chain: HeaderChain) -> None:
    for trust in (Trust(3, chain.hash(3), None), Trust(3, chain.hash(3), chain.header(2))):
        with refused(Code.SEALED_MALFORMED):
            TRUST.decode(TRUST.encode(trust))
    with refused(Code.SEALED_MALFORMED):
        TRUST.decode(pb.SealedTrust(root_height=1, root_hash=bytes(31)).SerializeToString())


def test_trust_of_the_form_before_is_refused() -> None:
    """Its third field was a height that nobody had verified."""
    with refused(Code.SEALED_MALFORMED):
        TRUST.decode(pb.SealedTrust(root_height=1).SerializeToString() + b"\x18\x07")


def test_a_quote_comes_back_with_and_without_its_way(chain: HeaderChain) -> None:
    entry = QuoteEntry(2, chain.hash(2), bytes(64), bytes(32))
    for kept in (entry, dataclasses.replace(entry, header=chain.header(4))):
        assert QUOTE.decode(QUOTE.encode(kept)) == kept


def test_a_fork_comes_back(chain: HeaderChain) -> None:
    fork = Fork(4, chain.hash(4), chain.hash(5))
    assert FORK.decode(FORK.encode(fork)) == fork
    with refused(Code.SEALED_MALFORMED):
        FORK.decode(FORK.encode(Fork(4, b"", chain.hash(5))))
