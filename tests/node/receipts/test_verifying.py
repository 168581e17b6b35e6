"""What a receipt rests on, each check that only one lie breaks, and how long it stays true."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Final

import pytest
from cosmpy.protos.cosmos.tx.v1beta1.tx_pb2 import TxRaw

from chain_module.registration import keys
from chain_module.registration.messages import REVOKE_NODE
from chain_module.registration.records import decode_identity, encode_identity
from enclave.attestation.quote import parse_quote
from enclave.attestation.types import SgxMeasurement, TcbStatus, Tee
from enclave.errors import Code
from enclave.registration.records import NodeRecord, NodeStatus, Verdict
from enclave.time import Time
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
from seedpact.enclave.v1 import chain_pb2
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


def _other_signature(receipt: pb.Receipt, _other: pb.Receipt) -> None:
    """The operator's: anyone can sign the same anew."""
    tx = TxRaw.FromString(receipt.register_tx)
    tx.signatures[0] = bytes(64)
    receipt.register_tx = tx.SerializeToString(deterministic=True)


def _vote_that_is_not_needed(receipt: pb.Receipt, _other: pb.Receipt) -> None:
    """Of the validator that is left out: a light client would not look at it."""
    block = receipt.steps[-1].block
    votes = block.signed_header.commit.signatures
    place = next(place for place, vote in enumerate(votes) if not vote.signature)
    votes[place].CopyFrom(votes[place - 1])
    votes[place].validator_address = block.validator_set.validators[place].address


@pytest.mark.parametrize(
    ("lie", "check", "code"),
    [
        (_other_signature, "register", Code.RECORD_MISMATCH),
        (_vote_that_is_not_needed, "headers", Code.COMMIT_MISMATCH),
    ],
)
def test_what_no_one_would_miss(files: Files, lie: Lie, check: str, code: Code) -> None:
    receipt = message(files.own)
    lie(receipt, receipt)
    assert codes(verify(understand(receipt), Trust())) == {check: code}


def test_a_quote_that_is_not_genuine(files: Files) -> None:
    """Its signature was changed, in the quote alone."""
    receipt = message(files.own)
    start = len(parse_quote(receipt.quote).signed) + 4  # behind its length
    changed = bytearray(receipt.quote)
    changed[start] ^= 1
    receipt.quote = bytes(changed)
    assert codes(verify(understand(receipt), Trust())) == {
        "register": Code.RECORD_MISMATCH,
        "quote": Code.QUOTE_SIGNATURE_INVALID,
    }


def test_what_nobody_hashes_is_no_part_of_a_receipt(files: Files) -> None:
    receipt = message(files.own)
    receipt.steps[0].block.validator_set.total_voting_power = 40
    with pytest.raises(ReceiptFailure, match="hashed or signed"):
        understand(receipt)


CHAINS_WORD: Final = {"envelope", "expires_at", "status"}
"""Fields of a record which nothing else in a receipt says (docs/receipts.md)."""
OTHERS: Final[dict[type, Callable[[Any], Any]]] = {
    bytes: lambda value: bytes([value[0] ^ 1]) + value[1:],
    int: lambda value: value + 1,
    Time: lambda value: Time(value.seconds + 1, value.nanos),
    NodeStatus: lambda _: NodeStatus.REVOKED,
    Verdict: lambda value: replace(value, tcb_status=TcbStatus.OUT_OF_DATE),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", [field.name for field in fields(NodeRecord)])
def test_a_chain_that_recorded_something_else(files: Files, form: str, name: str) -> None:
    """Each field of the record is the transaction's, the quote's or a header's, too."""
    subject = read(getattr(files, form))
    value = getattr(subject.record, name)
    record = replace(subject.record, **{name: OTHERS[type(value)](value)})
    wrong = codes(verify(replace(subject, record=record, shown_record=record), Trust()))
    # What the bootstrap node's quote does not bind.
    word = CHAINS_WORD | ({"operator"} if form == "founder" else set())
    assert bool(wrong) is (name not in word), wrong


@pytest.mark.parametrize("name", [field.name for field in fields(Verdict)])
def test_another_verdict(files: Files, name: str) -> None:
    subject = read(files.own)
    other: dict[str, Any] = {
        "tee": Tee.TDX,
        "tcb_status": TcbStatus.OUT_OF_DATE,
        "measurement": SgxMeasurement(bytes(32), bytes(32), 0, 0),
        "advisories": ("INTEL-SA-00001",),
        "fmspc": b"\xaa" * 6,
        "platform_id": bytes(32),
    }
    verdict = replace(subject.record.verdict, **{name: other[name]})
    record = replace(subject.record, verdict=verdict)
    wrong = codes(verify(replace(subject, record=record, shown_record=record), Trust()))
    assert wrong == {"quote": Code.RECORD_MISMATCH}


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


def test_another_spelling_is_no_receipt(files: Files) -> None:
    """Also where it means the same: what is signed for has one form."""
    tree = json.loads(files.own)
    steps = [{**tree["steps"][0], "trusted_next": {"validators": []}}, *tree["steps"][1:]]
    for other in (
        {**tree, "node_id": tree["node_id"].upper()},
        {**tree, "version": "1"},
        {**tree, "node_id": tree["node_id"] + " "},
        {**tree, "steps": steps},
    ):
        with pytest.raises(ReceiptFailure):
            read(json.dumps(other).encode())
    assert read(json.dumps(tree, indent=None).encode()) == read(files.own)


class LyingIdentity(ReceiptChain):
    """It shows the identity of another network. Nothing proves that entry but what follows."""

    def entry(self, key: bytes, *, version: int) -> chain_pb2.ProvenEntry:
        found = super().entry(key, version=version)
        if key == keys.IDENTITY:
            identity = decode_identity(found.value)
            other = replace(identity.network, app_state_hash=bytes(32))
            found.value = encode_identity(replace(identity, network=other))
        return found


def test_an_export_checks_what_it_was_told(tmp_path: Path) -> None:
    chain = LyingIdentity(tmp_path, nodes=1)
    chain.blocks(2)
    with pytest.raises(ReceiptFailure, match="network: wrong_network") as failure:
        export(chain, chain.node_id(0))
    assert failure.value.code is ReceiptCode.NO_RECEIPT
    chain.close()


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
        b'{"version": "1"}',
        b'{"more": 1}',
        b'{"network": {"chain_id": "\\ud800"}}',
        b"[" * 100_000,
        b" " * (16 * 1024 * 1024 + 1),
    ],
)
def test_what_is_no_receipt(data: bytes) -> None:
    with pytest.raises(ReceiptFailure) as failure:
        read(data)
    assert failure.value.code is ReceiptCode.MALFORMED_RECEIPT
