"""The genesis: its JSON, and the identity that it makes."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain_module import gas
from chain_module.abci.common import BlockParams, KeyType, ValidatorUpdate
from chain_module.genesis_form import BadGenesis
from chain_module.registration.genesis import (
    Genesis,
    genesis_to_json,
    read_genesis,
)
from chain_module.registration.identity import NetworkGenesis, read_network
from enclave.attestation.development_root import development_root_der
from enclave.attestation.intel import INTEL_SGX_ROOT_CA_DER
from enclave.attestation.types import TcbStatus
from enclave.crypto.labels import Mode
from enclave.registration.network import network_id
from tests.chain_module.registration.genesis_cases import TWO_MACHINES, code_of
from tests.support.enclaves import CHAIN_ID, inputs, policy
from tests.support.registration_chain import (
    CONSENSUS_PARAMS,
    VALIDATOR,
    init_request,
    open_genesis,
    params,
)

# JSON.


def test_what_is_written_is_read(network: NetworkGenesis) -> None:
    written = genesis_to_json(network.registration)
    again = json.loads(json.dumps(written))
    assert read_genesis(again) == network.registration
    assert genesis_to_json(read_genesis(again)) == written


def test_names_and_numbers_are_those_of_protobufs_json(network: NetworkGenesis) -> None:
    written = cast("Any", genesis_to_json(network.registration))
    assert written["params"]["max_registers_per_block"] == 8
    assert written["params"]["register_gas"] == "3000000"
    assert written["floor"]["mode"] == "MODE_SOFTWARE"
    assert written["policy"]["tcb_statuses"] == ["TCB_STATUS_UP_TO_DATE"]
    assert written["nodes"][0]["status"] == "NODE_STATUS_CONFIRMED"


def test_a_field_that_is_left_out_has_its_default() -> None:
    written = cast("Any", genesis_to_json(open_genesis()))
    del written["policy"]["frozen"]
    del written["machines"]
    assert read_genesis(written) == open_genesis()


@pytest.mark.parametrize(
    "change",
    [
        lambda one: one.update(unknown=1),
        lambda one: one["policy"].update(unknown=1),
        lambda one: one["params"].update(registerGas=one["params"].pop("register_gas")),
        lambda one: one["params"].update(register_gas=3_000_000),
        lambda one: one["params"].update(max_registers_per_block="8"),
        lambda one: one["params"].update(max_registers_per_block=8.0),
        lambda one: one["params"].update(max_registers_per_block=0),
        lambda one: one["params"].update(max_registers_per_block=101),
        lambda one: one["params"].update(register_gas="0"),
        lambda one: one["params"].update(registration_period_secs="0"),
        lambda one: one["params"].update(anchor_window_blocks="0"),
        lambda one: one["params"].update(authority="seed1nobody"),
        lambda one: one["floor"].update(mode="MODE_UNSPECIFIED"),
        lambda one: one["floor"].update(mode=2),
        lambda one: one["floor"].update(attestation_root=one["floor"]["attestation_root"] + "="),
        lambda one: one["policy"].update(denied_fmspcs=["AAAA"]),
        lambda one: one["policy"].update(frozen="false"),
        lambda one: one.update(machines=one["machines"][::-1]),
        lambda one: one.update(machines=one["machines"] + one["machines"][-1:]),
        lambda one: one["machines"][0].update(note="x" * 129),
        lambda one: one["network"].update(quote=""),
        lambda one: one["network"].update(quote=base64_of(16_385)),
        lambda one: one["network"].update(collateral=""),
        lambda one: one["network"].update(collateral=base64_of(65_537)),
        lambda one: one["network"].update(exchange_key="AA=="),
        lambda one: one["nodes"][0].update(envelope=""),
        lambda one: one["policy"]["tcb_statuses"].append("TCB_STATUS_UNHEARD_OF"),
        lambda one: one.update(policy=None),
        lambda one: one.update(policy=[]),
        lambda one: one.update(machines={}),
        lambda one: one.update(machines=None),
    ],
)
def test_anything_else_is_refused(
    network: NetworkGenesis, change: Callable[[dict[str, Any]], Any]
) -> None:
    written = cast("Any", genesis_to_json(network.registration))
    change(written)
    assert code_of(lambda: read_genesis(written)) == "bad_genesis"


@pytest.mark.parametrize(
    "change",
    [
        lambda one: one["machines"][0].update(note="ä" * 128),
        lambda one: one["network"].update(quote=base64_of(16_384)),
        lambda one: one["network"].update(collateral=base64_of(65_536)),
    ],
    ids=["note", "quote", "collateral"],
)
def test_the_limits_themselves_are_allowed(
    network: NetworkGenesis, change: Callable[[dict[str, Any]], Any]
) -> None:
    written = cast("Any", genesis_to_json(network.registration))
    change(written)
    assert genesis_to_json(read_genesis(written)) == written


def base64_of(size: int) -> str:
    return base64.b64encode(bytes(size)).decode()


def test_a_list_in_the_place_of_an_object_is_named_at_its_place() -> None:
    """Of as many entries as the object has fields; protobuf's own parser takes it for an object."""
    written = cast("Any", genesis_to_json(open_genesis()))
    written["params"] = ["x"] * len(written["params"])
    with pytest.raises(BadGenesis) as caught:
        read_genesis(written)
    assert caught.value.where == "registration.params"


