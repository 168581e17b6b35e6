"""The bootstrap in a genesis, and its import into a state."""

from __future__ import annotations

import dataclasses
import hashlib
from functools import partial
from typing import Any, Final

import pytest

from chain_module.registration import keeper
from chain_module.registration.bootstrap import (
    check_bootstrapped,
    check_verified,
    evidence_of_founder,
    unsafe_settings,
)
from chain_module.registration.genesis import (
    import_genesis,
)
from chain_module.registration.identity import NetworkGenesis, read_network
from chain_module.store.branch import Branch
from chain_module.store.state import CommittedState
from chain_module.store.version import no_version
from enclave.attestation.collateral import Collateral
from enclave.attestation.types import TcbStatus
from enclave.crypto.labels import Mode
from enclave.errors import Refusal
from enclave.registration.records import NodeStatus
from enclave.registration.verification import verify_evidence
from enclave.time import Time
from tests.chain_module.registration.genesis_cases import ALICE, TWO_MACHINES, changed, code_of
from tests.support.enclaves import OTHER_CODE, Node, policy
from tests.support.registration_chain import (
    STORES,
    RegistrationChain,
    bootstrap,
    init_request,
    open_genesis,
)

OUT_OF_DATE: Final = ("a floor", "a policy")
"""Both are named."""


# The bootstrap.


def test_a_bootstrapped_genesis_is_taken(network: NetworkGenesis) -> None:
    identity = check_bootstrapped(network)
    assert identity.network_id == network.network_id
    assert identity.genesis_time == Time(1_800_000_000)
    assert identity.founder == network.registration.nodes[0].verdict.measurement


def test_without_a_bootstrap_there_is_no_chain() -> None:
    network = read_network(init_request(open_genesis()))
    assert code_of(lambda: check_bootstrapped(network)) == "genesis_not_bootstrapped"
    assert code_of(lambda: evidence_of_founder(network)) == "genesis_not_bootstrapped"


def test_there_is_one_record_and_it_is_the_founders(network: NetworkGenesis) -> None:
    (record,) = network.registration.nodes
    other = dataclasses.replace(record, node_id=bytes(32))
    for nodes in ((), (other,), (other, record)):
        spoilt = changed(network, nodes=nodes)
        assert code_of(partial(check_bootstrapped, spoilt)) == "genesis_record_mismatch"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("node_id", bytes(32)),
        ("exchange_key", (9).to_bytes(32, "little")),
        ("tls_key", bytes.fromhex("58" + "66" * 31)),
        ("epoch", 1),
        ("report_data", bytes(64)),
        ("envelope", b"\1" * 48),
        ("quote_hash", bytes(32)),
        ("register_tx_hash", b"\1" * 32),
        ("height", 2),
        ("time", Time(1)),
        ("expires_at", Time(2**40)),
        ("status", NodeStatus.EXPIRED),
    ],
)
def test_every_field_of_the_record_follows_from_the_network(
    network: NetworkGenesis, field: str, value: Any
) -> None:
    (record,) = network.registration.nodes
    spoilt = changed(network, nodes=(dataclasses.replace(record, **{field: value}),))
    assert code_of(lambda: check_bootstrapped(spoilt)) == "genesis_record_mismatch"


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("measurement", OTHER_CODE, "verdict_mismatch"),
        ("platform_id", bytes(32), "verdict_mismatch"),
        ("tcb_status", TcbStatus.OUT_OF_DATE, "tcb_status_not_allowed"),
        ("advisories", ("INTEL-SA-00615",), "advisory_not_allowed"),
    ],
)
def test_the_verdict_is_the_quotes_and_the_policys(
    network: NetworkGenesis, field: str, value: Any, code: str
) -> None:
    (record,) = network.registration.nodes
    verdict = dataclasses.replace(record.verdict, **{field: value})
    spoilt = changed(network, nodes=(dataclasses.replace(record, verdict=verdict),))
    assert code_of(lambda: check_bootstrapped(spoilt)) == code


def test_the_quote_binds_the_published_keys(network: NetworkGenesis) -> None:
    """Another pk_io, with a record that follows from it: the quote gives it away."""
    other = bootstrap(Node("another founder"), open_genesis(machines=TWO_MACHINES))
    mine, made = network.registration.network, other.registration.network
    assert mine is not None
    assert made is not None
    swapped = dataclasses.replace(mine, quote=made.quote)
    (record,) = network.registration.nodes
    digest = hashlib.sha256(made.quote).digest()
    platform = other.registration.nodes[0].verdict
    nodes = (dataclasses.replace(record, quote_hash=digest, verdict=platform),)
    spoilt = changed(network, network=swapped, nodes=nodes)
    assert code_of(lambda: check_bootstrapped(spoilt)) == "report_data_mismatch"


