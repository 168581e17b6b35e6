"""Attack 48: unsafe and development settings in a production genesis.

[the node refuses to start; whoever reads the genesis is told]. A genesis is of one mode as a whole:
hardware under Intel's root, or software under the development root of its own name. What is
between, and what would open the floor, makes no chain.
"""

from __future__ import annotations

import dataclasses
import json
from typing import Any, Final

import pytest

from chain_module.abci.common import BlockParams
from chain_module.genesis_form import BadGenesis
from chain_module.registration.bootstrap import check_bootstrapped, unsafe_settings
from chain_module.registration.identity import read_network
from enclave.attestation.development_root import development_root_der
from enclave.attestation.intel import INTEL_SGX_ROOT_CA_DER
from enclave.attestation.types import TcbStatus
from enclave.crypto.labels import Mode
from tests.support.enclaves import CHAIN_ID, Node, inputs, policy
from tests.support.registration_chain import (
    CONSENSUS_PARAMS,
    bootstrap,
    init_request,
    open_genesis,
    params,
)

HARDWARE: Final[dict[str, Any]] = {"mode": Mode.HARDWARE, "attestation_root": INTEL_SGX_ROOT_CA_DER}


def refused(**floor: Any) -> str:
    request = init_request(open_genesis(floor=inputs(**floor).floor))
    with pytest.raises(BadGenesis) as caught:
        read_network(request)
    return caught.value.code


def test_48_a_development_root_under_a_hardware_floor_makes_no_chain() -> None:
    for root in (development_root_der(CHAIN_ID), development_root_der("any other")):
        assert refused(mode=Mode.HARDWARE, attestation_root=root) == "wrong_root"


def test_48_nor_intels_root_or_a_foreign_one_under_a_software_floor() -> None:
    for root in (INTEL_SGX_ROOT_CA_DER, development_root_der("any other")):
        assert refused(attestation_root=root) == "wrong_root"


def test_48_a_software_quote_bootstraps_no_hardware_chain() -> None:
    """A genesis that says hardware, with all the rest from a software enclave."""
    made = bootstrap(Node("founder"), open_genesis())
    registration = dataclasses.replace(made.registration, floor=inputs(**HARDWARE).floor)
    network = read_network(init_request(registration))
    with pytest.raises(BadGenesis) as caught:
        check_bootstrapped(network)
    assert caught.value.code == "genesis_record_mismatch"


@pytest.mark.parametrize("name", ["unsafe", "dev", "skip_verification", "debug"])
@pytest.mark.parametrize("place", ["registration", "floor", "policy", "params"])
def test_48_a_flag_that_nobody_defined_is_refused(name: str, place: str) -> None:
    request = init_request(open_genesis())
    state = json.loads(request.app_state)
    part = state["registration"]
    (part if place == "registration" else part[place])[name] = True
    with pytest.raises(BadGenesis) as caught:
        read_network(dataclasses.replace(request, app_state=json.dumps(state).encode()))
    assert caught.value.code == "bad_genesis"
    assert name in caught.value.where


def test_48_what_opens_the_floor_is_refused() -> None:
    assert refused(worst_tcb_status=TcbStatus.REVOKED) == "bad_floor"
    assert refused(threshold=1) == "bad_floor"
    small = dataclasses.replace(CONSENSUS_PARAMS, block=BlockParams(2**22 - 1, -1))
    with pytest.raises(BadGenesis) as caught:
        read_network(init_request(open_genesis(), consensus_params=small))
    assert caught.value.code == "genesis_consensus_params"


def test_48_whoever_reads_a_genesis_is_told_what_is_unsafe() -> None:
    software = read_network(init_request(open_genesis(policy_=policy(allow_smt=True))))
    told = " ".join(unsafe_settings(software))
    for word in ("software mode", "SMT"):
        assert word in told
    hardware = read_network(
        init_request(
            open_genesis(
                floor=inputs(**HARDWARE, worst_tcb_status=TcbStatus.SW_HARDENING_NEEDED).floor,
                policy_=policy(require_machine_list=True),
            )
        )
    )
    assert unsafe_settings(hardware) == ()
    loose = read_network(
        init_request(
            open_genesis(
                floor=inputs(**HARDWARE).floor,
                policy_=policy(
                    tcb_statuses=(TcbStatus.OUT_OF_DATE,),
                    minimum_evaluation_number=0,
                    allow_dynamic_platform=True,
                ),
                params_=params(authority=b""),
            )
        )
    )
    told = " ".join(unsafe_settings(loose))
    for word in ("OutOfDate", "dynamic platform", "machine list"):
        assert word in told
