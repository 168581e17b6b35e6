"""Identity of a network and its floor (protocol.md section 4)."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from enclave.attestation.development_root import development_root_der
from enclave.attestation.intel import INTEL_SGX_ROOT_CA_DER
from enclave.attestation.policy import UpgradeApproval, UpgradeSignature
from enclave.attestation.types import Measurement, TcbStatus, TdxMeasurement
from enclave.crypto.labels import Mode
from enclave.errors import Code
from enclave.registration.network import (
    Floor,
    NetworkInputs,
    check_approvals,
    check_inputs,
    network_id,
    upgrade_statement,
)
from enclave.registration.network_codec import network_from_proto, network_to_proto
from enclave.software.blueprint import QuoteKind
from tests.support.enclaves import CODE, OTHER_CODE, Node, hardware_inputs, inputs, policy
from tests.support.refusals import refused
from tests.support.world import Ledger

KEYS = sorted(
    (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in range(1, 5)),
    key=lambda key: key.public_key().public_bytes_raw(),
)
PUBLIC = tuple(key.public_key().public_bytes_raw() for key in KEYS)


def with_floor(**changes: Any) -> NetworkInputs:
    return inputs(**changes)


class TestNetworkId:
    def test_every_field_counts(self) -> None:
        base = inputs()
        floor = base.floor
        variants = [
            base,
            dataclasses.replace(base, chain_id="another-1"),
            dataclasses.replace(base, genesis_time_unix_nanos=base.genesis_time_unix_nanos + 1),
            dataclasses.replace(base, initial_height=2),
            dataclasses.replace(base, genesis_validators_hash=bytes(32)),
            dataclasses.replace(base, consensus_params_hash=bytes(32)),
            dataclasses.replace(base, app_state_hash=bytes(32)),
            *(
                dataclasses.replace(base, floor=changed)
                for changed in (
                    dataclasses.replace(floor, mode=Mode.HARDWARE),
                    dataclasses.replace(floor, attestation_root=INTEL_SGX_ROOT_CA_DER),
                    dataclasses.replace(floor, upgrade_keys=PUBLIC[:1]),
                    dataclasses.replace(floor, upgrade_keys=PUBLIC[:2]),
                    dataclasses.replace(floor, threshold=1),
                    dataclasses.replace(floor, worst_tcb_status=TcbStatus.UP_TO_DATE),
                )
            ),
        ]
        assert len({network_id(variant) for variant in variants}) == len(variants)
        named = {field.name for field in dataclasses.fields(NetworkInputs)} | {
            field.name for field in dataclasses.fields(Floor)
        }
        assert len(variants) == len(named) + 1  # a floor of its own, one key or two: 13 + 1 fields

    def test_the_wire_carries_every_field(self) -> None:
        full = with_floor(upgrade_keys=PUBLIC, threshold=3)
        assert network_from_proto(network_to_proto(full)) == full

    @pytest.mark.parametrize("mode", [0, 3])
    def test_an_unknown_mode_on_the_wire_is_refused(self, mode: int) -> None:
        message = network_to_proto(inputs())
        message.floor.MergeFromString(bytes([8, mode]))
        assert message.floor.mode == mode
        with refused(Code.BAD_VALUE):
            network_from_proto(message)


class TestInputs:
    def test_good_inputs_of_both_modes_pass(self) -> None:
        check_inputs(inputs(), mode=Mode.SOFTWARE)
        check_inputs(hardware_inputs(), mode=Mode.HARDWARE)
        check_inputs(with_floor(upgrade_keys=PUBLIC, threshold=4), mode=Mode.SOFTWARE)

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"chain_id": ""}, Code.BAD_VALUE),
            ({"chain_id": "x" * 51}, Code.BAD_VALUE),
            ({"chain_id": "ümlaut-1"}, Code.BAD_VALUE),
            ({"chain_id": "line\nbreak"}, Code.BAD_VALUE),
            ({"genesis_time_unix_nanos": 0}, Code.BAD_VALUE),
            ({"genesis_time_unix_nanos": 2**64}, Code.BAD_VALUE),
            ({"initial_height": 0}, Code.BAD_VALUE),
            ({"initial_height": 2**63}, Code.BAD_VALUE),
            ({"genesis_validators_hash": bytes(31)}, Code.BAD_LENGTH),
            ({"consensus_params_hash": b""}, Code.BAD_LENGTH),
            ({"app_state_hash": bytes(33)}, Code.BAD_LENGTH),
        ],
    )
    def test_bad_inputs_are_refused(self, changes: dict[str, Any], code: Code) -> None:
        """Of hardware too, which makes no root of its chain_id and finds nothing wrong with it."""
        with refused(code):
            check_inputs(dataclasses.replace(inputs(), **changes), mode=Mode.SOFTWARE)
        with refused(code):
            check_inputs(dataclasses.replace(hardware_inputs(), **changes), mode=Mode.HARDWARE)

    @pytest.mark.parametrize(
        "changes",
        [
            {"chain_id": "x"},
            {"chain_id": "x" * 50},
            {"genesis_time_unix_nanos": 1},
            {"genesis_time_unix_nanos": 2**64 - 1},
            {"initial_height": 2**63 - 1},
        ],
    )
    def test_the_edges_are_good(self, changes: dict[str, Any]) -> None:
        check_inputs(dataclasses.replace(hardware_inputs(), **changes), mode=Mode.HARDWARE)

    def test_thirty_two_upgrade_keys_and_not_one_more(self) -> None:
        keys = [Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in range(33)]
        public = sorted(key.public_key().public_bytes_raw() for key in keys)
        floor: dict[str, Any] = {"upgrade_keys": tuple(public[:32]), "threshold": 32}
        check_inputs(with_floor(**floor), mode=Mode.SOFTWARE)
        with refused(Code.BAD_FLOOR):
            check_inputs(with_floor(**floor | {"upgrade_keys": tuple(public)}), mode=Mode.SOFTWARE)

    def test_a_root_of_the_greatest_size_is_only_the_wrong_one(self) -> None:
        with refused(Code.WRONG_ROOT):
            check_inputs(with_floor(attestation_root=bytes(4096)), mode=Mode.SOFTWARE)

    @pytest.mark.parametrize(
        ("floor", "code"),
        [
            ({"upgrade_keys": PUBLIC[::-1], "threshold": 1}, Code.BAD_FLOOR),
            ({"upgrade_keys": PUBLIC[:1] * 2, "threshold": 1}, Code.BAD_FLOOR),
            ({"upgrade_keys": (bytes(31),), "threshold": 1}, Code.BAD_FLOOR),
            ({"upgrade_keys": ((1).to_bytes(32, "little"),), "threshold": 1}, Code.BAD_FLOOR),
            ({"upgrade_keys": PUBLIC, "threshold": 0}, Code.BAD_FLOOR),
            ({"upgrade_keys": PUBLIC, "threshold": 5}, Code.BAD_FLOOR),
            ({"threshold": 1}, Code.BAD_FLOOR),
            ({"worst_tcb_status": TcbStatus.REVOKED}, Code.BAD_FLOOR),
            ({"attestation_root": b""}, Code.BAD_FLOOR),
            ({"attestation_root": bytes(4097)}, Code.BAD_FLOOR),
            ({"attestation_root": INTEL_SGX_ROOT_CA_DER}, Code.WRONG_ROOT),
            ({"attestation_root": development_root_der("another-1")}, Code.WRONG_ROOT),
            ({"mode": Mode.HARDWARE}, Code.WRONG_MODE),
        ],
    )
    def test_bad_floors_are_refused(self, floor: dict[str, Any], code: Code) -> None:
        with refused(code):
            check_inputs(with_floor(**floor), mode=Mode.SOFTWARE)

    def test_a_hardware_network_takes_intels_root_alone(self) -> None:
        """The development root's key is public: its fingerprint opens no hardware network."""
        base = hardware_inputs()
        root = development_root_der(base.chain_id)
        bad = dataclasses.replace(
            base, floor=dataclasses.replace(base.floor, attestation_root=root)
        )
        with refused(Code.WRONG_ROOT):
            check_inputs(bad, mode=Mode.HARDWARE)


