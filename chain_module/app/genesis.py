"""The first state, from InitChain's values (protocol.md section 4)."""

from __future__ import annotations

from typing import Final

from chain_module.abci.requests import InitChainRequest
from chain_module.app.modules import STORES
from chain_module.auth import genesis as auth
from chain_module.bank import genesis as bank
from chain_module.consensus import keeper as consensus
from chain_module.genesis_form import BadGenesis, read_object
from chain_module.registration import genesis as registration
from chain_module.registration.bootstrap import check_bootstrapped
from chain_module.registration.identity import read_network
from chain_module.store.types import StateStore

PARTS: Final = ("auth", "bank", "registration")
"""Of app_state. What store "consensus" keeps stands elsewhere in the genesis file."""


def init_chain(state: StateStore, request: InitChainRequest) -> None:
    """Writes the first state. State rules only: quotes were verified before (section 9).

    The engine calls this again after a crash before the first block: the same values on the same
    empty state give the same writes.

    Raises:
        BadGenesis: what is wrong with the genesis, and where.
    """
    network = read_network(request)
    read_object(network.app_state, "app_state", required=PARTS)
    auth.import_genesis(state, network.app_state["auth"])
    bank.import_genesis(state, network.app_state["bank"])
    consensus.write(state, network.validators, network.consensus_params)
    registration.import_genesis(state, network.registration, check_bootstrapped(network))
    for name in STORES:
        if next(iter(state.store(name).iterate()), None) is None:
            raise BadGenesis(name, expected="a key from genesis on", found="an empty store")
