"""Strict protobuf: one encoding for one message (protocol.md section 2)."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import wrappers_pb2
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from enclave.errors import Code, Refusal
from enclave.handlers.confirm_nodes import MAX_NEWCOMERS
from enclave.proven.chain import MAX_ANCHORS, MAX_EPOCHS, MAX_MACHINES
from enclave.registration.measurement_codec import measurement_from_proto
from enclave.registration.network_codec import network_to_proto
from enclave.registration.policy_codec import MAX_ENTRIES, policy_from_proto, policy_to_proto
from enclave.registration.records import (
    Anchor,
    decode_anchor,
    decode_machine,
    decode_network_keys,
    decode_node_record,
    decode_policy,
    encode_node_record,
    time_from_proto,
    verdict_from_proto,
)
from enclave.service.dispatch import MAX_FIELDS
from enclave.time import Time, check_height
from enclave.wire import check_fields, encode, read_varint, strict_decode, varint
from seedpact.enclave.v1 import chain_pb2, service_pb2
from seedpact.registration.v1 import types_pb2 as pb
from tests.support.enclaves import CODE, inputs, policy
from tests.support.refusals import refused
from tests.support.world import network

ANCHOR = pb.Anchor(height=7, hash=bytes(32), time=pb.Time(seconds=5, nanos=1))


def _fill(step: chain_pb2.HeaderStep, *, validators: int) -> None:
    """As many validators as a large chain has."""
    block = step.block
    if not step.trusted_next.validators:
        step.trusted_next.CopyFrom(block.validator_set)
    for entries in (
        block.signed_header.commit.signatures,
        block.validator_set.validators,
        step.trusted_next.validators,
    ):
        _repeat(entries, validators)


def _repeat(entries: Any, most: int) -> None:
    """The first entry, so often that there are `most`."""
    entries.extend([entries[0]] * (most - len(entries)))


def decode(data: bytes) -> pb.Anchor:
    return strict_decode(pb.Anchor, data, max_bytes=100)


class TestStrictDecode:
    def test_the_deterministic_encoding_passes(self) -> None:
        assert decode(encode(ANCHOR)) == ANCHOR

    @pytest.mark.parametrize(
        ("name", "data"),
        {
            "an unknown field": encode(ANCHOR) + b"\x50\x01",
            "an unknown field inside": encode(ANCHOR)[:-6] + b"\x1a\x06\x08\x05\x10\x01\x50\x01",
            "another order": encode(pb.Anchor(hash=bytes(32))) + encode(pb.Anchor(height=7)),
            "a field twice": encode(pb.Anchor(height=6)) + encode(ANCHOR),
            "an explicit default": b"\x08\x00",
            "a varint with a spare byte": b"\x08\x87\x00",
            "half a field": encode(ANCHOR)[:-1],
            "no message": b"\xff\xff\xff",
        }.items(),
    )
    def test_every_other_encoding_is_refused(self, name: str, data: bytes) -> None:
        assert name
        with refused(Code.MALFORMED_REQUEST):
            decode(data)

    def test_text_that_is_no_utf8_is_refused(self) -> None:
        with refused(Code.MALFORMED_REQUEST):
            strict_decode(pb.Machine, b"\x12\x01\xff", max_bytes=100)

    def test_a_message_of_its_limit_passes(self) -> None:
        data = encode(pb.Anchor(height=7))
        assert strict_decode(pb.Anchor, data, max_bytes=len(data)).height == 7

    def test_a_message_over_its_limit_is_refused_before_parsing(self) -> None:
        with refused(Code.TOO_LARGE):
            decode(bytes(101))

    @given(st.binary(max_size=100))
    def test_law_bytes_decode_to_a_message_of_exactly_these_bytes_or_are_refused(
        self, data: bytes
    ) -> None:
        try:
            message = decode(data)
        except Refusal:
            return
        assert encode(message) == data


class TestCheckFields:
    def count(self, message: Message) -> int:
        """By protobuf's own reflection."""
        fields = 0
        for _, value in message.ListFields():
            values = [value] if isinstance(value, (bytes, str, int, Message)) else list(value)
            fields += len(values)
            fields += sum(self.count(one) for one in values if isinstance(one, Message))
        return fields

    def test_fields_of_nested_messages_count(self) -> None:
        request = service_pb2.BootstrapRequest(network=network_to_proto(inputs()))
        fields = self.count(request)
        assert fields > len(request.ListFields())
        check_fields(type(request), encode(request), limit=fields)
        with refused(Code.TOO_LARGE):
            check_fields(type(request), encode(request), limit=fields - 1)

    def test_the_largest_request_has_fewer_than_the_service_takes(self) -> None:
        ledger, (founder,) = network("founder")
        chain = ledger.proof(founder, anchors=[5])
        chain.machines.add(platform_id=bytes(32), entry=chain.anchors[0].entry)
        for entries, most in (
            (chain.anchors, MAX_ANCHORS),
            (chain.machines, MAX_MACHINES),
            (chain.network_keys, MAX_EPOCHS),
            (chain.steps, 2),
        ):
            _repeat(entries, most)
        for step in chain.steps:
            _fill(step, validators=1_000)
        newcomer = service_pb2.Newcomer(
            operator=b"1",
            exchange_key=b"1",
            kem_ciphertext=b"1",
            epoch=1,
            anchor_height=1,
            anchor_hash=b"1",
            tls_key=b"1",
            quote=b"1",
            collateral_index=1,
        )
        assert len(newcomer.ListFields()) == len(newcomer.DESCRIPTOR.fields)
        request = service_pb2.ConfirmNodesRequest(
            chain=chain,
            newcomers=[newcomer] * MAX_NEWCOMERS,
            collaterals=[b"1"] * MAX_NEWCOMERS,
        )
        assert self.count(request) < MAX_FIELDS
        check_fields(type(request), encode(request), limit=MAX_FIELDS)

    @given(st.binary(max_size=100))
    def test_law_what_parses_passes_the_count(self, data: bytes) -> None:
        try:
            decode(data)
        except Refusal:
            return
        check_fields(pb.Anchor, data, limit=len(data))

    def test_a_field_that_nobody_knows_counts_as_one(self) -> None:
        check_fields(pb.Anchor, b"\x7a\x02\x08\x01", limit=1)

    def test_beyond_the_limit_nothing_is_read(self) -> None:
        """A request of many fields costs no more than the limit, whatever its end is."""
        with refused(Code.TOO_LARGE):
            check_fields(pb.Anchor, 3 * b"\x08\x01" + b"\xff", limit=2)

    @pytest.mark.parametrize(
        "data", [b"\x08", b"\x12\x05a", b"\x0b\x0c", b"\xff" * 11, b"\x09\x01"]
    )
    def test_what_is_no_encoding_is_refused(self, data: bytes) -> None:
        with refused(Code.MALFORMED_REQUEST):
            check_fields(pb.Anchor, data, limit=9)


