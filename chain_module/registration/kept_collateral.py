"""The collateral that the chain keeps: part by part, and of each part only ever a newer one.

A part counts for whatever it is about, whoever brought it: a CRL for all machines below its CA, a
QE identity for all of one kind of TEE, TCB info for one CPU family and kind of TEE. So a machine
that a CRL names cannot come back with the CRL of the day before, nor by way of another family.

The newest is the one issued last; of two that were issued in one second the one with the higher
number. Two statements of one age are a contradiction that nobody can judge: the first stays.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from chain_module.errors import TxRefusal
from chain_module.registration import keeper, keys
from chain_module.registration.errors import RegistrationReason
from chain_module.registration.records import (
    CollateralPart,
    StoredCollateral,
    decode_collateral_part,
    encode_collateral_part,
)
from chain_module.store.types import StateReader, StateStore
from enclave.attestation.certificates import crl_edition, pck_issuer_key_id
from enclave.attestation.collateral import Collateral, CollateralContent
from enclave.attestation.edition import Edition, read_document
from enclave.attestation.limits import MAX_COLLATERAL_BYTES
from enclave.attestation.quote import Quote


@dataclass(frozen=True, slots=True)
class _Pair:
    """One part as a collateral has it, and as the chain keeps it."""

    name: str
    found: Edition
    kept: Edition | None
    numbered: bool
    """Its number is a tcbEvaluationDataNumber, which never falls."""

    @property
    def rises(self) -> bool:
        """Whether the one that is found is to be kept."""
        if self.kept is None:
            return True
        falls = self.numbered and self.found.number < self.kept.number
        return self.found.age > self.kept.age and not falls


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the chain keeps of all that a collateral has parts of."""

    family: Collateral | None
    root_crl: CollateralPart | None
    pck_crl: CollateralPart | None
    qe_identity: CollateralPart | None


def check_not_older(state: StateReader, collateral: Collateral) -> None:
    """No part is older than what the chain keeps.

    Raises:
        TxRefusal: EVALUATION_NUMBER_TOO_LOW, COLLATERAL_OLDER or COLLATERAL_CONTRADICTS.
    """
    pairs = _pairs(collateral, _kept(state, collateral))
    for pair in pairs:
        kept, found = pair.kept, pair.found
        if kept is not None and pair.numbered and found.number < kept.number:
            raise TxRefusal(
                RegistrationReason.EVALUATION_NUMBER_TOO_LOW,
                expected=f"tcbEvaluationDataNumber {kept.number} or higher in {pair.name}, "
                "as the chain keeps it",
                found=str(found.number),
            )
    for pair in pairs:
        kept, found = pair.kept, pair.found
        if kept is not None and found.age < kept.age:
            raise TxRefusal(
                RegistrationReason.COLLATERAL_OLDER,
                expected=f"{pair.name} issued at {kept.issued_at} or later, as the chain keeps it",
                found=f"one of {found.issued_at}, number {found.number}",
            )
        if kept is not None and found.age == kept.age and found.statement != kept.statement:
            raise TxRefusal(
                RegistrationReason.COLLATERAL_CONTRADICTS,
                expected=f"{pair.name} of {kept.issued_at} as the chain keeps it, or a newer one",
                found=f"another of {found.issued_at}",
            )


def kept_for(state: StateReader, quote: Quote, fmspc: bytes) -> bytes | None:
    """The collateral for a machine, each part the newest that the chain has; None: it has none.

    Args:
        state: where.
        quote: of the machine; the CA in its chain says whose CRL counts.
        fmspc: of the machine.

    Raises:
        Refusal: CERTIFICATE_INVALID.
    """
    stored = keeper.collateral(state, fmspc, quote.tee)
    if stored is None:
        return None
    family = Collateral.parse(stored.collateral)
    kept = _kept(state, family)
    issuer = keys.crl(pck_issuer_key_id(quote.certification_data))
    newest = dataclasses.replace(kept, pck_crl=_part(state, issuer))
    return _with_newest(family.content, newest).encode()