@pytest.mark.parametrize("change", [{"epoch": 1}, {"from_height": 2}], ids=str)
def test_the_keys_are_those_of_epoch_0_from_the_first_block(
    network: NetworkGenesis, change: dict[str, Any]
) -> None:
    made = network.registration.network
    assert made is not None
    keys = dataclasses.replace(made.keys, **change)
    spoilt = changed(network, network=dataclasses.replace(made, keys=keys))
    assert code_of(lambda: check_bootstrapped(spoilt)) == "genesis_record_mismatch"


def test_what_is_to_be_verified_is_verified_at_genesis_time(network: NetworkGenesis) -> None:
    evidence = evidence_of_founder(network)
    report = verify_evidence(
        evidence.quote,
        Collateral.parse(evidence.collateral),
        floor=evidence.floor,
        gate_time=evidence.gate_time,
    )
    check_verified(network, report)
    (record,) = network.registration.nodes
    lie = dataclasses.replace(record.verdict, tcb_status=TcbStatus.SW_HARDENING_NEEDED)
    spoilt = changed(network, nodes=(dataclasses.replace(record, verdict=lie),))
    with pytest.raises(Refusal):
        check_verified(spoilt, report)


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (TcbStatus.SW_HARDENING_NEEDED, ()),
        (TcbStatus.TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED, ()),
        (TcbStatus.OUT_OF_DATE, OUT_OF_DATE),
        (TcbStatus.OUT_OF_DATE_CONFIGURATION_NEEDED, OUT_OF_DATE),
    ],
    ids=lambda value: value.name if isinstance(value, TcbStatus) else len(value),
)
def test_a_network_for_real_use_takes_nothing_that_is_out_of_date(
    network: NetworkGenesis, status: TcbStatus, told: tuple[str, ...]
) -> None:
    """As one of several statuses of the policy, too; what is legal otherwise is not told."""
    floor = network.registration.floor
    found = unsafe_settings(
        changed(
            network,
            floor=dataclasses.replace(floor, mode=Mode.HARDWARE, worst_tcb_status=status),
            policy=policy(require_machine_list=True, tcb_statuses=(TcbStatus.UP_TO_DATE, status)),
        )
    )
    assert [text.partition(" that takes")[0] for text in found] == list(told)


# Import.


def imported(network: NetworkGenesis) -> Branch:
    branch = Branch(CommittedState(no_version(STORES), keep=1))
    import_genesis(branch, network.registration, check_bootstrapped(network))
    return branch


def test_init_chain_may_come_again(network: NetworkGenesis) -> None:
    assert imported(network).changes() == imported(network).changes()


def test_everything_of_a_genesis_is_in_the_state() -> None:
    network = RegistrationChain(open_genesis(machines=TWO_MACHINES)).network
    genesis, branch = network.registration, imported(network)
    assert genesis.network is not None
    assert list(keeper.nodes(branch)) == list(genesis.nodes)
    assert list(keeper.machines(branch)) == list(TWO_MACHINES)
    assert keeper.newest_policy(branch) == genesis.policy
    assert keeper.params(branch) == genesis.params
    assert keeper.network_keys(branch) == (genesis.network.keys,)
    for record in genesis.nodes:
        assert keeper.live_nodes_on(branch, record.verdict.platform_id) == (record.node_id,)
        assert keeper.due(branch, record.expires_at) == (record.node_id,)


def test_a_bootstrap_is_of_no_other_network(network: NetworkGenesis) -> None:
    """Nor is any state that has lived: a later genesis time alone makes another network."""
    later = read_network(init_request(network.registration, time_ns=1_900_000_000 * 10**9))
    assert later.network_id != network.network_id
    assert code_of(lambda: check_bootstrapped(later)) == "genesis_record_mismatch"


def test_the_records_of_newcomers_begin_no_chain() -> None:
    """They are on the chain on which they were confirmed: no genesis takes more than the one."""
    chain = RegistrationChain()
    chain.commit_until(8)
    chain.register(chain.newcomer("newcomer", ALICE))
    lived = dataclasses.replace(chain.network.registration, nodes=tuple(keeper.nodes(chain.block)))
    assert len(lived.nodes) == 2
    again = read_network(init_request(lived))
    assert again.network_id == chain.network.network_id
    assert code_of(lambda: check_bootstrapped(again)) == "genesis_record_mismatch"
