"""Accounts: their keys and records, and the addresses that follow from keys and names."""

from __future__ import annotations

from typing import Final

import pytest
from cosmpy.crypto.address import Address
from cosmpy.protos.cosmos.auth.v1beta1 import auth_pb2
from cosmpy.protos.cosmos.auth.v1beta1 import query_pb2 as pb
from cosmpy.protos.cosmos.base.query.v1beta1.pagination_pb2 import PageRequest
from cosmpy.protos.cosmos.crypto.secp256k1.keys_pb2 import PubKey
from hypothesis import given
from hypothesis import strategies as st

from chain_module import gas
from chain_module.address import to_text
from chain_module.auth import queries
from chain_module.auth.accounts import (
    FEE_COLLECTOR,
    NEXT_NUMBER_KEY,
    Account,
    accounts,
    address_of,
    ensure_account,
    get_account,
    next_number,
    put_account,
    put_next_number,
)
from chain_module.auth.genesis import BASE_ACCOUNT, MODULE_ACCOUNT, import_genesis
from chain_module.errors import Reasons, SdkReason
from chain_module.store.branch import Branch
from chain_module.store.state import CommittedState
from chain_module.store.version import no_version
from tests.support.cosmpy_wallets import ALICE, BOB, wallet
from tests.support.refusals import tx_refused

NEW: Final = b"\x07" * 20

some_accounts = st.builds(
    Account,
    st.binary(min_size=20, max_size=20),
    st.integers(0, 2**64 - 1),
    st.integers(0, 2**64 - 1),
    st.none() | st.binary(min_size=33, max_size=33),
)


def empty() -> Branch:
    return CommittedState(no_version(("auth",))).branch()


@given(st.integers(0, 1000))
def test_addresses_are_cosmpys(number: int) -> None:
    one = wallet(number)
    assert one.text == str(Address(one.key.public_key, prefix="seed"))


def test_the_fee_collector_is_that_of_every_cosmos_chain() -> None:
    found = Address("cosmos17xpfvakm2amg962yls6f84z3kell8c5lserqta")
    assert bytes(found) == FEE_COLLECTOR


@given(st.lists(some_accounts, unique_by=lambda account: account.address))
def test_records_are_read_back(found: list[Account]) -> None:
    state = empty()
    for account in found:
        put_account(state, account)
    for account in found:
        assert get_account(state, account.address) == account
    assert accounts(state) == tuple(sorted(found, key=lambda account: account.address))


def test_the_record_is_as_documented() -> None:
    state = empty()
    put_account(state, Account(NEW, 5, 6, ALICE.public_key))
    ensure_account(state, BOB.address)
    assert state.changes()["auth"] == {
        b"\x01" + NEW: (5).to_bytes(8, "big") + (6).to_bytes(8, "big") + ALICE.public_key,
        b"\x01" + BOB.address: bytes(16),
        b"\x02": (1).to_bytes(8, "big"),
    }


def test_numbers_are_given_once() -> None:
    state = empty()
    for address in (NEW, BOB.address, NEW):
        ensure_account(state, address)
    assert get_account(state, NEW) == Account(NEW, 0)
    assert get_account(state, BOB.address) == Account(BOB.address, 1)
    assert next_number(state) == 2


def test_genesis_leaves_a_key_for_ever() -> None:
    state = empty()
    import_genesis(state, {})
    assert NEXT_NUMBER_KEY in state.changes()["auth"]


def test_an_account_with_its_key() -> None:
    state = empty()
    put_account(state, Account(ALICE.address, 3, 8, ALICE.public_key))
    found = queries.account(state, pb.QueryAccountRequest(address=ALICE.text)).account
    assert found.type_url == BASE_ACCOUNT
    base = auth_pb2.BaseAccount.FromString(found.value)
    assert (base.address, base.account_number, base.sequence) == (ALICE.text, 3, 8)
    assert base.pub_key.type_url == "/cosmos.crypto.secp256k1.PubKey"
    assert PubKey.FromString(base.pub_key.value).key == ALICE.public_key
    # As cosmpy reads it.
    assert found.Is(auth_pb2.BaseAccount.DESCRIPTOR)


def test_an_account_without_a_key() -> None:
    state = empty()
    ensure_account(state, ALICE.address)
    found = queries.account(state, pb.QueryAccountRequest(address=ALICE.text)).account
    assert not auth_pb2.BaseAccount.FromString(found.value).HasField("pub_key")


def test_a_modules_account() -> None:
    state = empty()
    import_genesis(state, {})
    request = pb.QueryAccountRequest(address=to_text(FEE_COLLECTOR))
    found = queries.account(state, request).account
    assert found.type_url == MODULE_ACCOUNT
    module = auth_pb2.ModuleAccount.FromString(found.value)
    assert (module.name, module.base_account.address) == ("fee_collector", to_text(FEE_COLLECTOR))


@pytest.mark.parametrize(
    ("address", "reason"),
    [(BOB.text, SdkReason.NOT_FOUND), ("", SdkReason.INVALID_ADDRESS)],
)
def test_an_account_that_is_not_there(address: str, reason: Reasons) -> None:
    with tx_refused(reason):
        queries.account(empty(), pb.QueryAccountRequest(address=address))


def test_what_all_accounts_have_in_common() -> None:
    state = empty()
    import_genesis(state, {})
    request = pb.QueryAccountInfoRequest(address=to_text(FEE_COLLECTOR))
    info = queries.account_info(state, request).info
    assert (info.address, info.account_number) == (to_text(FEE_COLLECTOR), 0)


def test_accounts_page_by_page() -> None:
    state = empty()
    wallets = sorted((wallet(number) for number in range(5)), key=lambda one: one.address)
    for number, one in enumerate(wallets):
        put_account(state, Account(one.address, number))
    put_next_number(state, len(wallets))
    first = queries.accounts(state, pb.QueryAccountsRequest(pagination=PageRequest(limit=3)))
    key = first.pagination.next_key
    assert key == wallets[3].address
    rest = queries.accounts(state, pb.QueryAccountsRequest(pagination=PageRequest(key=key)))
    found = [*first.accounts, *rest.accounts]
    addresses = [auth_pb2.BaseAccount.FromString(one.value).address for one in found]
    assert addresses == [one.text for one in wallets]
    assert not rest.pagination.next_key


def test_parameters_are_the_constants() -> None:
    found = queries.params(empty(), pb.QueryParamsRequest()).params
    assert found.tx_size_cost_per_byte == gas.BODY_BYTE
    assert found.max_memo_characters == 256
    assert found.tx_sig_limit == 7


def test_the_cache_of_addresses_is_no_answer_for_another_key() -> None:
    assert address_of(ALICE.public_key) != address_of(BOB.public_key)
