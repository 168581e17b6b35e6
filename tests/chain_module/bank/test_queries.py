"""Balances and supply as clients ask for them, page by page."""

from __future__ import annotations

from typing import Final

import pytest
from cosmpy.protos.cosmos.bank.v1beta1 import query_pb2 as pb
from cosmpy.protos.cosmos.base.query.v1beta1.pagination_pb2 import PageRequest
from hypothesis import given
from hypothesis import strategies as st

from chain_module.bank import queries
from chain_module.errors import Reasons, SdkReason
from chain_module.pagination import DEFAULT_PAGE, MAX_OFFSET, MAX_PAGE, page_of
from chain_module.store.branch import Branch
from chain_module.store.state import CommittedState
from chain_module.store.version import no_version
from tests.support.cosmpy_wallets import ALICE, BOB, FUNDS, coins, funded_state
from tests.support.refusals import tx_refused

HELD: Final = {f"coin{number:03}": number + 1 for number in range(230)}


def test_a_balance() -> None:
    state = funded_state()
    request = pb.QueryBalanceRequest(address=ALICE.text, denom="useed")
    assert queries.balance(state, request).balance == coins(FUNDS)[0]
    request.denom = "atom"
    assert queries.balance(state, request).balance == coins({"atom": 0})[0]


@pytest.mark.parametrize(
    ("address", "denom", "reason"),
    [
        ("", "useed", SdkReason.INVALID_ADDRESS),
        ("cosmos1", "useed", SdkReason.INVALID_ADDRESS),
        (ALICE.text, "", SdkReason.INVALID_COINS),
        (ALICE.text, "u\0", SdkReason.INVALID_COINS),
    ],
)
def test_a_bad_request_is_refused(address: str, denom: str, reason: Reasons) -> None:
    with tx_refused(reason):
        queries.balance(funded_state(), pb.QueryBalanceRequest(address=address, denom=denom))


def test_all_balances_by_default() -> None:
    state = funded_state(ALICE, funds=HELD)
    found = queries.all_balances(state, pb.QueryAllBalancesRequest(address=ALICE.text))
    assert list(found.balances) == coins(HELD)[:DEFAULT_PAGE]
    assert found.pagination.next_key == b"coin100"
    assert found.pagination.total == len(HELD)
    spendable = queries.spendable_balances(
        state, pb.QuerySpendableBalancesRequest(address=ALICE.text)
    )
    assert spendable.balances == found.balances


def test_one_does_not_see_anothers_balances() -> None:
    state = funded_state(ALICE, BOB, funds={"atom": 1})
    found = queries.all_balances(state, pb.QueryAllBalancesRequest(address=ALICE.text))
    assert list(found.balances) == coins({"atom": 1})
    stranger = pb.QueryAllBalancesRequest(address="seed1qurswpc8qurswpc8qurswpc8qurswpc89sgmgv")
    assert not queries.all_balances(state, stranger).balances


def test_the_supply() -> None:
    state = funded_state(ALICE, BOB, funds={"atom": 2, "useed": 3})
    found = queries.total_supply(state, pb.QueryTotalSupplyRequest())
    assert list(found.supply) == coins({"atom": 4, "useed": 6})
    one = queries.supply_of(state, pb.QuerySupplyOfRequest(denom="useed"))
    assert one.amount == coins(6)[0]
    assert queries.params(state, pb.QueryParamsRequest()).params.default_send_enabled


def listed(names: list[bytes]) -> Branch:
    state = CommittedState(no_version(("bank",))).branch()
    for name in names:
        state.store("bank").set(b"\x09" + name, b"v" + name)
    # Neighbours that belong to no page.
    state.store("bank").set(b"\x08\xff", b"before")
    state.store("bank").set(b"\x0a", b"after")
    return state


names = st.lists(st.binary(min_size=1, max_size=3), unique=True, max_size=12)


@given(names, st.integers(1, 5), st.booleans())
def test_pages_are_the_list(found: list[bytes], limit: int, reverse: bool) -> None:  # noqa: FBT001 (drawn)
    store = listed(found).store("bank")
    wanted = sorted(found, reverse=reverse)
    seen: list[bytes] = []
    key = b""
    for _ in range(len(found) + 1):
        entries, page = page_of(store, b"\x09", PageRequest(key=key, limit=limit, reverse=reverse))
        assert [value for _, value in entries] == [b"v" + name for name, _ in entries]
        seen += [name for name, _ in entries]
        key = page.next_key
        if not key:
            break
    assert seen == wanted


@given(names, st.integers(0, 14), st.integers(1, 5), st.booleans())
def test_an_offset_skips(found: list[bytes], offset: int, limit: int, count: bool) -> None:  # noqa: FBT001 (drawn)
    request = PageRequest(offset=offset, limit=limit, count_total=count)
    entries, page = page_of(listed(found).store("bank"), b"\x09", request)
    wanted = sorted(found)
    assert [name for name, _ in entries] == wanted[offset : offset + limit]
    assert page.next_key == b"".join(wanted[offset + limit : offset + limit + 1])
    assert page.total == (len(found) if count else 0)


@pytest.mark.parametrize(
    "request_", [PageRequest(key=b"k", offset=1), PageRequest(offset=MAX_OFFSET + 1)]
)
def test_a_bad_page_is_refused(request_: PageRequest) -> None:
    with tx_refused(SdkReason.INVALID_REQUEST):
        page_of(listed([]).store("bank"), b"\x09", request_)


def test_a_page_is_bounded() -> None:
    many = [number.to_bytes(2, "big") for number in range(MAX_PAGE + 5)]
    entries, page = page_of(listed(many).store("bank"), b"\x09", PageRequest(limit=2**64 - 1))
    assert len(entries) == MAX_PAGE
    assert page.next_key == many[MAX_PAGE]


def test_a_total_is_counted_so_far_and_no_further() -> None:
    many = [number.to_bytes(3, "big") for number in range(MAX_OFFSET + 3)]
    _, page = page_of(listed(many).store("bank"), b"\x09", PageRequest(limit=1, count_total=True))
    assert page.total == MAX_OFFSET
