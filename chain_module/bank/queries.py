"""Query of cosmos.bank.v1beta1: balances and supply. All coins are spendable: none are locked."""

from __future__ import annotations

from cosmpy.protos.cosmos.bank.v1beta1 import bank_pb2, query_pb2
from cosmpy.protos.cosmos.base.v1beta1.coin_pb2 import Coin as ProtoCoin

from chain_module.address import from_text
from chain_module.bank import balances as keeper
from chain_module.bank.coins import require_denom
from chain_module.pagination import page_of
from chain_module.store.types import Entry, StateReader


def balance(
    state: StateReader, request: query_pb2.QueryBalanceRequest
) -> query_pb2.QueryBalanceResponse:
    """What an address holds of one coin. Raises TxRefusal INVALID_ADDRESS, INVALID_COINS."""
    return query_pb2.QueryBalanceResponse(balance=_held(state, request.address, request.denom))


def all_balances(
    state: StateReader, request: query_pb2.QueryAllBalancesRequest
) -> query_pb2.QueryAllBalancesResponse:
    """A page of what an address holds. Raises TxRefusal INVALID_ADDRESS, INVALID_REQUEST."""
    prefix = keeper.holder_prefix(from_text(request.address))
    entries, page = page_of(state.store(keeper.STORE), prefix, request.pagination)
    return query_pb2.QueryAllBalancesResponse(balances=map(_coin, entries), pagination=page)


def spendable_balances(
    state: StateReader, request: query_pb2.QuerySpendableBalancesRequest
) -> query_pb2.QuerySpendableBalancesResponse:
    """As `all_balances`."""
    prefix = keeper.holder_prefix(from_text(request.address))
    entries, page = page_of(state.store(keeper.STORE), prefix, request.pagination)
    return query_pb2.QuerySpendableBalancesResponse(balances=map(_coin, entries), pagination=page)


def total_supply(
    state: StateReader, request: query_pb2.QueryTotalSupplyRequest
) -> query_pb2.QueryTotalSupplyResponse:
    """A page of the supply of everything. Raises TxRefusal INVALID_REQUEST."""
    entries, page = page_of(state.store(keeper.STORE), keeper.SUPPLY_PREFIX, request.pagination)
    return query_pb2.QueryTotalSupplyResponse(supply=map(_coin, entries), pagination=page)


def supply_of(
    state: StateReader, request: query_pb2.QuerySupplyOfRequest
) -> query_pb2.QuerySupplyOfResponse:
    """The supply of one denomination. Raises TxRefusal INVALID_COINS."""
    amount = keeper.supply(state, require_denom(request.denom))
    return query_pb2.QuerySupplyOfResponse(
        amount=ProtoCoin(denom=request.denom, amount=str(amount))
    )


def params(
    _state: StateReader, _request: query_pb2.QueryParamsRequest
) -> query_pb2.QueryParamsResponse:
    """The module's parameters: constants of this chain."""
    return query_pb2.QueryParamsResponse(params=bank_pb2.Params(default_send_enabled=True))


def _held(state: StateReader, address: str, denom: str) -> ProtoCoin:
    amount = keeper.balance(state, from_text(address), require_denom(denom))
    return ProtoCoin(denom=denom, amount=str(amount))


def _coin(entry: Entry) -> ProtoCoin:
    denom, amount = entry
    return ProtoCoin(denom=denom.decode(), amount=amount.decode())
