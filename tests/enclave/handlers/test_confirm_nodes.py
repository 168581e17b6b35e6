"""confirm_nodes: who may confirm, and each gate that an enclave runs (protocol.md 5 and 7)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from enclave.attestation.types import TdxMeasurement
from enclave.errors import Code
from enclave.handlers.confirm_nodes import MAX_NEWCOMERS
from enclave.registration.records import NodeStatus
from enclave.software.blueprint import QuoteKind
from seedpact.enclave.v1 import service_pb2 as pb
from tests.support.enclaves import OTHER_CODE, Node, policy
from tests.support.refusals import refused_unchanged
from tests.support.world import Ledger, network

Change = Callable[[Ledger, Node, pb.ConfirmNodesRequest], None]


@pytest.fixture
def scene() -> tuple[Ledger, Node, Node]:
    """A holder, and a newcomer that is ready to register."""
    ledger, (founder,) = network("founder")
    node = Node("newcomer")
    ledger.prepare(node)
    return ledger, founder, node


def request_for(ledger: Ledger, founder: Node, node: Node) -> pb.ConfirmNodesRequest:
    purpose = ledger.purpose()
    quote = node.make_quote(purpose)
    newcomer = ledger.newcomer(quote, purpose)
    return ledger.confirm_request(founder, (newcomer, quote.evidence.collateral))


def show(ledger: Ledger, founder: Node, request: pb.ConfirmNodesRequest) -> None:
    """The chain as it is now, for the same newcomers."""
    ledger.make_fresh(founder)
    anchors = [newcomer.anchor_height for newcomer in request.newcomers]
    request.chain.CopyFrom(ledger.proof(founder, anchors=anchors))


def refusal_of(confirmation: pb.Confirmation) -> str:
    assert confirmation.envelope == b""
    assert not confirmation.HasField("verdict")
    return confirmation.refusal.code


def test_a_good_newcomer_gets_an_envelope_and_a_verdict(
    scene: tuple[Ledger, Node, Node],
) -> None:
    ledger, founder, node = scene
    (confirmation,) = founder.confirm(request_for(ledger, founder, node))
    assert confirmation.node_id == node.info().node_id
    assert len(confirmation.envelope) == 48
    assert confirmation.verdict.measurement == node.info().measurement


def test_equal_requests_give_equal_bytes_also_from_another_holder_and_after_a_restart(
    scene: tuple[Ledger, Node, Node],
) -> None:
    ledger, founder, node = scene
    second = Node("second holder")
    ledger.join(second, founder)
    request = request_for(ledger, founder, node)
    first = founder.confirm(request)
    assert founder.confirm(request) == first
    founder.start()
    for holder in (founder, second):
        show(ledger, holder, request)
        assert holder.confirm(request) == first


def test_a_tdx_newcomer_is_confirmed_where_an_upgrade_key_signed_it() -> None:
    """Own code needs no signature; a TDX image is other code than an SGX holder's."""
    ledger, (founder,) = network("founder")
    code = TdxMeasurement(bytes([7]) * 48, (bytes(48),) * 4)
    node = Node("tdx", code=code, kind=QuoteKind.TDX_V4)
    ledger.policy = policy(measurements=(*ledger.policy.measurements, code))
    ledger.prepare(node)
    (confirmation,) = founder.confirm(request_for(ledger, founder, node))
    assert refusal_of(confirmation) == Code.MEASUREMENT_UNSIGNED


def _frozen(ledger: Ledger, founder: Node, request: pb.ConfirmNodesRequest) -> None:
    ledger.policy = dataclasses.replace(ledger.policy, frozen=True)
    show(ledger, founder, request)


def _newcomer(**fields: Any) -> Change:
    def change(_ledger: Ledger, _founder: Node, request: pb.ConfirmNodesRequest) -> None:
        for name, value in fields.items():
            setattr(request.newcomers[0], name, value)

    return change


def _policy(**fields: Any) -> Change:
    def change(ledger: Ledger, founder: Node, request: pb.ConfirmNodesRequest) -> None:
        ledger.policy = policy(**fields)
        show(ledger, founder, request)

    return change


def _too_old(ledger: Ledger, founder: Node, request: pb.ConfirmNodesRequest) -> None:
    ledger.policy = policy(max_quote_age_blocks=20)
    ledger.height = request.newcomers[0].anchor_height + 21
    show(ledger, founder, request)


def _anchor_too_new(ledger: Ledger, founder: Node, request: pb.ConfirmNodesRequest) -> None:
    """The header just below the block: the state that is proven cannot have it yet."""
    height = ledger.height - 1
    request.newcomers[0].anchor_height = height
    request.newcomers[0].anchor_hash = ledger.anchor(height).hash
    show(ledger, founder, request)