class TestRecords:
    def test_a_node_record_survives_the_wire(self) -> None:
        ledger, (founder,) = network("founder")
        record = ledger.records[founder.info().node_id]
        assert decode_node_record(encode_node_record(record)) == record

    def test_a_policy_survives_the_wire(self) -> None:
        full = policy(
            frozen=True,
            advisories=("INTEL-SA-00001", "INTEL-SA-00002"),
            minimum_evaluation_number=3,
            denied_fmspcs=(bytes(6), b"\x01" * 6),
            require_machine_list=True,
            one_node_per_machine=True,
            allow_dynamic_platform=True,
            allow_cached_keys=True,
            allow_smt=True,
        )
        assert decode_policy(encode(policy_to_proto(full))) == full

    @pytest.mark.parametrize(
        "change",
        [
            {"tcb_statuses": [2, 1]},
            {"tcb_statuses": [1, 1]},
            {"tcb_statuses": [9]},
            {"advisories": ["b", "a"]},
            {"advisories": [""]},
            {"advisories": ["x" * 33]},
            {"advisories": ["ä"]},
            {"denied_fmspcs": [bytes(5)]},
            {"denied_fmspcs": [bytes(6), bytes(6)]},
            {"measurements": [pb.Measurement()] * (MAX_ENTRIES + 1)},
            {"upgrades": [pb.UpgradeApproval()] * (MAX_ENTRIES + 1)},
            {"upgrades": [pb.UpgradeApproval(signatures=[pb.UpgradeSignature(key=bytes(31))])]},
            {
                "upgrades": [
                    pb.UpgradeApproval(
                        signatures=[pb.UpgradeSignature(key=bytes(32), signature=bytes(63))]
                    )
                ]
            },
        ],
    )
    def test_a_policy_of_bad_form_is_refused(self, change: dict[str, Any]) -> None:
        with refused(Code.MALFORMED_POLICY):
            policy_from_proto(pb.Policy(**change))

    @pytest.mark.parametrize(
        ("message", "code"),
        [
            (pb.Measurement(), Code.BAD_VALUE),
            (pb.Measurement(sgx=pb.SgxMeasurement(mr_enclave=bytes(31))), Code.BAD_LENGTH),
            (
                pb.Measurement(
                    sgx=pb.SgxMeasurement(
                        mr_enclave=bytes(32), mr_signer=bytes(32), isv_prod_id=65_536
                    )
                ),
                Code.BAD_VALUE,
            ),
            (
                pb.Measurement(
                    sgx=pb.SgxMeasurement(mr_enclave=bytes(32), mr_signer=bytes(32), isv_svn=65_536)
                ),
                Code.BAD_VALUE,
            ),
            (pb.Measurement(tdx=pb.TdxMeasurement(mr_td=bytes(48))), Code.BAD_LENGTH),
            (
                pb.Measurement(tdx=pb.TdxMeasurement(mr_td=bytes(48), rtmrs=[bytes(47)] * 4)),
                Code.BAD_LENGTH,
            ),
        ],
    )
    def test_a_measurement_of_bad_form_is_refused(
        self, message: pb.Measurement, code: Code
    ) -> None:
        with refused(code):
            measurement_from_proto(message)

    def test_a_policy_of_the_greatest_size_passes(self) -> None:
        """What the chain's vote decides, every enclave has to read."""
        one = pb.Measurement(
            sgx=pb.SgxMeasurement(
                mr_enclave=bytes(32), mr_signer=bytes(32), isv_prod_id=65_535, isv_svn=65_535
            )
        )
        signature = pb.UpgradeSignature(key=bytes(32), signature=bytes(64))
        upgrade = pb.UpgradeApproval(measurement=one)
        upgrades = [upgrade] * (MAX_ENTRIES - 1)
        upgrades.append(pb.UpgradeApproval(measurement=one, signatures=[signature] * MAX_ENTRIES))
        full = policy_from_proto(
            pb.Policy(
                measurements=[one] * MAX_ENTRIES,
                upgrades=upgrades,
                advisories=[f"{number:032}" for number in range(MAX_ENTRIES)],
            )
        )
        counts = (len(full.measurements), len(full.upgrades), len(full.advisories))
        assert counts == (MAX_ENTRIES,) * 3
        assert len(full.upgrades[-1].signatures) == MAX_ENTRIES

    def test_a_list_of_one_more_is_refused(self) -> None:
        advisories = [f"{number:032}" for number in range(MAX_ENTRIES + 1)]
        signatures = [pb.UpgradeSignature(key=bytes(32), signature=bytes(64))] * (MAX_ENTRIES + 1)
        measurement = pb.Measurement(
            sgx=pb.SgxMeasurement(mr_enclave=bytes(32), mr_signer=bytes(32))
        )
        upgrade = pb.UpgradeApproval(measurement=measurement, signatures=signatures)
        for message in (pb.Policy(advisories=advisories), pb.Policy(upgrades=[upgrade])):
            with refused(Code.MALFORMED_POLICY):
                policy_from_proto(message)

    @pytest.mark.parametrize("height", [1, 2**63 - 1])
    def test_the_edges_of_a_height_are_heights(self, height: int) -> None:
        anchor = pb.Anchor(height=height, hash=bytes(32), time=pb.Time(seconds=0, nanos=0))
        assert decode_anchor(encode(anchor)) == Anchor(height, bytes(32), Time(0))

    def test_a_height_above_cometbfts_is_refused(self) -> None:
        with refused(Code.BAD_VALUE):
            check_height(2**63)

    def test_verdicts_times_and_small_records_of_bad_form_are_refused(self) -> None:
        measurement = pb.Measurement(
            sgx=pb.SgxMeasurement(mr_enclave=CODE.mr_enclave, mr_signer=CODE.mr_signer)
        )
        good = pb.Verdict(
            tee=pb.TEE_KIND_SGX,
            tcb_status=pb.TCB_STATUS_UP_TO_DATE,
            measurement=measurement,
            fmspc=bytes(6),
            platform_id=bytes(32),
        )
        assert verdict_from_proto(good).measurement == CODE
        for bad in ({"advisories": ["b", "a"]}, {"tee": 0}, {"tcb_status": 10}):
            message = pb.Verdict()
            message.CopyFrom(good)
            message.MergeFrom(pb.Verdict(**bad))
            if "tee" in bad:
                message.ClearField("tee")
            with refused(Code.BAD_VALUE):
                verdict_from_proto(message)
        for time in (pb.Time(seconds=-1), pb.Time(nanos=-1), pb.Time(nanos=10**9)):
            with refused(Code.BAD_VALUE):
                time_from_proto(time)
        with refused(Code.BAD_VALUE):
            decode_anchor(encode(pb.Anchor(hash=bytes(32), time=pb.Time())))
        with refused(Code.BAD_LENGTH):
            decode_machine(encode(pb.Machine(platform_id=bytes(31))))
        with refused(Code.LOW_ORDER_KEY):
            decode_network_keys(encode(pb.NetworkKeys(pk_io=bytes(32))))

    @pytest.mark.parametrize("name", ["verdict", "time", "expires_at"])
    def test_a_record_without_one_of_its_parts_is_refused(self, name: str) -> None:
        """Absent, it would read as zeros: a second encoding of another record."""
        ledger, (founder,) = network("founder")
        record = ledger.records[founder.info().node_id]
        message = pb.NodeRecord.FromString(encode_node_record(record))
        message.ClearField(name)
        with refused(Code.BAD_VALUE):
            decode_node_record(encode(message))

    def test_an_anchor_without_its_time_is_refused(self) -> None:
        with refused(Code.BAD_VALUE):
            decode_anchor(encode(pb.Anchor(height=7, hash=bytes(32))))


@given(st.integers(0, 2**64 - 1), st.binary(max_size=3), st.binary(max_size=3))
def test_law_a_varint_is_read_as_protobuf_reads_it(value: int, before: bytes, after: bytes) -> None:
    written = varint(value)
    assert wrappers_pb2.UInt64Value.FromString(b"\x08" + written).value == value
    end = len(before) + len(written)
    assert read_varint(before + written + after, len(before)) == (value, end)


@pytest.mark.parametrize("data", [b"", b"\x80", b"\x80" * 10 + b"\x01", b"\x80" * 9 + b"\x02"])
def test_no_varint_of_64_bits(data: bytes) -> None:
    with pytest.raises(IndexError):
        read_varint(data, 0)


@pytest.mark.parametrize("value", [1, 127, 128, 2**14 - 1, 2**14, 2**63 - 1, -1, -(2**63)])
def test_a_varint_is_written_as_protobuf_writes_it(value: int) -> None:
    assert b"\x08" + varint(value) == encode(wrappers_pb2.Int64Value(value=value))
