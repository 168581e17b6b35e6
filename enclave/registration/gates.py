"""The gates of a registration that an enclave runs itself (protocol.md sections 5 and 7).

In the order of section 5, at gate time: 1 form; 2 freeze, epoch and anchor; 3 the quote;
4 binding; 5 policy and floor; 6 the machine list. One use of a quote, one live node a machine and
the rate limit are the chain's alone, because they need the whole state. Each refusal has its code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from enclave.attestation.collateral import Collateral
from enclave.attestation.policy import MachineListed, check_floor, predicates
from enclave.attestation.report_data import check_report_data, register_report_data
from enclave.attestation.types import Measurement, VerifiedReport
from enclave.crypto.primitives import (
    KEM_CIPHERTEXT_BYTES,
    check_exchange_key,
    check_length,
    check_tls_key,
)
from enclave.errors import Code, Refusal
from enclave.registration.context import ProvenContext
from enclave.registration.network import HASH_BYTES, Floor, check_approvals
from enclave.registration.records import OPERATOR_BYTES
from enclave.time import check_height


class Claim(Protocol):
    """What a newcomer says of itself, and its quote binds."""

    @property
    def operator(self) -> bytes:
        """20 bytes, the raw account address."""
        ...

    @property
    def exchange_key(self) -> bytes:
        """32 bytes, X25519."""
        ...

    @property
    def kem_ciphertext(self) -> bytes:
        """1,088 bytes, ML-KEM-768."""
        ...

    @property
    def epoch(self) -> int:
        """The epoch whose KEM key the ciphertext is for."""
        ...

    @property
    def anchor_height(self) -> int:
        """Height of the header that is its root of trust."""
        ...

    @property
    def anchor_hash(self) -> bytes:
        """32 bytes, that header's hash."""
        ...

    @property
    def tls_key(self) -> bytes:
        """32 bytes, Ed25519."""
        ...


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What a `MsgRegisterNode` says, without its moniker."""

    operator: bytes
    exchange_key: bytes
    kem_ciphertext: bytes
    epoch: int
    anchor_height: int
    anchor_hash: bytes
    tls_key: bytes
    quote: bytes
    collateral: Collateral


@dataclass(frozen=True, slots=True)
class Admitted:
    """Code that the floor lets in (section 4): the verifier's own, and what upgrade keys signed."""

    own: Measurement
    approved: frozenset[Measurement]


def admitted_code(context: ProvenContext, *, floor: Floor, own: Measurement) -> Admitted:
    """What an enclave of measurement `own` may confirm. Costs a signature check an approval."""
    approvals = context.policy.upgrades
    return Admitted(own, check_approvals(approvals, floor=floor, network=context.network_id))


def check_claim(newcomer: Claim, *, context: ProvenContext) -> None:
    """Gates 1 and 2: what a newcomer claims, before its quote is looked into.

    Raises:
        Refusal: as `check_form` and `check_state`.
    """
    check_form(newcomer)
    check_state(newcomer, context=context)


def check_report(
    report: VerifiedReport,
    newcomer: Newcomer,
    *,
    context: ProvenContext,
    floor: Floor,
    admitted: Admitted,
) -> None:
    """Gates 4 to 6: the report binds every field of `newcomer`, and policy and floor take it.

    Args:
        report: of the newcomer's quote, from `verification.verify_newcomer`.
        newcomer: as it stands in the register's transaction, past `check_claim`.
        context: the chain at gate time.
        floor: this network's, as sealed.
        admitted: the code that the floor lets in, the same for every newcomer of a block.

    Raises:
        Refusal: the code of the first gate that says no.
    """
    check_report_data(report.report_data, expected=expected_report_data(newcomer, context, floor))
    predicates(context.policy).check(report)
    check_floor(
        report,
        worst_tcb_status=floor.worst_tcb_status,
        own=admitted.own,
        approved=admitted.approved,
    )
    if context.policy.require_machine_list:
        MachineListed(context.machines).check(report)


def check_form(newcomer: Claim) -> None:
    """Gate 1. The sizes of quote and collateral are checked by their parsers, before parsing.

    Raises:
        Refusal: BAD_LENGTH, BAD_VALUE, BAD_EXCHANGE_KEY, LOW_ORDER_KEY or BAD_TLS_KEY.
    """
    check_length("operator", newcomer.operator, OPERATOR_BYTES)
    check_length("kem_ciphertext", newcomer.kem_ciphertext, KEM_CIPHERTEXT_BYTES)
    check_length("anchor_hash", newcomer.anchor_hash, HASH_BYTES)
    check_height(newcomer.anchor_height)
    check_exchange_key(newcomer.exchange_key)
    check_tls_key(newcomer.tls_key)


def check_state(newcomer: Claim, *, context: ProvenContext) -> None:
    """Gate 2 as far as an enclave runs it: freeze, epoch, and the anchor's truth and age.

    Raises:
        Refusal: FROZEN, STALE_EPOCH, UNKNOWN_ANCHOR or STALE_QUOTE.
    """
    if context.policy.frozen:
        raise Refusal(Code.FROZEN, expected="a policy that is not frozen", found="frozen")
    if newcomer.epoch != context.epoch:
        raise Refusal(
            Code.STALE_EPOCH, expected=f"epoch {context.epoch}", found=f"epoch {newcomer.epoch}"
        )
    anchor = context.anchors.get(newcomer.anchor_height)
    newest = context.height - 2
    if anchor is None or anchor.hash != newcomer.anchor_hash or anchor.height > newest:
        raise Refusal(
            Code.UNKNOWN_ANCHOR,
            expected=f"a header of this chain at height {newest} or below",
            found=f"height {newcomer.anchor_height}, hash {newcomer.anchor_hash.hex()}",
        )
    age, limit = context.height - newcomer.anchor_height, context.policy.max_quote_age_blocks
    if age > limit:
        raise Refusal(
            Code.STALE_QUOTE,
            expected=f"an anchor at most {limit} blocks old",
            found=f"{age} blocks",
        )


def expected_report_data(newcomer: Claim, context: ProvenContext, floor: Floor) -> bytes:
    """Gate 4's 64 bytes: what the quote must bind."""
    return register_report_data(
        floor.mode,
        network_id=context.network_id,
        operator=newcomer.operator,
        exchange_key=newcomer.exchange_key,
        kem_ciphertext=newcomer.kem_ciphertext,
        epoch=newcomer.epoch,
        anchor_height=newcomer.anchor_height,
        anchor_hash=newcomer.anchor_hash,
        tls_key=newcomer.tls_key,
    )
