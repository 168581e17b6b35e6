"""The queries of the chain's modules: their functions under the paths of their services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cosmpy.protos.cosmos.auth.v1beta1 import query_pb2 as auth_pb
from cosmpy.protos.cosmos.bank.v1beta1 import query_pb2 as bank_pb
from cosmpy.protos.cosmos.consensus.v1 import query_pb2 as consensus_pb
from cosmpy.protos.cosmos.staking.v1beta1 import query_pb2 as staking_pb

from chain_module.auth import queries as auth
from chain_module.bank import queries as bank
from chain_module.consensus import queries as consensus
from chain_module.registration import proven
from node.services.queries import Query, state_queries
from seedpact.registration.v1 import query_pb2 as registration_pb

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

CONSENSUS: Final[Mapping[str, Query]] = {
    **state_queries(
        consensus_pb.DESCRIPTOR.services_by_name["Query"], {"Params": consensus.params}
    ),
    **state_queries(
        staking_pb.DESCRIPTOR.services_by_name["Query"],
        {"Validators": consensus.validators, "Validator": consensus.validator},
    ),
}

REGISTRATION: Final[Mapping[str, Query]] = state_queries(
    registration_pb.DESCRIPTOR.services_by_name["Query"],
    {
        "Node": proven.node,
        "Nodes": proven.nodes,
        "NetworkKeys": proven.network_keys,
        "Params": proven.params,
        "Policy": proven.policy,
        "Freshness": proven.freshness,
    },
)