@pytest.mark.parametrize("value", [None, [], "text", 1])
def test_a_genesis_without_this_part_is_refused(value: Any) -> None:
    assert code_of(lambda: read_genesis(value)) == "bad_genesis"


# Identity.


def test_the_id_is_the_same_before_and_after_the_bootstrap(network: NetworkGenesis) -> None:
    before = read_network(init_request(open_genesis(machines=TWO_MACHINES)))
    assert before.network_id == network.network_id == network_id(network.inputs)
    assert before.registration.network is None
    assert network.registration.network is not None


@pytest.mark.parametrize(
    "change",
    [
        {"chain_id": "another-chain"},
        {"time_ns": 1_800_000_000 * 10**9 + 1},
        {"initial_height": 2},
        {"validators": (dataclasses.replace(VALIDATOR, power=11),)},
        {"consensus_params": dataclasses.replace(CONSENSUS_PARAMS, block=BlockParams(2**23, -1))},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_value_of_init_chain_counts(change: dict[str, Any]) -> None:
    chain_id = change.get("chain_id", CHAIN_ID)
    floor = inputs(chain_id).floor
    plain = read_network(init_request(open_genesis()))
    assert read_network(init_request(open_genesis(floor=floor), **change)).network_id != (
        plain.network_id
    )


@pytest.mark.parametrize(
    "genesis",
    [
        open_genesis(policy_=policy(frozen=True)),
        open_genesis(params_=params(register_gas=3_000_001)),
        open_genesis(machines=TWO_MACHINES),
        open_genesis(floor=inputs(worst_tcb_status=TcbStatus.UP_TO_DATE).floor),
    ],
)
def test_everything_but_network_and_nodes_counts(genesis: Genesis) -> None:
    plain = read_network(init_request(open_genesis()))
    assert read_network(init_request(genesis)).network_id != plain.network_id


def test_another_modules_part_counts() -> None:
    request = init_request(open_genesis())
    state = json.loads(request.app_state)
    state["bank"] = {"balances": []}
    other = dataclasses.replace(request, app_state=json.dumps(state).encode())
    assert read_network(other).network_id != read_network(request).network_id


# An unsafe genesis (attack case 48).


@pytest.mark.parametrize(
    ("floor", "code"),
    [
        ({"mode": Mode.HARDWARE}, "wrong_root"),
        ({"attestation_root": INTEL_SGX_ROOT_CA_DER}, "wrong_root"),
        (
            {"mode": Mode.HARDWARE, "attestation_root": development_root_der("another")},
            "wrong_root",
        ),
        ({"attestation_root": development_root_der("another")}, "wrong_root"),
        ({"attestation_root": b""}, "bad_floor"),
        ({"threshold": 1}, "bad_floor"),
        ({"worst_tcb_status": TcbStatus.REVOKED}, "bad_floor"),
    ],
)
def test_a_floor_that_its_mode_does_not_have_is_refused(floor: dict[str, Any], code: str) -> None:
    request = init_request(open_genesis(floor=inputs(**floor).floor))
    assert code_of(lambda: read_network(request)) == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"validators": ()}, "genesis_without_validators"),
        ({"validators": (VALIDATOR, VALIDATOR)}, "genesis_validator_twice"),
        (
            {"validators": (dataclasses.replace(VALIDATOR, power=0),)},
            "genesis_validator_power",
        ),
        (
            {"validators": (ValidatorUpdate(KeyType.SECP256K1, bytes(33), 1),)},
            "genesis_validator_key",
        ),
        ({"block": BlockParams(4 * 1024 * 1024 - 1, -1)}, "genesis_consensus_params"),
        ({"block": BlockParams(2**22, gas.TX + 3_000_000 - 1)}, "genesis_consensus_params"),
        ({"block": None}, "genesis_consensus_params"),
        ({"pub_key_types": ("ed25519", "secp256k1")}, "genesis_consensus_params"),
        ({"vote_extensions_enable_height": 5}, "genesis_consensus_params"),
        ({"evidence": None}, "genesis_consensus_params"),
        ({"chain_id": "x" * 51}, "bad_value"),
        ({"time_ns": 0}, "bad_value"),
        ({"initial_height": 0}, "bad_value"),
    ],
)
def test_init_chain_needs_validators_and_room_for_registers(
    change: dict[str, Any], code: str
) -> None:
    names = {field.name for field in dataclasses.fields(CONSENSUS_PARAMS)}
    request = {name: value for name, value in change.items() if name not in names}
    rest = {name: value for name, value in change.items() if name in names}
    request["consensus_params"] = dataclasses.replace(CONSENSUS_PARAMS, **rest)
    assert code_of(lambda: read_network(init_request(open_genesis(), **request))) == code


