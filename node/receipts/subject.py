"""A receipt, read: everything in it decoded and bounded, nothing of it believed.

What does not decode is no receipt (`malformed_receipt`); what decodes and is wrong is for the
checks. Two forms: of a register, with its transaction; of the bootstrap node's first record, whose
quote stands in the genesis.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chain_module.errors import TxRefusal
from chain_module.message import MessageKind
from chain_module.registration.messages import REGISTER_NODE, MsgRegisterNode, outline_register
from chain_module.registration.records import StoredCollateral, decode_collateral
from chain_module.tx.codec import Tx, decode_tx
from enclave.errors import Refusal
from enclave.light_client.codec import (
    decode_header,
    decode_light_block,
    decode_validator_set,
    encode_light_block,
    encode_validator_set,
)
from enclave.light_client.enclave_rule import Step
from enclave.light_client.types import Header
from enclave.proven.headers import MAX_STEPS
from enclave.registration.network import HASH_BYTES, NetworkInputs
from enclave.registration.network_codec import network_from_proto
from enclave.registration.records import (
    NODE_ID_BYTES,
    NetworkKeys,
    NodeRecord,
    decode_network_keys,
    decode_node_record,
)
from enclave.wire import encode, strict_decode
from node.receipts.failures import malformed
from node.receipts.json_form import load
from seedpact.enclave.v1 import chain_pb2
from seedpact.receipt.v1 import receipt_pb2 as pb
from seedpact.registration.v1 import genesis_pb2

VERSION: Final = 1
MAX_RECEIPT_BYTES: Final = 16 * 1024 * 1024
"""4 light blocks of 1,000 validators take 3 MiB."""
NO_TX: Final = bytes(HASH_BYTES)
"""`register_tx_hash` of the bootstrap node's first record."""

_REGISTER: Final = {REGISTER_NODE: MessageKind(REGISTER_NODE, outline_register)}


@dataclass(frozen=True, slots=True)
class Register:
    """The transaction with which a node registered."""

    tx: Tx
    message: MsgRegisterNode


@dataclass(frozen=True, slots=True)
class Subject:
    """What a receipt says."""

    node_id: bytes
    network_id: bytes
    network: NetworkInputs
    quote: bytes
    collateral: bytes
    """JSON, not parsed."""
    record: NodeRecord
    """As the chain stores it, in the entry."""
    shown_record: NodeRecord
    """As the receipt has it for readers."""
    network_keys: NetworkKeys
    register: Register | None
    """None: `founder` is there."""
    founder: genesis_pb2.GenesisNetwork | None
    stored_collateral: StoredCollateral | None
    """What the chain keeps, where the register brought none."""
    root: Header | None
    steps: tuple[Step, ...]
    record_entry: chain_pb2.ProvenEntry
    network_keys_entry: chain_pb2.ProvenEntry
    collateral_entry: chain_pb2.ProvenEntry
    bootstrap_entry: chain_pb2.ProvenEntry

    @property
    def proving(self) -> Header:
        """The header under which the entries stand."""
        return self.steps[-1].block.header

    @property
    def headers(self) -> tuple[Header, ...]:
        """All that the receipt has, ascending where they are as they should."""
        first = () if self.root is None else (self.root,)
        return (*first, *(step.block.header for step in self.steps))

    def header_at(self, height: int) -> Header | None:
        """The header of that height."""
        return next((one for one in self.headers if one.height == height), None)


def read(data: bytes) -> Subject:
    """The receipt in a file.

    Raises:
        ReceiptFailure: MALFORMED_RECEIPT.
    """
    if len(data) > MAX_RECEIPT_BYTES:
        raise malformed(f"at most {MAX_RECEIPT_BYTES} bytes", f"{len(data)}")
    return understand(load(data, pb.Receipt))


def understand(receipt: pb.Receipt) -> Subject:
    """The same of a message. Raises ReceiptFailure, MALFORMED_RECEIPT."""
    _check_parts(receipt)
    try:
        return _subject(receipt)
    except Refusal as refusal:
        raise malformed(refusal.expected, refusal.found) from None
    except TxRefusal as refusal:
        raise malformed(refusal.expected, refusal.found) from None


