"""import_seed: the newcomer opens the envelope of its own record (protocol.md section 8).

Only against what the chain committed: the record must be this node's, carry the report_data of a
quote that this enclave made, and the keys derived from the seed must be the network's. Any failure
leaves the enclave as it was.
"""

from __future__ import annotations

from typing import Final

from enclave.crypto.key_schedule import derive_io_keys, open_previous_seed
from enclave.crypto.seed_envelope import SeedContext, open_seed
from enclave.errors import Code, Refusal
from enclave.framework.enclave import Enclave
from enclave.framework.sealed_values import QuoteEntry
from enclave.framework.states import Operation
from enclave.handlers.context import context_of
from enclave.registration.context import ProvenContext
from enclave.registration.records import NodeRecord, NodeStatus
from seedpact.enclave.v1 import service_pb2 as pb


class ImportSeed:
    """PENDING -> HOLDER."""

    operation: Final = Operation.IMPORT_SEED

    def handle(self, enclave: Enclave, request: pb.ImportSeedRequest) -> pb.ImportSeedResponse:
        """Opens, checks and keeps the seeds of every epoch, in one write.

        Raises:
            Refusal: RECORD_MISMATCH, RECORD_NOT_CONFIRMED, RECORD_EXPIRED, UNKNOWN_QUOTE,
                STALE_EPOCH, KEM_SECRET_MISSING, KEM_KEY_MISMATCH, ENVELOPE_OPEN_FAILED,
                NETWORK_KEYS_MISMATCH, PREVIOUS_SEED_OPEN_FAILED; as `context_of`.
        """
        context = context_of(enclave, request.context)
        record = check_own_record(enclave, context)
        entry = _quote_of(enclave, record)
        seeds = _open_all(enclave, context, record)
        enclave.keys.hold(seeds, entry=entry, height=context.height)
        return pb.ImportSeedResponse(epochs=enclave.keys.epochs(), tls_key=enclave.keys.tls_key)


def check_own_record(enclave: Enclave, context: ProvenContext) -> NodeRecord:
    """The record is this node's, confirmed, and lives.

    Raises:
        Refusal: RECORD_MISMATCH, RECORD_NOT_CONFIRMED or RECORD_EXPIRED.
    """
    record, keys = context.own_record, enclave.keys
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
    if record.status is not NodeStatus.CONFIRMED:
        raise Refusal(
            Code.RECORD_NOT_CONFIRMED, expected="status CONFIRMED", found=record.status.name
        )
    if record.expires_at <= context.gate_time:
        raise Refusal(
            Code.RECORD_EXPIRED,
            expected=f"expires_at after {context.gate_time.seconds}",
            found=f"{record.expires_at.seconds}",
        )
    return record


def _quote_of(enclave: Enclave, record: NodeRecord) -> QuoteEntry:
    for entry in enclave.keys.quotes():
        if entry.report_data == record.report_data:
            return entry
    raise Refusal(
        Code.UNKNOWN_QUOTE,
        expected="the report_data of a quote that this enclave made for these keys",
        found=record.report_data.hex(),
    )


def _open_all(enclave: Enclave, context: ProvenContext, record: NodeRecord) -> dict[int, bytes]:
    """The record's epoch from its envelope, the older ones each from its successor."""
    if record.epoch != context.epoch:
        raise Refusal(
            Code.STALE_EPOCH, expected=f"epoch {context.epoch}", found=f"epoch {record.epoch}"
        )
    seeds = {record.epoch: _open_envelope(enclave, context, record)}
    for newer, older in zip(
        reversed(context.network_keys), reversed(context.network_keys[:-1]), strict=False
    ):
        seed = seeds[newer.epoch]
        keys = derive_io_keys(
            seed, mode=enclave.mode, network_id=context.network_id, epoch=newer.epoch
        )
        seeds[older.epoch] = open_previous_seed(
            seed, newer.prev_seed, keys=keys, previous_pk_io=older.pk_io
        )
    return seeds


def _open_envelope(enclave: Enclave, context: ProvenContext, record: NodeRecord) -> bytes:
    proven = context.current_keys
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
            network_id=context.network_id,
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
        seed, mode=enclave.mode, network_id=context.network_id, epoch=record.epoch
    )
    if (derived.pk_io, derived.kem_public) != (proven.pk_io, proven.kem_io):
        raise Refusal(
            Code.NETWORK_KEYS_MISMATCH,
            expected=f"a seed of pk_io {proven.pk_io.hex()} and its kem_io",
            found=f"a seed of pk_io {derived.pk_io.hex()}",
        )
    return seed
