"""Differential: the product's whole seed agreement and the second opinion's, on random inputs.

Two programs, two sets of libraries, one specification: every public value must be equal byte for
byte, from the network's inputs to the envelope and the older seeds.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enclave.attestation.report_data import bootstrap_report_data, register_report_data
from enclave.attestation.types import (
    Measurement,
    SgxMeasurement,
    TcbStatus,
    TdxMeasurement,
    Tee,
    tee_of,
)
from enclave.crypto.key_schedule import derive_io_keys, open_previous_seed, seal_previous_seed
from enclave.crypto.labels import Mode
from enclave.crypto.seed_envelope import node_id
from enclave.crypto.transcript import MAX_INTEGER
from enclave.errors import Code, Refusal
from enclave.registration.network import Floor, NetworkInputs, network_id, upgrade_statement
from seedpact.registration.v1 import types_pb2
from tests.enclave.crypto.agreements import (
    EPOCHS,
    MODES,
    SECRETS,
    Agreement,
    agreements,
    flips,
    seal,
)
from tests.second_opinion import agreement as second
from tests.second_opinion import network as second_network

INTEGERS = st.integers(0, MAX_INTEGER)
ASCII = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=50)

FLOORS = st.builds(
    Floor,
    mode=MODES,
    attestation_root=st.binary(min_size=1, max_size=64),
    upgrade_keys=st.lists(SECRETS, max_size=4).map(tuple),
    threshold=st.integers(0, 4),
    worst_tcb_status=st.sampled_from(TcbStatus),
)
NETWORKS = st.builds(
    NetworkInputs,
    chain_id=ASCII,
    genesis_time_unix_nanos=INTEGERS,
    initial_height=INTEGERS,
    genesis_validators_hash=SECRETS,
    consensus_params_hash=SECRETS,
    floor=FLOORS,
    app_state_hash=SECRETS,
)
UINT16 = st.integers(0, 0xFFFF)
RTMR = st.binary(min_size=48, max_size=48)
MEASUREMENTS: st.SearchStrategy[Measurement] = st.builds(
    SgxMeasurement, mr_enclave=SECRETS, mr_signer=SECRETS, isv_prod_id=UINT16, isv_svn=UINT16
) | st.builds(TdxMeasurement, mr_td=RTMR, rtmrs=st.tuples(RTMR, RTMR, RTMR, RTMR))


def test_hashed_numbers_are_those_of_the_protos() -> None:
    """Section 13: an enum in H is its number in types.proto."""
    assert {mode.name: second_network.MODE_NUMBER[mode.value] for mode in Mode} == {
        name.removeprefix("MODE_"): number for name, number in types_pb2.Mode.items() if number
    }
    assert {tee.name: tee.value for tee in Tee} == {
        name.removeprefix("TEE_KIND_"): number
        for name, number in types_pb2.TeeKind.items()
        if number
    }
    assert {status.name: status.value for status in TcbStatus} == {
        name.removeprefix("TCB_STATUS_"): number
        for name, number in types_pb2.TcbStatus.items()
        if number
    }


@given(NETWORKS)
def test_network_id(inputs: NetworkInputs) -> None:
    """Section 4."""
    floor = inputs.floor
    expected = second_network.network_id(
        second_network.NetworkInputs(
            chain_id=inputs.chain_id,
            genesis_time_unix_nanos=inputs.genesis_time_unix_nanos,
            initial_height=inputs.initial_height,
            genesis_validators_hash=inputs.genesis_validators_hash,
            consensus_params_hash=inputs.consensus_params_hash,
            floor=second_network.Floor(
                mode=floor.mode.value,
                attestation_root=floor.attestation_root,
                upgrade_keys=floor.upgrade_keys,
                threshold=floor.threshold,
                worst_tcb_status=int(floor.worst_tcb_status),
            ),
            app_state_hash=inputs.app_state_hash,
        )
    )
    assert network_id(inputs) == expected


@given(MODES, SECRETS, INTEGERS, MEASUREMENTS)
def test_upgrade_statement(
    mode: Mode, network: bytes, serial: int, measurement: Measurement
) -> None:
    """Section 4: what an upgrade key signs."""
    if isinstance(measurement, SgxMeasurement):
        encoded = second_network.sgx_measurement(
            measurement.mr_enclave,
            measurement.mr_signer,
            prod_id=measurement.isv_prod_id,
            svn=measurement.isv_svn,
        )
    else:
        encoded = second_network.tdx_measurement(measurement.mr_td, measurement.rtmrs)
    assert len(encoded) in {68, 240}
    expected = second_network.upgrade_statement(
        mode.value, network, serial=serial, tee_kind=int(tee_of(measurement)), measurement=encoded
    )
    made = upgrade_statement(mode, network=network, serial=serial, measurement=measurement)
    assert made == expected


@given(MODES, SECRETS, st.data())
def test_report_data(mode: Mode, network: bytes, data: st.DataObject) -> None:
    """Sections 5 and 9, all fields free."""
    draw = data.draw
    registration = second.Registration(
        operator=draw(st.binary(min_size=20, max_size=20)),
        exchange_key=draw(SECRETS),
        kem_ciphertext=draw(st.binary(min_size=1088, max_size=1088)),
        epoch=draw(INTEGERS),
        anchor_height=draw(INTEGERS),
        anchor_hash=draw(SECRETS),
        tls_key=draw(SECRETS),
    )
    made = register_report_data(
        mode,
        network_id=network,
        operator=registration.operator,
        exchange_key=registration.exchange_key,
        kem_ciphertext=registration.kem_ciphertext,
        epoch=registration.epoch,
        anchor_height=registration.anchor_height,
        anchor_hash=registration.anchor_hash,
        tls_key=registration.tls_key,
    )
    assert made == second.register_report_data(mode.value, network, registration)
    keys = (draw(SECRETS), draw(st.binary(min_size=1184, max_size=1184)))
    made = bootstrap_report_data(
        mode,
        network_id=network,
        exchange_key=registration.exchange_key,
        pk_io=keys[0],
        kem_io=keys[1],
        tls_key=registration.tls_key,
    )
    assert made == second.bootstrap_report_data(
        mode.value,
        network,
        exchange_key=registration.exchange_key,
        pk_io=keys[0],
        kem_io=keys[1],
        tls_key=registration.tls_key,
    )


@given(agreements())
def test_the_whole_envelope(agreement: Agreement) -> None:
    """Sections 3, 7 and 8.3: keys, node id, envelope; and each side opens the other's."""
    mode, network, epoch = agreement.mode.value, agreement.network_id, agreement.epoch
    sealed = seal(agreement)
    context = sealed.context
    assert sealed.keys.pk_io == second.pk_io(mode, network, epoch, agreement.seed)
    assert sealed.keys.kem_public == second.kem_io(mode, network, epoch, agreement.seed)
    assert node_id(agreement.mode, context.exchange_key) == second.node_id(
        mode, context.exchange_key
    )
    envelope = second.seal_envelope(
        mode,
        network,
        epoch,
        seed=agreement.seed,
        exchange_key=context.exchange_key,
        kem_ciphertext=context.kem_ciphertext,
        report_data=agreement.report_data,
    )
    assert envelope == sealed.envelope
    opened = second.open_envelope(
        mode,
        network,
        epoch,
        node_key=agreement.node_key,
        kem_secret=sealed.kem_secret,
        kem_ciphertext=context.kem_ciphertext,
        pk_io=context.pk_io,
        kem_io=context.kem_io,
        report_data=agreement.report_data,
        envelope=sealed.envelope,
    )
    assert opened == sealed.open() == agreement.seed


