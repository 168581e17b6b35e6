"""How handlers put quotes into responses, and how the bootstrap quote is made (section 9)."""

from __future__ import annotations

from enclave.attestation.report_data import bootstrap_report_data
from enclave.attestation.types import Evidence
from enclave.framework.enclave import Enclave
from seedpact.enclave.v1 import service_pb2 as pb


def evidence_to_proto(evidence: Evidence) -> pb.Evidence:
    """The protobuf of `evidence`."""
    return pb.Evidence(quote=evidence.quote, collateral=evidence.collateral)


def bootstrap_quote(enclave: Enclave) -> tuple[bytes, Evidence]:
    """(report_data of 64 bytes, evidence) of the enclave that made epoch 0. Raises Refusal."""
    keys = enclave.keys
    first = keys.io_keys(0)
    report_data = bootstrap_report_data(
        keys.mode,
        network_id=keys.network_id,
        exchange_key=keys.node_key.public,
        pk_io=first.pk_io,
        kem_io=first.kem_public,
        tls_key=keys.tls_key,
    )
    return report_data, enclave.quote(report_data)
