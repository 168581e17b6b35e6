"""Every field of every message, both ways."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from cosmpy.protos.tendermint.abci import types_pb2 as pb
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from chain_module.abci import common
from chain_module.abci import requests as req
from chain_module.abci import responses as res
from node.abci import decoding, encoding
from node.abci.failures import BadFrame
from node.abci.methods import METHODS
from tests.support.kv_application import KvApplication

OF_THE_CONNECTION = {"echo", "flush"}
ASKS_NOTHING = {"commit", "list_snapshots"}

EVENT = common.Event("set", (common.EventAttribute("key", "value", index=True),))
UPDATE = common.ValidatorUpdate(common.KeyType.ED25519, b"k" * 32, 10)
OTHER_UPDATE = common.ValidatorUpdate(common.KeyType.SECP256K1, b"s" * 33, 11)
PARAMS = common.ConsensusParams(
    block=common.BlockParams(max_bytes=1, max_gas=-1),
    evidence=common.EvidenceParams(
        max_age_num_blocks=2, max_age_duration_ns=3_000_000_004, max_bytes=5
    ),
    pub_key_types=("ed25519",),
    app_version=6,
    vote_extensions_enable_height=7,
)
RESULT = res.TxResult(
    code=1,
    data=b"d",
    log="l",
    info="i",
    gas_wanted=2,
    gas_used=3,
    events=(EVENT,),
    codespace="c",
)
SNAPSHOT = common.Snapshot(height=1, format=2, chunks=3, hash=b"h", metadata=b"m")

FULL: dict[str, Any] = {
    "info": res.InfoResponse("d", "v", 1, 2, b"h"),
    "init_chain": res.InitChainResponse(b"h", (UPDATE, OTHER_UPDATE), PARAMS),
    "query": res.QueryResponse(
        1, "l", "i", 2, b"k", b"v", (common.ProofOp("t", b"k", b"d"),), 3, "c"
    ),
    "check_tx": RESULT,
    "prepare_proposal": res.PrepareProposalResponse((b"a", b"b")),
    "process_proposal": res.ProcessProposalResponse(res.ProposalStatus.REJECT),
    "extend_vote": res.ExtendVoteResponse(b"e"),
    "verify_vote_extension": res.VerifyVoteExtensionResponse(res.VerifyStatus.REJECT),
    "finalize_block": res.FinalizeBlockResponse((RESULT,), b"h", (EVENT,), (UPDATE,), PARAMS),
    "commit": res.CommitResponse(9),
    "list_snapshots": res.ListSnapshotsResponse((SNAPSHOT,)),
    "offer_snapshot": res.OfferSnapshotResponse(res.OfferResult.REJECT_SENDER),
    "load_snapshot_chunk": res.LoadSnapshotChunkResponse(b"c"),
    "apply_snapshot_chunk": res.ApplySnapshotChunkResponse(
        res.ApplyResult.REJECT_SNAPSHOT, (1, 2), ("p", "q")
    ),
}


def test_every_method_of_the_engine_is_in_the_table() -> None:
    fields = {field.name for field in pb.Request.DESCRIPTOR.fields}
    assert set(METHODS) == fields - OF_THE_CONNECTION
    answers = {field.name for field in pb.Response.DESCRIPTOR.fields}
    assert answers - {"exception"} == fields


@pytest.mark.parametrize("name", sorted(FULL))
def test_every_field_of_a_response_is_encoded(name: str) -> None:
    message = getattr(encoding, name)(FULL[name])
    assert list(_missing(message)) == []


def _missing(message: Message) -> Iterator[str]:
    """Fields that carry nothing, of a message that should carry something in each."""
    present = {field.name: value for field, value in message.ListFields()}
    oneof = {field.name for one in message.DESCRIPTOR.oneofs for field in one.fields}
    for field in message.DESCRIPTOR.fields:
        if field.name not in present:
            if field.name not in oneof:
                yield f"{message.DESCRIPTOR.name}.{field.name}"
        elif field.message_type:
            value = present[field.name]
            for each in value if field.label == FieldDescriptor.LABEL_REPEATED else (value,):
                yield from _missing(each)


def test_values_of_a_response_stand_in_their_fields() -> None:
    finalized = encoding.finalize_block(FULL["finalize_block"])
    (result,) = finalized.tx_results
    assert (result.code, result.data, result.log, result.info) == (1, b"d", "l", "i")
    assert (result.gas_wanted, result.gas_used, result.codespace) == (2, 3, "c")
    (event,) = result.events
    assert (event.type, event.attributes[0].key, event.attributes[0].value) == (
        "set",
        "key",
        "value",
    )
    params = finalized.consensus_param_updates
    assert (params.block.max_bytes, params.block.max_gas) == (1, -1)
    duration = params.evidence.max_age_duration
    assert (params.evidence.max_age_num_blocks, params.evidence.max_bytes) == (2, 5)
    assert (duration.seconds, duration.nanos) == (3, 4)
    assert (params.version.app, params.abci.vote_extensions_enable_height) == (6, 7)
    updates = encoding.init_chain(FULL["init_chain"]).validators
    assert (updates[0].pub_key.ed25519, updates[0].power) == (b"k" * 32, 10)
    assert updates[1].pub_key.secp256k1 == b"s" * 33
    answer = encoding.query(FULL["query"])
    assert (answer.code, answer.index, answer.height) == (1, 2, 3)
    assert (answer.key, answer.value, answer.log, answer.info) == (b"k", b"v", "l", "i")
    (op,) = answer.proof_ops.ops
    assert (op.type, op.key, op.data) == ("t", b"k", b"d")
    snapshot = encoding.list_snapshots(FULL["list_snapshots"]).snapshots[0]
    assert (snapshot.height, snapshot.format, snapshot.chunks) == (1, 2, 3)
    assert (snapshot.hash, snapshot.metadata) == (b"h", b"m")


def test_what_an_application_leaves_out_is_left_out() -> None:
    assert not encoding.init_chain(res.InitChainResponse(b"h")).HasField("consensus_params")
    assert not encoding.query(res.QueryResponse()).HasField("proof_ops")
    nothing = encoding.finalize_block(res.FinalizeBlockResponse((), b"h"))
    assert not nothing.HasField("consensus_param_updates")
    some = common.ConsensusParams(block=common.BlockParams(1, 2))
    changed = encoding.finalize_block(
        res.FinalizeBlockResponse((), b"h", consensus_param_updates=some)
    )
    assert [f.name for f, _ in changed.consensus_param_updates.ListFields()] == ["block"]


def _paths(descriptor: Descriptor, prefix: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for field in descriptor.fields:
        path = (*prefix, field.name)
        if field.message_type:
            yield from _paths(field.message_type, path)
        else:
            yield path


def _with(message: Any, path: tuple[str, ...]) -> Any:
    """The same message with this one field set, and 1 element on the way where it repeats."""
    at, (*way, last) = message, path
    for name in way:
        at = getattr(at, name)
        if not isinstance(at, Message):
            at = at.add() if not at else at[0]
        at.SetInParent()
    field = at.DESCRIPTOR.fields_by_name[last]
    value = {
        FieldDescriptor.CPPTYPE_STRING: "x" if field.type == FieldDescriptor.TYPE_STRING else b"x",
        FieldDescriptor.CPPTYPE_BOOL: True,
    }.get(field.cpp_type, 1)
    if field.label == FieldDescriptor.LABEL_REPEATED:
        getattr(at, last).append(value)
    else:
        setattr(at, last, value)
    return message


REQUEST_FIELDS = [
    (name, path)
    for name in sorted(set(METHODS) - ASKS_NOTHING)
    for path in _paths(pb.Request.DESCRIPTOR.fields_by_name[name].message_type)
]


@pytest.mark.parametrize(
    ("name", "path"), [pytest.param(n, p, id=f"{n}.{'.'.join(p)}") for n, p in REQUEST_FIELDS]
)
def test_every_field_of_a_request_is_decoded(name: str, path: tuple[str, ...]) -> None:
    """One field set changes the value, against the same message without it."""
    kind = type(getattr(pb.Request(), name))
    message = _with(kind(), path)
    without = kind()
    without.CopyFrom(message)
    at = without
    for step in path[:-1]:
        at = getattr(at, step)
        at = at if isinstance(at, Message) else at[0]
    at.ClearField(path[-1])
    if path[-1] == "ed25519":
        at.secp256k1 = b"x"
    elif path[-1] == "secp256k1":
        at.ed25519 = b"x"
    elif path[0] == "validators":
        for each in (message, without):
            each.validators[0].pub_key.ed25519 = b"k"
    decode = getattr(decoding, name)
    assert decode(message) != decode(without)


def test_values_of_a_request_stand_in_their_fields() -> None:
    message = pb.RequestFinalizeBlock(
        txs=[b"a", b"b"], hash=b"h", height=3, next_validators_hash=b"n", proposer_address=b"p"
    )
    message.time.seconds, message.time.nanos = 5, 6
    message.decided_last_commit.round = 1
    vote = message.decided_last_commit.votes.add(block_id_flag=2)
    vote.validator.address, vote.validator.power = b"v", 4
    caught = message.misbehavior.add(type=1, height=2, total_voting_power=9)
    caught.validator.address = b"w"
    caught.time.seconds = 1
    validator = common.Validator(b"v", 4)
    assert decoding.finalize_block(message) == req.FinalizeBlockRequest(
        txs=(b"a", b"b"),
        decided_last_commit=common.CommitInfo(
            1, (common.Vote(validator, common.BlockIdFlag.COMMIT),)
        ),
        misbehavior=(
            common.Misbehavior(
                type=common.MisbehaviorType.DUPLICATE_VOTE,
                validator=common.Validator(b"w", 0),
                height=2,
                time_ns=1_000_000_000,
                total_voting_power=9,
            ),
        ),
        hash=b"h",
        height=3,
        time_ns=5_000_000_006,
        next_validators_hash=b"n",
        proposer_address=b"p",
    )


def test_fields_of_a_newer_engine_are_passed_over() -> None:
    newer = pb.RequestCheckTx(tx=b"a=1").SerializeToString() + b"\xf8\x07\x01"
    frame = b"\x42" + bytes([len(newer)]) + newer
    name, message = decoding.parse_request(frame)
    assert (name, decoding.check_tx(message).tx) == ("check_tx", b"a=1")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("check_tx", pb.RequestCheckTx(type=2)),
        ("init_chain", pb.RequestInitChain(validators=[pb.ValidatorUpdate(power=1)])),
        ("finalize_block", pb.RequestFinalizeBlock(misbehavior=[pb.Misbehavior(type=3)])),
    ],
)
def test_what_no_application_could_judge_is_refused(name: str, message: Any) -> None:
    application = KvApplication()
    with pytest.raises(BadFrame):
        METHODS[name].answer(application, message)
    assert application.calls == []


def test_enum_numbers_are_those_of_the_wire() -> None:
    assert {r.name: r.value for r in res.OfferResult} | {"UNKNOWN": 0} == dict(
        pb.ResponseOfferSnapshot.Result.items()
    )
    assert {r.name: r.value for r in res.ApplyResult} | {"UNKNOWN": 0} == dict(
        pb.ResponseApplySnapshotChunk.Result.items()
    )
    assert {r.name: r.value for r in res.ProposalStatus} | {"UNKNOWN": 0} == dict(
        pb.ResponseProcessProposal.ProposalStatus.items()
    )
    assert {r.name: r.value for r in res.VerifyStatus} | {"UNKNOWN": 0} == dict(
        pb.ResponseVerifyVoteExtension.VerifyStatus.items()
    )
    assert {r.name: r.value for r in common.MisbehaviorType} == dict(pb.MisbehaviorType.items())
    assert {r.name: r.value for r in req.CheckTxType} == dict(pb.CheckTxType.items())