@given(agreements(), st.data())
def test_both_refuse_the_same_envelopes(agreement: Agreement, data: st.DataObject) -> None:
    """A changed envelope opens in neither program."""
    sealed = seal(agreement)
    context = sealed.context
    changed = data.draw(flips(sealed.envelope))
    with pytest.raises(ValueError):
        second.open_envelope(
            agreement.mode.value,
            agreement.network_id,
            agreement.epoch,
            node_key=agreement.node_key,
            kem_secret=sealed.kem_secret,
            kem_ciphertext=context.kem_ciphertext,
            pk_io=context.pk_io,
            kem_io=context.kem_io,
            report_data=agreement.report_data,
            envelope=changed,
        )
    with pytest.raises(Refusal) as refused:
        replace(sealed, envelope=changed).open()
    assert refused.value.code is Code.ENVELOPE_OPEN_FAILED


@given(MODES, SECRETS, EPOCHS, SECRETS, st.data())
def test_the_chain_of_older_seeds(
    mode: Mode, network: bytes, epoch: int, seed: bytes, data: st.DataObject
) -> None:
    """Section 3: sealed by one program, opened by the other."""
    before = data.draw(SECRETS)
    old = derive_io_keys(before, mode=mode, network_id=network, epoch=epoch)
    new = derive_io_keys(seed, mode=mode, network_id=network, epoch=epoch + 1)
    sealed = seal_previous_seed(seed, before, keys=new, previous_pk_io=old.pk_io)
    assert sealed == second.seal_prev_seed(
        mode.value, network, epoch + 1, seed=seed, seed_before=before
    )
    opened = second.open_prev_seed(
        mode.value, network, epoch + 1, seed=seed, sealed=sealed, pk_before=old.pk_io
    )
    assert opened == before
    assert opened == open_previous_seed(seed, sealed, keys=new, previous_pk_io=old.pk_io)