def approval(
    measurement: Measurement, *signers: int, serial: int = 1, network: bytes | None = None
) -> UpgradeApproval:
    """Signed by the keys with these indices, for our network unless another is named."""
    statement = upgrade_statement(
        Mode.SOFTWARE,
        network=network or network_id(FLOORED),
        serial=serial,
        measurement=measurement,
    )
    return UpgradeApproval(
        serial=serial,
        measurement=measurement,
        signatures=tuple(UpgradeSignature(PUBLIC[n], KEYS[n].sign(statement)) for n in signers),
    )


FLOORED = with_floor(upgrade_keys=PUBLIC[:3], threshold=2)


def approved(*approvals: UpgradeApproval) -> frozenset[Measurement]:
    return check_approvals(approvals, floor=FLOORED.floor, network=network_id(FLOORED))


class TestUpgradeApprovals:
    @given(st.sets(st.integers(0, 3)))
    def test_exactly_t_of_the_floors_keys_approve(self, signers: set[int]) -> None:
        """The fourth key is no key of this floor."""
        expected = {OTHER_CODE} if len(signers - {3}) >= 2 else set()
        assert approved(approval(OTHER_CODE, *signers)) == expected

    def test_one_key_twice_counts_once(self) -> None:
        assert approved(approval(OTHER_CODE, 0, 0, 0)) == set()

    def test_a_signature_over_another_statement_does_not_count(self) -> None:
        good = approval(OTHER_CODE, 0, 1)
        assert approved(good) == {OTHER_CODE}
        assert approved(dataclasses.replace(good, serial=2)) == set()
        assert approved(dataclasses.replace(good, measurement=CODE)) == set()

    def test_an_approval_for_another_network_does_not_count(self) -> None:
        assert approved(approval(OTHER_CODE, 0, 1, network=bytes(32))) == set()

    def test_a_short_approval_does_not_hide_a_good_one(self) -> None:
        code = TdxMeasurement(bytes(48), (bytes(48),) * 4)
        assert approved(approval(code, 0), approval(OTHER_CODE, 1, 2)) == {OTHER_CODE}

    def test_without_keys_nothing_is_ever_approved(self) -> None:
        floor = inputs().floor
        signed = (approval(OTHER_CODE, 0, 1, 2),)
        assert check_approvals(signed, floor=floor, network=network_id(FLOORED)) == set()

    def test_a_holder_confirms_other_code_only_with_t_signatures(self) -> None:
        """Policy can only narrow the floor: a vote alone admits nobody."""
        tdx = TdxMeasurement(bytes([7]) * 48, (bytes(48),) * 4)
        for code, kind in ((OTHER_CODE, QuoteKind.SGX_V3), (tdx, QuoteKind.TDX_V4)):
            for count, expected in (
                (0, "measurement_unsigned"),
                (1, "measurement_unsigned"),
                (2, ""),
            ):
                ledger = Ledger(network=FLOORED)
                founder = Node("founder")
                ledger.bootstrap(founder)
                signed = approval(code, *range(count))
                ledger.policy = policy(measurements=(CODE, code), upgrades=(signed,))
                node = Node("upgraded", code=code, kind=kind)
                ledger.prepare(node)
                assert ledger.register(node, founder).refusal.code == expected


def test_statements_differ_wherever_their_meaning_does() -> None:
    networks, serials, codes = (bytes(32), b"\x01" * 32), (1, 2), (CODE, OTHER_CODE)
    statements = {
        upgrade_statement(mode, network=network, serial=serial, measurement=code)
        for mode, network, serial, code in itertools.product(Mode, networks, serials, codes)
    }
    assert len(statements) == 16
