"""The bootstrap in a genesis, its import into a state, and the export of a chain that has lived."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from functools import partial
from typing import Any, Final

import pytest

from chain_module.registration import freshness, keeper
from chain_module.registration.bootstrap import (
    check_bootstrapped,
    check_verified,
    evidence_of_founder,
    unsafe_settings,
)
from chain_module.registration.genesis import (
    export_genesis,
    import_genesis,
    read_genesis,
)
from chain_module.registration.identity import NetworkGenesis, read_network
from chain_module.registration.messages import MsgFreshness, MsgRevokeNode
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


# Import and export.


def imported(network: NetworkGenesis) -> Branch:
    branch = Branch(CommittedState(no_version(STORES), keep=1))
    import_genesis(branch, network.registration, check_bootstrapped(network))
    return branch


def test_init_chain_may_come_again(network: NetworkGenesis) -> None:
    assert imported(network).changes() == imported(network).changes()


def test_an_export_imports_to_the_same_records() -> None:
    """Of a chain that has lived: registered, expired, revoked, narrowed and widened."""
    chain = RegistrationChain(open_genesis(machines=TWO_MACHINES))
    chain.commit_until(8)
    registers = [chain.newcomer(f"node {n}", ALICE) for n in range(3)]
    for register in registers:
        chain.register(register)
    chain.execute(MsgRevokeNode(ALICE, registers[0].node_id(chain.block)))
    keeper.set_policy(chain.block, policy(serial=2, frozen=True))
    chain.commit()
    exported = json.loads(json.dumps(export_genesis(chain.block)))
    genesis = read_genesis(exported)
    branch = Branch(CommittedState(no_version(STORES), keep=1))
    import_genesis(branch, genesis, keeper.identity(chain.block))
    assert list(keeper.nodes(branch)) == list(keeper.nodes(chain.block))
    assert len(list(keeper.nodes(branch))) == 4
    assert list(keeper.machines(branch)) == list(TWO_MACHINES)
    for read in (keeper.newest_policy, keeper.params, keeper.network_keys, keeper.bootstrap):
        assert read(branch) == read(chain.block)
    for record in keeper.nodes(branch):
        live = keeper.live_nodes_on(branch, record.verdict.platform_id)
        assert live == keeper.live_nodes_on(chain.block, record.verdict.platform_id)
        assert keeper.due(branch, record.expires_at) == keeper.due(chain.block, record.expires_at)
    assert export_genesis(branch) == exported


def test_an_export_has_no_nonces() -> None:
    """They are of enclaves that run on this chain; each start makes a new one."""
    chain = RegistrationChain()
    before = export_genesis(chain.block)
    founder = chain.network.registration.nodes[0]
    chain.execute(MsgFreshness(founder.operator, founder.node_id, bytes(32)))
    assert freshness.newest(chain.block, founder.node_id) is not None
    assert export_genesis(chain.block) == before
    genesis = read_genesis(json.loads(json.dumps(before)))
    branch = Branch(CommittedState(no_version(STORES), keep=1))
    import_genesis(branch, genesis, keeper.identity(chain.block))
    assert freshness.newest(branch, founder.node_id) is None


def test_a_new_chain_from_an_export_is_another_network() -> None:
    chain = RegistrationChain()
    chain.commit_until(8)
    chain.register(chain.newcomer("newcomer", ALICE))
    genesis = read_genesis(json.loads(json.dumps(export_genesis(chain.block))))
    later = read_network(init_request(genesis, time_ns=1_900_000_000 * 10**9))
    assert later.network_id != chain.network.network_id
    assert code_of(lambda: check_bootstrapped(later)) == "genesis_record_mismatch"
