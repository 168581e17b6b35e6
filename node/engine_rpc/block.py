"""Reads a block of CometBFT's RPC, and a header with its commit."""

from __future__ import annotations

from node.engine_rpc.answers import Block, BlockId, Commit, CommitSig, Header, SignedHeader
from node.engine_rpc.fields import Fields, unbase64


def read_block(answer: Fields) -> Block:
    """`block`."""
    block = answer.part("block")
    data = block.part("data").values.get("txs") or []
    if not isinstance(data, list):
        block.wrong("data.txs", "a list", data)
    return Block(
        block_id=_block_id(answer.part("block_id")),
        header=read_header(block.part("header")),
        txs=tuple(unbase64(tx, "block.data.txs") for tx in data),
        evidence=len(block.part("evidence").rows("evidence")),
        last_commit=_last_commit(block.part("last_commit")),
    )


def read_signed_header(answer: Fields) -> SignedHeader:
    """`commit`."""
    signed = answer.part("signed_header")
    return SignedHeader(
        header=read_header(signed.part("header")),
        commit=_commit(signed.part("commit")),
        canonical=answer.flag("canonical"),
    )


def read_header(header: Fields) -> Header:
    """A header, in `block` and in `commit`."""
    version = header.part("version")
    return Header(
        version_block=version.integer("block"),
        version_app=version.integer("app", absent=0),
        chain_id=header.text("chain_id"),
        height=header.integer("height"),
        time_ns=header.moment("time"),
        last_block_id=_block_id(header.part("last_block_id")),
        last_commit_hash=header.hex("last_commit_hash"),
        data_hash=header.hex("data_hash"),
        validators_hash=header.hex("validators_hash"),
        next_validators_hash=header.hex("next_validators_hash"),
        consensus_hash=header.hex("consensus_hash"),
        app_hash=header.hex("app_hash"),
        last_results_hash=header.hex("last_results_hash"),
        evidence_hash=header.hex("evidence_hash"),
        proposer_address=header.hex("proposer_address"),
    )


def _block_id(block_id: Fields) -> BlockId:
    parts = block_id.part("parts")
    return BlockId(block_id.hex("hash"), parts.integer("total"), parts.hex("hash"))


def _last_commit(commit: Fields) -> Commit | None:
    """None in the first block, whose last commit has height 0."""
    return _commit(commit) if commit.integer("height") else None


def _commit(commit: Fields) -> Commit:
    signatures = tuple(
        CommitSig(
            flag=signature.integer("block_id_flag"),
            validator_address=signature.hex("validator_address"),
            time_ns=signature.moment("timestamp"),
            signature=signature.base64("signature"),
        )
        for signature in commit.rows("signatures")
    )
    return Commit(
        height=commit.integer("height"),
        round=commit.integer("round"),
        block_id=_block_id(commit.part("block_id")),
        signatures=signatures,
    )
