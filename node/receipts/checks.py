"""What a receipt has to show, one check a function, with the enclave's own code.

Each says in one line what it found, or raises a `Refusal`. All run, whatever the others say: each
takes from the receipt what it needs, and together they tie everything to the last header and to
the quote. Whether that header is of the network that is meant, `trust` decides.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Final

from chain_module.registration import keys
from enclave.attestation.collateral import Collateral
from enclave.attestation.quote import parse_quote
from enclave.attestation.report_data import (
    bootstrap_report_data,
    check_report_data,
    register_report_data,
)
from enclave.attestation.verifier import verify_quote
from enclave.crypto.seed_envelope import node_id
from enclave.errors import Code, Refusal
from enclave.light_client.enclave_rule import verify_step
from enclave.light_client.hashes import header_hash
from enclave.light_client.predicates import is_of_chain
from enclave.merkle.proof_ops import check_value
from enclave.proven.headers import genesis_header
from enclave.registration.network import check_inputs, network_id
from enclave.registration.records import network_keys_to_proto, verdict_of
from enclave.time import Time
from enclave.wire import encode
from node.receipts.subject import NO_TX, Register, Subject
from node.receipts.votes import check_votes
from seedpact.enclave.v1 import chain_pb2

Check = Callable[[Subject], str]


def network(subject: Subject) -> str:
    """The network's id is that of its inputs, and the inputs are of a network that can be."""
    inputs = subject.network
    check_inputs(inputs, mode=inputs.floor.mode)
    found = network_id(inputs)
    _same("network_id", found, subject.network_id, Code.WRONG_NETWORK)
    return f"{found.hex()}, chain {inputs.chain_id}, {inputs.floor.mode.value} mode"


def headers(subject: Subject) -> str:
    """Each header follows from the one before by the enclave's rule, from genesis or root on."""
    inputs = subject.network
    trusted = subject.root
    if trusted is not None:
        is_of_chain(trusted, inputs.chain_id)
    for step in subject.steps:
        if trusted is None:
            trusted = genesis_header(step.block, inputs)
        else:
            trusted = verify_step(
                trusted, step.block, chain_id=inputs.chain_id, trusted_next=step.trusted_next
            )
        check_votes(step.block, chain_id=inputs.chain_id)
    begin = "the genesis" if subject.root is None else f"header {subject.root.height}"
    last = subject.proving
    return f"{len(subject.steps)} from {begin} to {last.height}, {header_hash(last).hex()}"


def record(subject: Subject) -> str:
    """The record stands under the last header, as the receipt shows it, and is this node's."""
    found = subject.record
    _proven(subject, keys.node(subject.node_id), subject.record_entry)
    if found != subject.shown_record:
        raise _mismatch("record", "the one that is proven", "another")
    _same("node_id", found.node_id, subject.node_id)
    _same("node_id", node_id(subject.network.floor.mode, found.exchange_key), found.node_id)
    return f"{found.status.name}, of block {found.height}, at header {subject.proving.height}"


def network_keys(subject: Subject) -> str:
    """The keys of the record's epoch stand under the last header, and were in force."""
    found = subject.network_keys
    _proven(subject, keys.network(subject.record.epoch), subject.network_keys_entry)
    _same("epoch", found.epoch, subject.record.epoch)
    if found.from_height > subject.record.height:
        raise _mismatch(
            "epoch", f"one from height {subject.record.height} or before", f"{found.from_height}"
        )
    return f"epoch {found.epoch}, pk_io {found.pk_io.hex()}"


def register(subject: Subject) -> str:
    """The record is of this transaction, field by field; or of the genesis."""
    found = subject.record
    if subject.register is None:
        return _of_genesis(subject)
    message = subject.register.message
    for name, said in (
        ("register_tx_hash", subject.register.tx.hash),
        ("operator", message.operator),
        ("exchange_key", message.exchange_key),
        ("tls_key", message.tls_key),
        ("epoch", message.epoch),
        ("quote_hash", hashlib.sha256(message.quote).digest()),
    ):
        _same(name, said, getattr(found, name))
    _same("quote", message.quote, subject.quote)
    return f"{subject.register.tx.hash.hex().upper()} of block {found.height}"


def collateral(subject: Subject) -> str:
    """The collateral is the register's own, or what the chain keeps for this platform."""
    if subject.founder is not None:
        _same("collateral", subject.founder.collateral, subject.collateral)
        return "the genesis's"
    stored = subject.stored_collateral
    own = _register_of(subject).message.collateral
    if own and stored is not None:
        raise _mismatch("collateral", "the register's own alone", "the chain's besides")
    if own:
        _same("collateral", own, subject.collateral)
        return "the register's"
    if stored is None:
        raise _mismatch("collateral", "the chain's, with its proof", "none")
    verdict = subject.record.verdict
    _proven(subject, keys.collateral(verdict.fmspc, verdict.tee), subject.collateral_entry)
    _same("collateral", stored.collateral, subject.collateral)
    return f"the chain's at header {subject.proving.height}"


