"""The queries of the chain's modules: their functions under the paths of their services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cosmpy.protos.cosmos.auth.v1beta1 import query_pb2 as auth_pb
from cosmpy.protos.cosmos.bank.v1beta1 import query_pb2 as bank_pb

from chain_module.auth import queries as auth
from chain_module.bank import queries as bank
from node.services.queries import Query, state_queries

AUTH: Final[Mapping[str, Query]] = state_queries(
    auth_pb.DESCRIPTOR.services_by_name["Query"],
    {
        "Account": auth.account,
        "AccountInfo": auth.account_info,
        "Accounts": auth.accounts,
        "Params": auth.params,
    },
)

BANK: Final[Mapping[str, Query]] = state_queries(
    bank_pb.DESCRIPTOR.services_by_name["Query"],
    {
        "Balance": bank.balance,
        "AllBalances": bank.all_balances,
        "SpendableBalances": bank.spendable_balances,
        "TotalSupply": bank.total_supply,
        "SupplyOf": bank.supply_of,
        "Params": bank.params,
    },
)