def _broken_collateral(_l: Ledger, _f: Node, request: pb.ConfirmNodesRequest) -> None:
    request.collaterals[0] = b"{}"


def _decades_later(ledger: Ledger, founder: Node, request: pb.ConfirmNodesRequest) -> None:
    ledger.later = 50 * 365 * 86_400
    ledger.height += 1
    show(ledger, founder, request)


GATES: dict[str, tuple[Change, Code]] = {
    "1 operator": (_newcomer(operator=bytes(21)), Code.BAD_LENGTH),
    "1 kem_ciphertext": (_newcomer(kem_ciphertext=bytes(1087)), Code.BAD_LENGTH),
    "1 anchor hash": (_newcomer(anchor_hash=b""), Code.BAD_LENGTH),
    "1 anchor height": (_newcomer(anchor_height=0), Code.BAD_VALUE),
    "1 exchange key, alias": (_newcomer(exchange_key=b"\xff" * 32), Code.BAD_EXCHANGE_KEY),
    "1 exchange key, low order": (_newcomer(exchange_key=bytes(32)), Code.LOW_ORDER_KEY),
    "1 tls key": (_newcomer(tls_key=bytes(32)), Code.BAD_TLS_KEY),
    "1 collateral index": (_newcomer(collateral_index=1), Code.BAD_VALUE),
    "1 collateral": (_broken_collateral, Code.MALFORMED_COLLATERAL),
    "1 quote": (_newcomer(quote=b"quote"), Code.MALFORMED_QUOTE),
    "1 quote size": (_newcomer(quote=bytes(16_385)), Code.TOO_LARGE),
    "2 frozen": (_frozen, Code.FROZEN),
    "2 epoch": (_newcomer(epoch=1), Code.STALE_EPOCH),
    "2 anchor": (_newcomer(anchor_hash=bytes(32)), Code.UNKNOWN_ANCHOR),
    "2 anchor too new": (_anchor_too_new, Code.UNKNOWN_ANCHOR),
    "2 age": (_too_old, Code.STALE_QUOTE),
    "3 expired": (_decades_later, Code.CERTIFICATE_EXPIRED),
    "4 binding": (_newcomer(operator=bytes(20)), Code.REPORT_DATA_MISMATCH),
    "5 no status": (_policy(tcb_statuses=()), Code.EMPTY_POLICY),
    "5 evaluation": (_policy(minimum_evaluation_number=99), Code.EVALUATION_NUMBER_TOO_LOW),
    "6 machine": (_policy(require_machine_list=True), Code.MACHINE_NOT_LISTED),
}


@pytest.mark.parametrize(("change", "code"), GATES.values(), ids=GATES)
def test_each_gate_refuses_its_newcomer_alone(
    scene: tuple[Ledger, Node, Node], change: Change, code: Code
) -> None:
    ledger, founder, node = scene
    request = request_for(ledger, founder, node)
    change(ledger, founder, request)
    (confirmation,) = founder.confirm(request)
    assert refusal_of(confirmation) == code


def test_age_is_allowed_at_the_limit_and_refused_one_block_later(
    scene: tuple[Ledger, Node, Node],
) -> None:
    ledger, founder, node = scene
    ledger.policy = policy(max_quote_age_blocks=20)
    request = request_for(ledger, founder, node)
    born = request.newcomers[0].anchor_height
    found = []
    for age in (20, 21):
        ledger.height = born + age
        show(ledger, founder, request)
        found += founder.confirm(request)
    assert found[0].envelope
    assert refusal_of(found[1]) == Code.STALE_QUOTE


def test_one_bad_newcomer_stops_no_other(scene: tuple[Ledger, Node, Node]) -> None:
    ledger, founder, node = scene
    request = request_for(ledger, founder, node)
    bad = request.newcomers.add()
    bad.CopyFrom(request.newcomers[0])
    bad.operator = bytes(20)
    request.newcomers.add().CopyFrom(request.newcomers[0])
    first, second, third = founder.confirm(request)
    assert first.envelope
    assert first == third
    assert refusal_of(second) == Code.REPORT_DATA_MISMATCH


def _revoked(ledger: Ledger, founder: Node, request: pb.ConfirmNodesRequest) -> None:
    node_id = founder.info().node_id
    ledger.records[node_id] = dataclasses.replace(
        ledger.records[node_id], status=NodeStatus.REVOKED
    )
    show(ledger, founder, request)


def _no_record(ledger: Ledger, founder: Node, request: pb.ConfirmNodesRequest) -> None:
    ledger.records.clear()
    show(ledger, founder, request)


