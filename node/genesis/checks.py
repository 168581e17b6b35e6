"""What `genesis validate` and `genesis bootstrap` find out about a genesis, rule by rule.

InitChain applies the state's rules; that the bootstrap quote is genuine at genesis time is judged
here, and by `start` before the first block (protocol.md section 9).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, cast

from chain_module import gas
from chain_module.address import to_text
from chain_module.app.modules import STORES
from chain_module.auth import genesis as auth
from chain_module.auth.accounts import accounts, get_account
from chain_module.bank import genesis as bank
from chain_module.bank.balances import balance, supplies
from chain_module.bank.coins import DENOM, coins_text
from chain_module.genesis_document import parse_genesis_document
from chain_module.genesis_form import BadGenesis, read_object
from chain_module.registration.app_state import MODULE
from chain_module.registration.bootstrap import (
    check_bootstrapped,
    check_verified,
    founders_report_data,
    unsafe_settings,
)
from chain_module.registration.genesis import GenesisNetwork
from chain_module.registration.identity import NetworkGenesis
from chain_module.store.branch import Branch
from chain_module.store.state import CommittedState
from chain_module.store.types import StateReader
from chain_module.store.version import no_version
from enclave.attestation.collateral import Collateral
from enclave.attestation.policy import Policy
from enclave.attestation.report_data import check_report_data
from enclave.attestation.types import VerifiedReport
from enclave.attestation.verifier import verify_quote
from enclave.errors import Code, Refusal
from node.config import Home
from node.config.initialize import engine_has_run
from node.config.node_config import DEFAULT_GAS_PRICE
from node.genesis.document import GenesisFile, of_bad
from node.genesis.failures import GenesisCode, GenesisFailure
from node.genesis.times import format_time

PARTS: Final = ("auth", "bank")
"""Of app_state, besides this protocol's own."""
FEES_AHEAD: Final = 10
"""How many registers the bootstrap node's operator can at least pay: renewals and freshness."""


@dataclass(frozen=True, slots=True)
class Check:
    """One rule that holds."""

    name: str
    found: str


def validate(genesis: GenesisFile, *, draft: bool = False) -> Iterator[Check]:
    """Judges a genesis, rule by rule.

    Args:
        genesis: the file.
        draft: before its bootstrap.

    Yields:
        Each rule that holds, as it is found out.

    Raises:
        GenesisFailure, Refusal: the first rule that does not.
    """
    network = read_network(genesis)
    inputs = network.inputs
    yield Check("form", f"chain id {inputs.chain_id}, network {network.network_id.hex()}")
    powers = [validator.power for validator in network.validators]
    yield Check("validators", f"{len(powers)} with {sum(powers)} votes")
    state = check_state(network)
    supply = coins_text(supplies(state)) or "no coins"
    yield Check("state", f"{len(accounts(state))} accounts, the module's own too; {supply}")
    policy = _check_policy(network)
    yield Check("policy", f"{len(policy.measurements)} measurements may join")
    yield Check("unsafe", "; ".join(unsafe_settings(network)) or "nothing")
    if draft:
        genesis.require_open()
        return
    yield from _validate_bootstrap(network)


def read_network(genesis: GenesisFile) -> NetworkGenesis:
    """The network that the file makes. Raises GenesisFailure, with the code of the rule."""
    try:
        return parse_genesis_document(genesis.encode()).network
    except BadGenesis as bad:
        raise of_bad(bad) from None


def check_state(network: NetworkGenesis) -> StateReader:
    """Accounts and balances as InitChain would have them.

    Raises:
        GenesisFailure: a rule of theirs does not hold.
    """
    state = Branch(CommittedState(no_version(STORES)))
    try:
        read_object(network.app_state, "app_state", required=(MODULE,), optional=PARTS)
        auth.import_genesis(state, network.app_state.get("auth", {}))
        bank.import_genesis(state, network.app_state.get("bank", {}))
    except BadGenesis as bad:
        raise of_bad(bad) from None
    return state


