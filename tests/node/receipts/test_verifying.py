"""What a receipt rests on, each check that only one lie breaks, and how long it stays true."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from chain_module.registration.messages import REVOKE_NODE
from enclave.errors import Code
from node.receipts import (
    Judgement,
    ReceiptCode,
    ReceiptFailure,
    RestsOn,
    Trust,
    export,
    read,
    verify,
)
from node.receipts.checks import CHECKS
from node.receipts.json_form import dump, load
from node.receipts.subject import understand
from seedpact.receipt.v1 import receipt_pb2 as pb
from seedpact.registration.v1 import tx_pb2, types_pb2
from tests.node.receipts.conftest import Files
from tests.support.receipts import ReceiptChain

FORMS = ("founder", "own", "stored")


def message(data: bytes) -> pb.Receipt:
    return load(data, pb.Receipt)


def codes(judgement: Judgement) -> dict[str, Code]:
    """Of the checks that say no."""
    return {one.name: one.refusal.code for one in judgement.failed if one.refusal is not None}


@pytest.mark.parametrize("form", FORMS)
def test_a_receipt_holds_with_every_kind_of_trust(files: Files, form: str) -> None:
    data = getattr(files, form)
    subject = read(data)
    hashes = [step.block.commit.block_id.hash for step in subject.steps]
    trusts = [Trust(), Trust(network_id=files.network_id), *(Trust(header_hash=h) for h in hashes)]
    for trust in [*trusts, Trust(network_id=files.network_id, header_hash=hashes[-1])]:
        judgement = verify(subject, trust)
        assert judgement.failed == ()
        names = [one.name for one in judgement.outcomes]
        assert names == [*CHECKS, *(["trust"] if trust != Trust() else [])]
        expected = RestsOn.NETWORK_ID if trust.network_id else RestsOn.NOTHING
        assert judgement.rests_on is (RestsOn.HEADER if trust.header_hash else expected)


def test_a_receipt_of_another_chain(files: Files) -> None:
    """It agrees with itself, and only that."""
    stranger = read(files.stranger)
    assert stranger.network.chain_id == read(files.own).network.chain_id
    assert verify(stranger, Trust()).failed == ()
    assert codes(verify(stranger, Trust(network_id=files.network_id))) == {
        "trust": Code.WRONG_NETWORK
    }
    header = read(files.own).steps[-1].block.commit.block_id.hash
    assert codes(verify(stranger, Trust(header_hash=header))) == {"trust": Code.UNVERIFIED_ANCHOR}


def test_a_header_that_is_not_on_the_path(files: Files) -> None:
    """A true header of the same chain, that the receipt does not have."""
    chain = files.chain
    there = {header.height for header in read(files.own).headers}
    absent = next(height for height in range(1, chain.height) if height not in there)
    judgement = verify(read(files.own), Trust(header_hash=chain.headers.hash(absent)))
    assert codes(judgement) == {"trust": Code.UNVERIFIED_ANCHOR}


def test_a_node_without_the_first_blocks(files: Files) -> None:
    """Its receipt begins with the header that the quote bound: the network's id is not enough."""
    chain = files.chain
    anchor = read(files.own).headers[1].height
    chain.lowest = anchor
    try:
        subject = read(export(chain, chain.node_id(1)))
        chain.lowest = anchor + 1
        with pytest.raises(Exception, match="lowest height"):
            export(chain, chain.node_id(1))
    finally:
        chain.lowest = 1
    assert subject.root is not None
    assert subject.root.height == anchor
    assert verify(subject, Trust()).failed == ()
    assert codes(verify(subject, Trust(network_id=files.network_id))) == {
        "trust": Code.UNVERIFIED_ANCHOR
    }
    for header in (anchor, subject.proving.height):
        assert verify(subject, Trust(header_hash=chain.headers.hash(header))).failed == ()


def test_a_root_that_was_changed(files: Files) -> None:
    chain = files.chain
    chain.lowest = read(files.own).headers[1].height
    try:
        receipt = message(export(chain, chain.node_id(1)))
    finally:
        chain.lowest = 1
    receipt.root.app_hash = bytes(32)
    assert codes(verify(understand(receipt), Trust())) == {"anchor": Code.UNKNOWN_ANCHOR}
    receipt.root.chain_id = "other"
    assert codes(verify(understand(receipt), Trust())) == {
        "anchor": Code.UNKNOWN_ANCHOR,
        "headers": Code.WRONG_CHAIN,
    }


Lie = Callable[[pb.Receipt, pb.Receipt], None]


def _no_gate_header(receipt: pb.Receipt, _other: pb.Receipt) -> None:
    del receipt.steps[2]


def _no_anchor(receipt: pb.Receipt, _other: pb.Receipt) -> None:
    del receipt.steps[1]


def _other_register(receipt: pb.Receipt, other: pb.Receipt) -> None:
    receipt.register_tx = other.register_tx


def _other_shown_status(receipt: pb.Receipt, _other: pb.Receipt) -> None:
    receipt.record.status = types_pb2.NODE_STATUS_REVOKED


def _other_quote(receipt: pb.Receipt, other: pb.Receipt) -> None:
    receipt.quote = other.quote


