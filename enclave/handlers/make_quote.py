"""make_quote: a quote to join, to renew, or for the genesis once more (protocol.md section 10).

Before HOLDER every quote gets a new tls_key and is sealed with its anchor, so that a record on the
true chain never vouches for an enclave that trusts another root. A HOLDER keeps its tls_key, and
binds only a header that the chain proves to it; its root of trust stays.
"""

from __future__ import annotations

from typing import Final

from enclave.attestation.report_data import register_report_data
from enclave.crypto.primitives import check_length, ed25519_public
from enclave.errors import Code, Refusal
from enclave.framework.enclave import Enclave
from enclave.framework.sealed_values import KemSecret, QuoteEntry
from enclave.framework.states import Operation, State
from enclave.handlers.context import check_not_forked, holder_chain
from enclave.handlers.evidence import bootstrap_quote, evidence_to_proto
from enclave.registration.network import HASH_BYTES
from enclave.registration.records import OPERATOR_BYTES
from enclave.time import check_height
from seedpact.enclave.v1 import service_pb2 as pb


class MakeQuote:
    """KEYED, PENDING -> PENDING; HOLDER stays."""

    operation: Final = Operation.MAKE_QUOTE
    request: Final = pb.MakeQuoteRequest

    def handle(self, enclave: Enclave, request: pb.MakeQuoteRequest) -> pb.MakeQuoteResponse:
        """Makes the quote of the purpose that is set.

        Raises:
            Refusal: FORKED; BAD_VALUE without a purpose; else as the purpose's rules say.
        """
        check_not_forked(enclave)
        match request.WhichOneof("purpose"):
            case "register":
                return _register(enclave, request.register)
            case "bootstrap":
                return _bootstrap(enclave)
            case _:
                raise Refusal(
                    Code.BAD_VALUE, expected="purpose register or bootstrap", found="none"
                )


def _register(enclave: Enclave, purpose: pb.RegisterPurpose) -> pb.MakeQuoteResponse:
    check_length("operator", purpose.operator, OPERATOR_BYTES)
    check_length("anchor_hash", purpose.anchor_hash, HASH_BYTES)
    check_height(purpose.anchor_height)
    keys = enclave.keys
    if enclave.state is State.HOLDER:
        kem = _holder_kem(enclave, purpose)
    else:
        kem = _newcomer_kem(enclave, purpose)
    tls_seed = keys.new_tls_seed()
    tls_key = ed25519_public(tls_seed)
    report_data = register_report_data(
        keys.mode,
        network_id=keys.network_id,
        operator=purpose.operator,
        exchange_key=keys.node_key.public,
        kem_ciphertext=kem.ciphertext,
        epoch=purpose.epoch,
        anchor_height=purpose.anchor_height,
        anchor_hash=purpose.anchor_hash,
        tls_key=tls_key,
    )
    keys.add_quote(
        QuoteEntry(
            anchor_height=purpose.anchor_height,
            anchor_hash=purpose.anchor_hash,
            report_data=report_data,
            tls_seed=tls_seed,
        )
    )
    return pb.MakeQuoteResponse(
        evidence=evidence_to_proto(enclave.quote(report_data)),
        report_data=report_data,
        exchange_key=keys.node_key.public,
        kem_ciphertext=kem.ciphertext,
        tls_key=tls_key,
        node_id=keys.node_id,
    )


def _newcomer_kem(enclave: Enclave, purpose: pb.RegisterPurpose) -> KemSecret:
    if purpose.HasField("chain"):
        raise Refusal(
            Code.BAD_VALUE, expected="no chain before HOLDER", found="a chain: nobody checks it"
        )
    return enclave.keys.ensure_kem_secret(purpose.epoch, purpose.kem_io)


def _holder_kem(enclave: Enclave, purpose: pb.RegisterPurpose) -> KemSecret:
    chain = holder_chain(enclave, purpose.chain)
    if purpose.epoch != chain.epoch:
        raise Refusal(
            Code.STALE_EPOCH, expected=f"epoch {chain.epoch}", found=f"epoch {purpose.epoch}"
        )
    anchor = chain.anchors.get(purpose.anchor_height)
    if anchor is None or anchor.hash != purpose.anchor_hash:
        raise Refusal(
            Code.UNVERIFIED_ANCHOR,
            expected="a header that the chain proves to this holder",
            found=f"height {purpose.anchor_height}, hash {purpose.anchor_hash.hex()}",
        )
    if purpose.kem_io:
        raise Refusal(
            Code.BAD_VALUE, expected="no kem_io: a holder knows its own", found="a kem_io"
        )
    keys = enclave.keys
    return keys.ensure_kem_secret(purpose.epoch, keys.io_keys(purpose.epoch).kem_public)


def _bootstrap(enclave: Enclave) -> pb.MakeQuoteResponse:
    keys = enclave.keys
    # Only a bootstrap leaves the genesis itself as root of trust.
    if keys.trust is None or keys.trust.root_hash:
        raise Refusal(
            Code.NOT_BOOTSTRAPPED,
            expected="the enclave that made epoch 0",
            found=f"an enclave in {enclave.state.name} that did not",
        )
    report_data, evidence = bootstrap_quote(enclave)
    return pb.MakeQuoteResponse(
        evidence=evidence_to_proto(evidence),
        report_data=report_data,
        exchange_key=keys.node_key.public,
        tls_key=keys.tls_key,
        node_id=keys.node_id,
    )