def check_can_pay(network: NetworkGenesis, operator: bytes) -> int:
    """That the bootstrap node's operator has an account with enough for its fees; useed it has.

    Raises:
        GenesisFailure: GENESIS_NOT_READY, or as `check_state`.
    """
    state = check_state(network)
    register = gas.TX + network.registration.params.register_gas
    needed = FEES_AHEAD * int(register * DEFAULT_GAS_PRICE.amount)
    held = balance(state, operator, DENOM)
    if get_account(state, operator) is None or held < needed:
        raise GenesisFailure(
            GenesisCode.GENESIS_NOT_READY,
            expected=f"an account {to_text(operator)} with {needed}{DENOM} or more, for its fees",
            found=f"{held}{DENOM}",
        )
    return held


def check_first_start(home: Home) -> None:
    """What `start` judges before a node's first block: the genesis, and who made its seed.

    A node that has blocks is not asked again: a restart needs nothing but the home.

    Raises:
        ConfigFailure: the genesis cannot be read.
        GenesisFailure, Refusal: what is wrong with it.
    """
    if engine_has_run(home):
        return
    network = read_network(GenesisFile.load(home.genesis))
    check_state(network)
    check_verified(network, verify_founder(network, check_rules(network)))


def check_rules(network: NetworkGenesis) -> GenesisNetwork:
    """The state's rules of a bootstrap; what the first enclave published.

    Raises:
        GenesisFailure: a rule does not hold.
    """
    try:
        check_bootstrapped(network)
    except BadGenesis as bad:
        raise of_bad(bad) from None
    # check_bootstrapped has seen that it is there.
    return cast("GenesisNetwork", network.registration.network)


def verify_founder(network: NetworkGenesis, made: GenesisNetwork) -> VerifiedReport:
    """That a genuine enclave made these keys for this network, judged at genesis time.

    Raises:
        Refusal: what the verification says, or REPORT_DATA_MISMATCH.
        GenesisFailure: GENESIS_TIME_TOO_EARLY, where the collateral was issued after genesis time.
    """
    floor = network.registration.floor
    collateral = Collateral.parse(made.collateral)
    try:
        report = verify_quote(
            made.quote,
            collateral,
            root_der=floor.attestation_root,
            now=network.genesis_time.seconds,
        )
    except Refusal as refusal:
        if refusal.code not in _TOO_EARLY:
            raise
        raise GenesisFailure(
            GenesisCode.GENESIS_TIME_TOO_EARLY,
            expected=f"a genesis time after the collateral's issue dates: {refusal.expected}",
            found=format_time(network.inputs.genesis_time_unix_nanos),
        ) from None
    check_report_data(report.report_data, expected=founders_report_data(network, made))
    return report


_TOO_EARLY: Final = (Code.COLLATERAL_NOT_YET_VALID, Code.CERTIFICATE_NOT_YET_VALID)


def _check_policy(network: NetworkGenesis) -> Policy:
    """That it admits somebody, and nobody whom the floor refuses."""
    policy, floor = network.registration.policy, network.registration.floor
    if not policy.measurements or not policy.tcb_statuses:
        raise GenesisFailure(
            GenesisCode.GENESIS_NOT_READY,
            expected="a policy with measurements and TCB statuses: an empty one admits nobody",
            found=f"{len(policy.measurements)} and {len(policy.tcb_statuses)}",
        )
    for status in policy.tcb_statuses:
        if status > floor.worst_tcb_status:
            raise Refusal(
                Code.BELOW_FLOOR,
                expected=f"a policy within the floor: {floor.worst_tcb_status.text} or better",
                found=status.text,
            )
    return policy


def _validate_bootstrap(network: NetworkGenesis) -> Iterator[Check]:
    made = check_rules(network)
    record = network.registration.nodes[0]
    yield Check("bootstrap", f"node {record.node_id.hex()}")
    report = verify_founder(network, made)
    check_verified(network, report)
    code = report.measurement.encoded.hex()
    yield Check("evidence", f"genuine at genesis time, {report.tcb_status.text}, code {code}")
    held = check_can_pay(network, record.operator)
    yield Check("operator", f"{to_text(record.operator)} holds {held}{DENOM}")