def _other_collateral(receipt: pb.Receipt, _other: pb.Receipt) -> None:
    receipt.collateral += b" "


def _chains_collateral_besides(receipt: pb.Receipt, other: pb.Receipt) -> None:
    receipt.collateral_entry.CopyFrom(other.collateral_entry)


def _other_network(receipt: pb.Receipt, _other: pb.Receipt) -> None:
    receipt.network.app_state_hash = bytes(32)


def _other_epochs_keys(receipt: pb.Receipt, _other: pb.Receipt) -> None:
    receipt.network_keys_entry.proof.ops[0].key = b"network/" + bytes(7) + b"\x01"


@pytest.mark.parametrize(
    ("lie", "expected"),
    [
        (_no_gate_header, {"gate_time": Code.RECORD_MISMATCH}),
        (_no_anchor, {"anchor": Code.UNKNOWN_ANCHOR}),
        (_other_shown_status, {"record": Code.RECORD_MISMATCH}),
        (_chains_collateral_besides, {"collateral": Code.RECORD_MISMATCH}),
        (_other_collateral, {"collateral": Code.RECORD_MISMATCH}),
        (_other_epochs_keys, {"network_keys": Code.BAD_PROOF}),
        (
            _other_network,
            {"network": Code.WRONG_NETWORK, "report_data": Code.REPORT_DATA_MISMATCH},
        ),
    ],
)
def test_a_lie_and_the_check_that_sees_it(
    files: Files, lie: Lie, expected: dict[str, Code]
) -> None:
    receipt, other = message(files.own), message(files.stored)
    lie(receipt, other)
    assert codes(verify(understand(receipt), Trust())) == expected


@pytest.mark.parametrize("lie", [_other_register, _other_quote])
def test_a_lie_that_more_than_one_check_sees(files: Files, lie: Lie) -> None:
    receipt, other = message(files.own), message(files.stored)
    lie(receipt, other)
    found = codes(verify(understand(receipt), Trust()))
    assert found["register"] is Code.RECORD_MISMATCH
    assert found["report_data"] is Code.REPORT_DATA_MISMATCH


def test_one_vote_less_is_not_enough(files: Files) -> None:
    """A commit has the votes that are needed: 3 of 4 of equal power."""
    receipt = message(files.own)
    for number, step in enumerate(receipt.steps):
        votes = step.block.signed_header.commit.signatures
        signed = [place for place, vote in enumerate(votes) if vote.signature]
        assert (len(votes), len(signed)) == (4, 3)
        for place in signed:
            less = message(files.own)
            commit = less.steps[number].block.signed_header.commit
            absent = next(vote for vote in commit.signatures if not vote.signature)
            commit.signatures[place].CopyFrom(absent)
            assert codes(verify(understand(less), Trust()))["headers"] in (
                Code.NOT_ENOUGH_POWER,
                Code.NOT_ENOUGH_TRUST,
            )


def test_a_receipt_stays_true(tmp_path: Path) -> None:
    """The node is revoked later: the old receipt says what was, a new one what is."""
    chain = ReceiptChain(tmp_path, nodes=4)
    chain.blocks(3)
    chain.join(1)
    before = export(chain, chain.node_id(1))
    revoke = tx_pb2.MsgRevokeNode(signer=chain.operators[1].text, node_id=chain.node_id(1))
    assert chain.send(chain.sign(chain.operators[1], (REVOKE_NODE, revoke))).code == 0
    chain.blocks(3)
    after = export(chain, chain.node_id(1))
    assert (read(before).record.status.name, read(after).record.status.name) == (
        "CONFIRMED",
        "REVOKED",
    )
    for data in (before, after):
        assert verify(read(data), Trust(network_id=chain.network.network_id)).failed == ()
    chain.close()


def test_there_is_no_receipt_of_nobody(files: Files) -> None:
    with pytest.raises(ReceiptFailure) as failure:
        export(files.chain, b"\xaa" * 32)
    assert failure.value.code is ReceiptCode.NO_RECEIPT


def test_a_node_that_lost_the_registers_block(files: Files) -> None:
    chain = files.chain
    height = read(files.own).record.height
    kept = chain.decided[height]
    chain.decided[height] = ()
    try:
        with pytest.raises(ReceiptFailure, match="the register"):
            export(chain, chain.node_id(1))
    finally:
        chain.decided[height] = kept


@pytest.mark.parametrize("form", FORMS)
def test_the_file_has_one_form(files: Files, form: str) -> None:
    data = getattr(files, form)
    assert dump(message(data)) == data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b'{"version": 1.0}',
        b'{"version": 1, "version": 1}',
        b'{"version": true}',
        b'{"version": NaN}',
        b'{"version": ' + b"9" * 5000 + b"}",
        b'{"steps": {}}',
        b'{"network": []}',
        b'{"quote": "AA"}',
        b'{"quote": "a"}',
        b'{"network": {"chain_id": "\\ud800"}}',
        b"[" * 100_000,
        b" " * (16 * 1024 * 1024 + 1),
    ],
)
def test_what_is_no_receipt(data: bytes) -> None:
    with pytest.raises(ReceiptFailure) as failure:
        read(data)
    assert failure.value.code is ReceiptCode.MALFORMED_RECEIPT