def _anothers_record(ledger: Ledger, founder: Node, request: pb.ConfirmNodesRequest) -> None:
    node_id = founder.info().node_id
    ledger.records[node_id] = dataclasses.replace(ledger.records[node_id], node_id=bytes(32))
    show(ledger, founder, request)


def _other_keys(ledger: Ledger, founder: Node, request: pb.ConfirmNodesRequest) -> None:
    other, _ = network("another founder")
    ledger.keys = other.keys
    show(ledger, founder, request)


def _another_key(name: str) -> Change:
    """One of the two network keys alone is another's."""

    def change(ledger: Ledger, founder: Node, request: pb.ConfirmNodesRequest) -> None:
        other, _ = network("another founder")
        setattr(ledger.keys[0], name, getattr(other.keys[0], name))
        show(ledger, founder, request)

    return change


def _later_epoch(ledger: Ledger, founder: Node, request: pb.ConfirmNodesRequest) -> None:
    later = ledger.keys[0].__class__()
    later.CopyFrom(ledger.keys[0])
    later.epoch, later.prev_seed = 1, bytes(48)
    ledger.keys.append(later)
    ledger.epoch = 1
    show(ledger, founder, request)


def _too_many(_l: Ledger, _f: Node, request: pb.ConfirmNodesRequest) -> None:
    for _ in range(MAX_NEWCOMERS):
        request.newcomers.add()


def _collateral_twice(_l: Ledger, _f: Node, request: pb.ConfirmNodesRequest) -> None:
    request.collaterals.append(request.collaterals[0])


def _spare_collateral(_l: Ledger, _f: Node, request: pb.ConfirmNodesRequest) -> None:
    request.collaterals.append(b"{}")


STANDING: dict[str, tuple[Change, Code]] = {
    "no own record": (_no_record, Code.RECORD_MISMATCH),
    "another's record": (_anothers_record, Code.RECORD_MISMATCH),
    "revoked": (_revoked, Code.NODE_REVOKED),
    "own code removed": (_policy(measurements=(OTHER_CODE,)), Code.MEASUREMENT_NOT_ALLOWED),
    "no code allowed": (_policy(measurements=()), Code.EMPTY_POLICY),
    "another network's keys": (_other_keys, Code.NETWORK_KEYS_MISMATCH),
    "another pk_io": (_another_key("pk_io"), Code.NETWORK_KEYS_MISMATCH),
    "another kem_io": (_another_key("kem_io"), Code.NETWORK_KEYS_MISMATCH),
    "an epoch that is not held": (_later_epoch, Code.EPOCH_UNKNOWN),
    "101 newcomers": (_too_many, Code.TOO_LARGE),
    "a collateral twice": (_collateral_twice, Code.BAD_VALUE),
    "a collateral too many": (_spare_collateral, Code.TOO_LARGE),
}


@pytest.mark.parametrize(("change", "code"), STANDING.values(), ids=STANDING)
def test_an_enclave_that_may_not_confirm_refuses_the_whole_batch(
    scene: tuple[Ledger, Node, Node], change: Change, code: Code
) -> None:
    ledger, founder, node = scene
    request = request_for(ledger, founder, node)
    change(ledger, founder, request)
    with refused_unchanged(founder, code):
        founder.confirm(request)


def test_a_batch_of_a_hundred_is_answered(scene: tuple[Ledger, Node, Node]) -> None:
    ledger, founder, node = scene
    request = request_for(ledger, founder, node)
    for _ in range(MAX_NEWCOMERS - 1):
        request.newcomers.add()
    first, *others = founder.confirm(request)
    assert first.envelope
    assert {refusal_of(other) for other in others} == {Code.BAD_LENGTH}
    assert len(others) == MAX_NEWCOMERS - 1


def test_the_newest_header_is_sealed_before_the_answer(scene: tuple[Ledger, Node, Node]) -> None:
    ledger, founder, node = scene
    request = request_for(ledger, founder, node)
    founder.confirm(request)
    assert founder.info().trusted_height == ledger.height - 1
    founder.start()
    assert founder.info().trusted_height == ledger.height - 1


def test_an_expired_holder_still_confirms(scene: tuple[Ledger, Node, Node]) -> None:
    """Or a network that expires together would be dead (section 7)."""
    ledger, founder, node = scene
    node_id = founder.info().node_id
    ledger.records[node_id] = dataclasses.replace(
        ledger.records[node_id], status=NodeStatus.EXPIRED
    )
    (confirmation,) = founder.confirm(request_for(ledger, founder, node))
    assert confirmation.envelope