def gate_time(subject: Subject) -> str:
    """The record's time is that of the header before its block; or the genesis time."""
    found = subject.record
    height = subject.network.initial_height
    if subject.founder is not None:
        _same("height", found.height, height)
        expected = Time.of_unix_nanos(subject.network.genesis_time_unix_nanos)
    else:
        before = subject.header_at(found.height - 1)
        if before is None:
            raise _mismatch("time", f"header {found.height - 1} in the receipt", "none")
        expected = before.time
    if found.time != expected:
        raise _mismatch("time", _text(expected), _text(found.time))
    if subject.proving.height <= found.height:
        raise _mismatch(
            "height", f"one below header {subject.proving.height}", f"block {found.height}"
        )
    return f"{_text(found.time)}, until {_text(found.expires_at)}"


def anchor(subject: Subject) -> str:
    """The header that the quote binds is one of this path, and of before the record's block."""
    if subject.founder is not None:
        return "the bootstrap node's quote binds none"
    message = _register_of(subject).message
    found = subject.header_at(message.anchor_height)
    said = f"height {message.anchor_height}, hash {message.anchor_hash.hex()}"
    if found is None:
        raise Refusal(Code.UNKNOWN_ANCHOR, expected=f"a header of {said}", found="none")
    if header_hash(found) != message.anchor_hash:
        raise Refusal(
            Code.UNKNOWN_ANCHOR,
            expected=f"a header of {said}",
            found=f"one of hash {header_hash(found).hex()}",
        )
    if found.height >= subject.record.height - 1:
        raise Refusal(
            Code.UNKNOWN_ANCHOR,
            expected=f"an anchor at height {subject.record.height - 2} or below",
            found=f"height {found.height}",
        )
    return f"header {found.height}: the quote is not older than {_text(found.time)}"


def report_data(subject: Subject) -> str:
    """The quote binds this network, this operator, these keys and this anchor; so the record."""
    expected = _bound(subject)
    check_report_data(subject.record.report_data, expected=expected)
    check_report_data(parse_quote(subject.quote).report_data, expected=expected)
    return expected.hex()


def quote(subject: Subject) -> str:
    """The quote verifies at the record's time under the floor's root, with the record's verdict."""
    report = verify_quote(
        subject.quote,
        Collateral.parse(subject.collateral),
        root_der=subject.network.floor.attestation_root,
        now=subject.record.time.seconds,
    )
    found, expected = verdict_of(report), subject.record.verdict
    for name in ("tee", "tcb_status", "measurement", "advisories", "fmspc", "platform_id"):
        if getattr(found, name) != getattr(expected, name):
            raise _mismatch(
                f"verdict.{name}", str(getattr(expected, name)), str(getattr(found, name))
            )
    return f"{found.tee.name} {found.tcb_status.text}, {found.measurement.encoded.hex()}"


CHECKS: Final[Mapping[str, Check]] = {
    "network": network,
    "headers": headers,
    "record": record,
    "network_keys": network_keys,
    "register": register,
    "gate_time": gate_time,
    "anchor": anchor,
    "report_data": report_data,
    "collateral": collateral,
    "quote": quote,
}


def _of_genesis(subject: Subject) -> str:
    made, found = subject.founder, subject.record
    if made is None:
        raise _mismatch("register", "a transaction, or the genesis's evidence", "none")
    _proven(subject, keys.BOOTSTRAP, subject.bootstrap_entry)
    for name, expected in (
        ("register_tx_hash", NO_TX),
        ("exchange_key", made.exchange_key),
        ("tls_key", made.tls_key),
        ("epoch", made.keys.epoch),
        ("quote_hash", hashlib.sha256(made.quote).digest()),
    ):
        _same(name, expected, getattr(found, name))
    _same("quote", made.quote, subject.quote)
    _same("keys", encode(made.keys), encode(network_keys_to_proto(subject.network_keys)))
    return "none: the bootstrap node's first record is of the genesis"


def _bound(subject: Subject) -> bytes:
    """What the quote has to bind, 64 bytes."""
    mode, identity = subject.network.floor.mode, network_id(subject.network)
    made = subject.founder
    if made is not None:
        return bootstrap_report_data(
            mode,
            network_id=identity,
            exchange_key=made.exchange_key,
            pk_io=made.keys.pk_io,
            kem_io=made.keys.kem_io,
            tls_key=made.tls_key,
        )
    message = _register_of(subject).message
    return register_report_data(
        mode,
        network_id=identity,
        operator=message.operator,
        exchange_key=message.exchange_key,
        kem_ciphertext=message.kem_ciphertext,
        epoch=message.epoch,
        anchor_height=message.anchor_height,
        anchor_hash=message.anchor_hash,
        tls_key=message.tls_key,
    )


def _register_of(subject: Subject) -> Register:
    if subject.register is None:
        raise _mismatch("register", "a transaction", "none")
    return subject.register


def _proven(subject: Subject, key: bytes, entry: chain_pb2.ProvenEntry) -> None:
    check_value(
        entry.proof,
        app_hash=subject.proving.app_hash,
        store=keys.STORE,
        key=key,
        value=entry.value,
    )


def _same(
    name: str, expected: bytes | int, found: bytes | int, code: Code = Code.RECORD_MISMATCH
) -> None:
    if expected != found:
        raise _mismatch(name, _shown(expected), _shown(found), code)


def _mismatch(name: str, expected: str, found: str, code: Code = Code.RECORD_MISMATCH) -> Refusal:
    return Refusal(code, expected=f"{name}: {expected}", found=found)


def _shown(value: bytes | int) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def _text(time: Time) -> str:
    return f"{time.seconds}.{time.nanos:09d}"
