"""import_seed: the newcomer opens the envelope of its own record (protocol.md section 8).

Only against what the chain committed, under a header that the light client reached from the anchor
of one quote: the quote whose report_data the record carries. The record must be this node's, and
the keys derived from the seed must be the network's. Any failure leaves the enclave as it was.
"""

from __future__ import annotations

from typing import Final

from enclave.crypto.key_schedule import derive_io_keys, open_previous_seed
from enclave.crypto.seed_envelope import SeedContext, open_seed
from enclave.errors import Code, Refusal
from enclave.framework.enclave import Enclave
from enclave.framework.sealed_values import QuoteEntry
from enclave.framework.states import Operation
from enclave.handlers.context import check_not_forked, newcomer_chain
from enclave.proven.chain import ProvenChain
from enclave.registration.records import NodeRecord, NodeStatus, decode_node_record
from seedpact.enclave.v1 import chain_pb2
from seedpact.enclave.v1 import service_pb2 as pb


class ImportSeed:
    """PENDING -> HOLDER."""

    operation: Final = Operation.IMPORT_SEED
    request: Final = pb.ImportSeedRequest

    def handle(self, enclave: Enclave, request: pb.ImportSeedRequest) -> pb.ImportSeedResponse:
        """Opens, checks and keeps the seeds of every epoch, in one write.

        Raises:
            Refusal: FORKED, RECORD_MISMATCH, RECORD_NOT_CONFIRMED, RECORD_EXPIRED,
                RECORD_TOO_NEW, UNKNOWN_QUOTE, STALE_EPOCH, KEM_SECRET_MISSING, KEM_KEY_MISMATCH,
                ENVELOPE_OPEN_FAILED, NETWORK_KEYS_MISMATCH, PREVIOUS_SEED_OPEN_FAILED; as
                `newcomer_chain`.
        """
        check_not_forked(enclave)
        entry = _quote_of(enclave, request.chain)
        chain = newcomer_chain(enclave, request.chain, entry)
        record = check_own_record(enclave, chain)
        seeds = _open_all(enclave, chain, record)
        enclave.keys.hold(seeds, entry=entry, header=chain.header)
        return pb.ImportSeedResponse(epochs=enclave.keys.epochs(), tls_key=enclave.keys.tls_key)


def check_own_record(enclave: Enclave, chain: ProvenChain) -> NodeRecord:
    """The record is this node's and this code's, confirmed, and lives at the proving header.

    Raises:
        Refusal: UNPROVEN_CONTEXT, RECORD_MISMATCH, RECORD_NOT_CONFIRMED, RECORD_EXPIRED or
            RECORD_TOO_NEW.
    """
    record = _mine(enclave, chain.own_record())
    if record.status is not NodeStatus.CONFIRMED:
        raise Refusal(
            Code.RECORD_NOT_CONFIRMED, expected="status CONFIRMED", found=record.status.name
        )
    if record.expires_at <= chain.gate_time:
        raise Refusal(
            Code.RECORD_EXPIRED,
            expected=f"expires_at after {chain.gate_time.seconds}",
            found=f"{record.expires_at.seconds}",
        )
    if record.height >= chain.header.height:
        raise Refusal(
            Code.RECORD_TOO_NEW,
            expected=f"a record of a block before {chain.header.height}, the proving header",
            found=f"one of block {record.height}",
        )
    return record


def _mine(enclave: Enclave, record: NodeRecord | None) -> NodeRecord:
    keys = enclave.keys
    if (
        record is None
        or record.node_id != keys.node_id
        or record.exchange_key != keys.node_key.public
    ):
        raise Refusal(
            Code.RECORD_MISMATCH,
            expected=f"the record of node {keys.node_id.hex()}",
            found="none" if record is None else f"that of {record.node_id.hex()}",
        )
    if record.verdict.measurement != enclave.measurement:
        raise Refusal(
            Code.RECORD_MISMATCH,
            expected=f"a record of this code, {enclave.measurement.encoded.hex()}",
            found=record.verdict.measurement.encoded.hex(),
        )
    return record


def _quote_of(enclave: Enclave, chain: chain_pb2.ChainProof) -> QuoteEntry:
    """The quote whose report_data the record carries; its anchor is the root of what proves it.

    The record is not proven yet. It only says which root it is to be proven from.
    """
    if not chain.HasField("own_record"):
        raise Refusal(
            Code.UNPROVEN_CONTEXT,
            expected="a proof of own_record under the chain's newest header",
            found="none: the host's word alone is never taken",
        )
    if not chain.own_record.value:
        raise Refusal(
            Code.RECORD_MISMATCH,
            expected=f"the record of node {enclave.keys.node_id.hex()}",
            found="none",
        )
    record = decode_node_record(chain.own_record.value)
    for entry in enclave.keys.quotes():
        if entry.report_data == record.report_data:
            return entry
    raise Refusal(
        Code.UNKNOWN_QUOTE,
        expected="the report_data of a quote that this enclave made for these keys",
        found=record.report_data.hex(),
    )


def _open_all(enclave: Enclave, chain: ProvenChain, record: NodeRecord) -> dict[int, bytes]:
    """The record's epoch from its envelope, the older ones each from its successor."""
    if record.epoch != chain.epoch:
        raise Refusal(
            Code.STALE_EPOCH, expected=f"epoch {chain.epoch}", found=f"epoch {record.epoch}"
        )
    seeds = {record.epoch: _open_envelope(enclave, chain, record)}
    for newer, older in zip(
        reversed(chain.network_keys), reversed(chain.network_keys[:-1]), strict=False
    ):
        seed = seeds[newer.epoch]
        keys = derive_io_keys(
            seed, mode=enclave.mode, network_id=enclave.keys.network_id, epoch=newer.epoch
        )
        seeds[older.epoch] = open_previous_seed(
            seed, newer.prev_seed, keys=keys, previous_pk_io=older.pk_io
        )
    return seeds


def _open_envelope(enclave: Enclave, chain: ProvenChain, record: NodeRecord) -> bytes:
    proven = chain.current_keys
    kem = enclave.keys.kem_secret(record.epoch)
    if kem.kem_io != proven.kem_io:
        raise Refusal(
            Code.KEM_KEY_MISMATCH,
            expected="the kem_io that this enclave encapsulated to",
            found="another one on the chain: discard the keys and register again",
        )
    seed = open_seed(
        record.envelope,
        context=SeedContext(
            mode=enclave.mode,
            network_id=enclave.keys.network_id,
            epoch=record.epoch,
            pk_io=proven.pk_io,
            kem_io=proven.kem_io,
            exchange_key=enclave.keys.node_key.public,
            kem_ciphertext=kem.ciphertext,
            report_data=record.report_data,
        ),
        node_key=enclave.keys.node_key,
        kem_secret=kem.secret,
    )
    derived = derive_io_keys(
        seed, mode=enclave.mode, network_id=enclave.keys.network_id, epoch=record.epoch
    )
    if (derived.pk_io, derived.kem_public) != (proven.pk_io, proven.kem_io):
        raise Refusal(
            Code.NETWORK_KEYS_MISMATCH,
            expected=f"a seed of pk_io {proven.pk_io.hex()} and its kem_io",
            found=f"a seed of pk_io {derived.pk_io.hex()}",
        )
    return seed