@pytest.mark.parametrize("max_gas", [gas.TX + 3_000_000, -1])
@pytest.mark.parametrize("max_bytes", [4 * 1024 * 1024, -1])
def test_four_mebibytes_and_a_registers_gas_or_no_limit_are_enough(
    max_bytes: int, max_gas: int
) -> None:
    block = BlockParams(max_bytes, max_gas)
    changed_params = dataclasses.replace(CONSENSUS_PARAMS, block=block)
    request = init_request(open_genesis(), consensus_params=changed_params)
    assert read_network(request).consensus_params == changed_params


SCALARS: Final = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=12)
    | st.sampled_from(["1", "AA=="])
)
ANYTHING: Final = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) of a JSON value."""
    found: list[tuple[Any, Any]] = []
    if isinstance(value, (dict, list)):
        for key in value if isinstance(value, dict) else range(len(value)):
            found += [(value, key), *places(value[key])]
    return found


@given(data=st.data())
def test_whatever_stands_in_a_genesis_it_is_read_or_refused(
    network: NetworkGenesis, data: st.DataObject
) -> None:
    """One value anywhere, replaced by anything: a genesis, or `BadGenesis`, and nothing else."""
    document = json.loads(json.dumps(genesis_to_json(network.registration)))
    container, key = data.draw(st.sampled_from(places(document)))
    container[key] = data.draw(ANYTHING)
    with suppress(BadGenesis):
        found = read_genesis(document)
        assert read_genesis(cast("Any", genesis_to_json(found))) == found
