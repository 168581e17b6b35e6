"""Makes a receipt of what one node shows, and lets none out that does not hold.

Entries are of one state, provable under one header: the newest, where nothing else is asked. The
path of headers begins with the genesis and goes over the header that the quote bound and the one
before the record's block, each light block with the votes that are needed. A node that has lost
the first blocks shows a path from the quote's header on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final

from chain_module.errors import TxRefusal
from chain_module.registration import keys
from chain_module.registration.records import decode_collateral, decode_identity
from enclave.errors import Refusal
from enclave.light_client.codec import decode_header
from enclave.light_client.enclave_rule import Step
from enclave.light_client.types import Header
from enclave.registration.network_codec import network_to_proto
from enclave.registration.records import NodeRecord, decode_node_record
from node.engine_rpc import EngineRefused
from node.light_blocks.path import Start, find_path
from node.receipts.failures import ReceiptFailure, no_receipt
from node.receipts.json_form import dump
from node.receipts.source import Source
from node.receipts.subject import (
    NO_TX,
    VERSION,
    Register,
    decode_register_tx,
    decode_step,
    encode_step,
    understand,
)
from node.receipts.verifying import Trust, verify
from node.receipts.votes import needed_votes
from seedpact.enclave.v1 import chain_pb2
from seedpact.receipt.v1 import receipt_pb2 as pb
from seedpact.registration.v1 import genesis_pb2, types_pb2

_BELOW_NEWEST: Final = 1
"""The newest header proves the state of the block before it."""


def export(source: Source, node_id: bytes, *, version: int | None = None) -> bytes:
    """The file of a node's receipt.

    Args:
        source: the node that is asked.
        node_id: 32 bytes.
        version: the block after which the record is shown; None: the newest that can be proven.

    Raises:
        ReceiptFailure: NO_RECEIPT.
        NodeFailure: as the source.
    """
    if version is None:
        version = source.newest() - _BELOW_NEWEST
    try:
        receipt = _receipt(source, node_id, version)
    except (Refusal, TxRefusal) as refusal:
        raise no_receipt(
            "a node that shows records, transactions and headers", str(refusal)
        ) from None
    _check(receipt)
    return dump(receipt)


def _receipt(source: Source, node_id: bytes, version: int) -> pb.Receipt:
    entry = _entry(source, keys.node(node_id), version, f"a record of node {node_id.hex()}")
    record = decode_node_record(entry.value)
    identity = decode_identity(
        _entry(source, keys.IDENTITY, version, "the network's identity").value
    )
    receipt = pb.Receipt(
        version=VERSION,
        node_id=node_id,
        network_id=identity.network_id,
        network=network_to_proto(identity.network),
        record=types_pb2.NodeRecord.FromString(entry.value),
        record_entry=entry,
        network_keys_entry=_entry(
            source, keys.network(record.epoch), version, f"keys of epoch {record.epoch}"
        ),
    )
    chain_id, first = identity.network.chain_id, identity.network.initial_height
    if record.register_tx_hash == NO_TX:
        _add_genesis(receipt, source, version)
        _add_path(receipt, source, Start(chain_id, 0, first), [version + 1])
        return receipt
    register = _register(source, record)
    _add_register(receipt, source, register, record=record, version=version)
    anchor = register.message.anchor_height
    start = _start(source, Start(chain_id, 0, first), anchor, receipt)
    _add_path(receipt, source, start, [anchor, record.height - 1, version + 1])
    return receipt


def _entry(source: Source, key: bytes, version: int, what: str) -> chain_pb2.ProvenEntry:
    found = source.entry(key, version=version)
    if not found.value:
        raise no_receipt(f"{what} after block {version}", "none")
    return found


def _register(source: Source, record: NodeRecord) -> Register:
    for raw in source.txs(record.height):
        if hashlib.sha256(raw).digest() == record.register_tx_hash:
            return decode_register_tx(raw)
    raise no_receipt(
        f"the register {record.register_tx_hash.hex()} in block {record.height}", "none"
    )


def _add_register(
    receipt: pb.Receipt, source: Source, register: Register, *, record: NodeRecord, version: int
) -> None:
    receipt.register_tx = register.tx.raw
    receipt.quote = register.message.quote
    receipt.collateral = register.message.collateral
    if not receipt.collateral:
        verdict = record.verdict
        key = keys.collateral(verdict.fmspc, verdict.tee)
        entry = _entry(source, key, version, "the collateral that the chain keeps")
        receipt.collateral_entry.CopyFrom(entry)
        receipt.collateral = decode_collateral(entry.value).collateral


def _add_genesis(receipt: pb.Receipt, source: Source, version: int) -> None:
    entry = _entry(source, keys.BOOTSTRAP, version, "the bootstrap enclave's evidence")
    made = genesis_pb2.GenesisNetwork.FromString(entry.value)
    receipt.bootstrap_entry.CopyFrom(entry)
    receipt.quote, receipt.collateral = made.quote, made.collateral


def _start(source: Source, genesis: Start, anchor: int, receipt: pb.Receipt) -> Start:
    """The genesis, or the quote's header, which becomes the receipt's root."""
    try:
        source.light_block(genesis.genesis_height)
    except EngineRefused:
        receipt.root.CopyFrom(source.light_block(anchor).signed_header.header)
        return Start(genesis.chain_id, anchor)
    return genesis


def _add_path(receipt: pb.Receipt, source: Source, start: Start, over: Iterable[int]) -> None:
    trusted = decode_header(receipt.root) if receipt.HasField("root") else None
    for height in over:
        for message in find_path(source, start, to=height):
            step = _light(decode_step(message), trusted, start.chain_id)
            receipt.steps.append(encode_step(step))
            trusted = step.block.header
            start = Start(start.chain_id, trusted.height)


def _light(step: Step, trusted: Header | None, chain_id: str) -> Step:
    skips = trusted is not None and step.block.header.height > trusted.height + 1
    return needed_votes(step, chain_id=chain_id, skips=skips)


def _check(receipt: pb.Receipt) -> None:
    """Raises ReceiptFailure, NO_RECEIPT, where a check says no."""
    try:
        subject = understand(receipt)
    except ReceiptFailure as failure:
        raise no_receipt(failure.expected, failure.found) from None
    trust = Trust() if receipt.HasField("root") else Trust(network_id=subject.network_id)
    for outcome in verify(subject, trust).failed:
        raise no_receipt("parts that make a receipt", f"{outcome.name}: {outcome.found}")