def keep_collateral(state: StateStore, collateral: Collateral) -> None:
    """Keeps each part that is newer than what the chain has of it."""
    kept = _kept(state, collateral)
    root_crl, pck_crl, tcb_info, qe_identity = _pairs(collateral, kept)
    content, revocation = collateral.content, collateral.revocation
    parts = (
        (root_crl, keys.crl(revocation.root_key_id), CollateralPart(content.root_ca_crl, b"", "")),
        (
            pck_crl,
            keys.crl(revocation.issuer_key_id),
            CollateralPart(content.pck_crl, b"", content.pck_crl_issuer_chain),
        ),
        (
            qe_identity,
            keys.qe_identity(collateral.tee),
            CollateralPart(
                content.qe_identity.encode("ascii"),
                content.qe_identity_signature,
                content.qe_identity_issuer_chain,
            ),
        ),
    )
    for pair, key, part in parts:
        if pair.rises:
            state.store(keys.STORE).set(key, encode_collateral_part(part))
    _keep_whole(state, collateral, None if tcb_info.rises else kept.family)


def _keep_whole(state: StateStore, collateral: Collateral, family: Collateral | None) -> None:
    """The family's entry: its newest TCB info (`family`'s, if that is it) with the newest rest."""
    content = collateral.content
    if family is not None:
        content = dataclasses.replace(
            content,
            tcb_info=family.content.tcb_info,
            tcb_info_signature=family.content.tcb_info_signature,
            tcb_info_issuer_chain=family.content.tcb_info_issuer_chain,
        )
    whole = _with_newest(content, _kept(state, collateral)).encode()
    if len(whole) > MAX_COLLATERAL_BYTES:
        # Parts that came in different collaterals. Apart they are kept, TCB info here alone.
        whole = collateral.encode() if family is None else family.encode()
    entry = StoredCollateral(
        fmspc=collateral.fmspc,
        tee=collateral.tee,
        collateral=whole,
        evaluation_number=Collateral.parse(whole).evaluation_number,
    )
    if entry != keeper.collateral(state, collateral.fmspc, collateral.tee):
        keeper.set_collateral(state, entry)


def _kept(state: StateReader, collateral: Collateral) -> _Kept:
    stored = keeper.collateral(state, collateral.fmspc, collateral.tee)
    return _Kept(
        family=None if stored is None else Collateral.parse(stored.collateral),
        root_crl=_part(state, keys.crl(collateral.revocation.root_key_id)),
        pck_crl=_part(state, keys.crl(collateral.revocation.issuer_key_id)),
        qe_identity=_part(state, keys.qe_identity(collateral.tee)),
    )


def _part(state: StateReader, key: bytes) -> CollateralPart | None:
    data = state.store(keys.STORE).get(key)
    return None if data is None else decode_collateral_part(data)


def _pairs(collateral: Collateral, kept: _Kept) -> tuple[_Pair, _Pair, _Pair, _Pair]:
    found = collateral.revocation
    family = None if kept.family is None else kept.family.tcb_info
    qe_identity = _qe_edition(kept.qe_identity)
    return (
        _Pair("the root CA's CRL", found.root_ca_crl, _crl(kept.root_crl), numbered=False),
        _Pair("the PCK CRL", found.pck_crl, _crl(kept.pck_crl), numbered=False),
        _Pair("TCB info", collateral.tcb_info, family, numbered=True),
        _Pair("QE identity", collateral.qe_identity, qe_identity, numbered=True),
    )


def _crl(part: CollateralPart | None) -> Edition | None:
    return None if part is None else crl_edition(part.statement)


def _qe_edition(part: CollateralPart | None) -> Edition | None:
    return None if part is None else read_document("qe_identity", part.statement.decode("ascii"))[1]


def _with_newest(content: CollateralContent, kept: _Kept) -> CollateralContent:
    """With the CRLs and the QE identity that the chain keeps; a part brings its issuer's chain."""
    if kept.root_crl is not None:
        content = dataclasses.replace(content, root_ca_crl=kept.root_crl.statement)
    if kept.pck_crl is not None:
        content = dataclasses.replace(
            content,
            pck_crl=kept.pck_crl.statement,
            pck_crl_issuer_chain=kept.pck_crl.issuer_chain,
        )
    if kept.qe_identity is not None:
        content = dataclasses.replace(
            content,
            qe_identity=kept.qe_identity.statement.decode("ascii"),
            qe_identity_signature=kept.qe_identity.signature,
            qe_identity_issuer_chain=kept.qe_identity.issuer_chain,
        )
    return content