def _check_parts(receipt: pb.Receipt) -> None:
    """Version, and that the parts of one form are there, and not of the other."""
    if receipt.version != VERSION:
        raise malformed(f"a receipt of version {VERSION}", f"version {receipt.version}")
    founder = not receipt.register_tx
    wanted = {
        "network": True,
        "record": True,
        "record_entry": True,
        "network_keys_entry": True,
        "bootstrap_entry": founder,
    }
    if founder:
        wanted["collateral_entry"] = False
    for name, there in wanted.items():
        if receipt.HasField(name) is not there:
            raise malformed(f"{name} {'there' if there else 'left out'}", "the contrary")
    if len(receipt.node_id) != NODE_ID_BYTES:
        raise malformed(f"a node_id of {NODE_ID_BYTES} bytes", f"{len(receipt.node_id)}")
    if not 1 <= len(receipt.steps) <= MAX_STEPS:
        raise malformed(f"1 to {MAX_STEPS} steps", f"{len(receipt.steps)}")


def _subject(receipt: pb.Receipt) -> Subject:
    stored = None
    if receipt.HasField("collateral_entry"):
        stored = decode_collateral(receipt.collateral_entry.value)
    return Subject(
        node_id=receipt.node_id,
        network_id=receipt.network_id,
        network=network_from_proto(receipt.network),
        quote=receipt.quote,
        collateral=receipt.collateral,
        record=decode_node_record(receipt.record_entry.value),
        shown_record=decode_node_record(encode(receipt.record)),
        network_keys=decode_network_keys(receipt.network_keys_entry.value),
        register=_register(receipt.register_tx),
        founder=_founder(receipt.bootstrap_entry),
        stored_collateral=stored,
        root=decode_header(receipt.root) if receipt.HasField("root") else None,
        steps=tuple(map(_only_step, receipt.steps)),
        record_entry=receipt.record_entry,
        network_keys_entry=receipt.network_keys_entry,
        collateral_entry=receipt.collateral_entry,
        bootstrap_entry=receipt.bootstrap_entry,
    )


def decode_step(step: chain_pb2.HeaderStep) -> Step:
    """One step of the light client. Raises Refusal."""
    named = decode_validator_set(step.trusted_next) if step.HasField("trusted_next") else None
    return Step(decode_light_block(step.block), named)


def encode_step(step: Step) -> chain_pb2.HeaderStep:
    """The protobuf of `step`: nothing but what is hashed or signed."""
    message = chain_pb2.HeaderStep(block=encode_light_block(step.block))
    if step.trusted_next is not None:
        message.trusted_next.CopyFrom(encode_validator_set(step.trusted_next))
    return message


def decode_register_tx(raw: bytes) -> Register:
    """A register's transaction. Raises TxRefusal; ReceiptFailure where it is of another form."""
    tx = decode_tx(raw, _REGISTER)
    message = tx.outlines[0].read()
    if len(tx.outlines) != 1 or not isinstance(message, MsgRegisterNode):
        raise malformed("a register, alone in its transaction", f"{len(tx.outlines)} messages")
    return Register(tx, message)


def _only_step(message: chain_pb2.HeaderStep) -> Step:
    """A step that holds nothing besides what the rules look at."""
    step = decode_step(message)
    if encode_step(step) != message:
        raise malformed(
            f"of the light block at {step.block.header.height} what is hashed or signed, alone",
            "proposer, priorities or a total power",
        )
    return step


def _register(raw: bytes) -> Register | None:
    return decode_register_tx(raw) if raw else None


def _founder(entry: chain_pb2.ProvenEntry) -> genesis_pb2.GenesisNetwork | None:
    if not entry.value:
        return None
    return strict_decode(genesis_pb2.GenesisNetwork, entry.value, max_bytes=len(entry.value))
