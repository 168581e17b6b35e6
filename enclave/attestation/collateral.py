"""Collateral: Intel's signed endorsements, read strictly (gate 1; protocol.md section 5).

The input is the JSON object that Intel's and Phala's tools exchange: a fixed set of text fields,
CRLs and signatures in hex. This file decides whether it is well formed and hangs together, and
what it is about. `pck_certificate_chain` is dropped: it would override the chain inside the quote
(attestation.md trap 2). No key is used before its root is compared (`check_root`); whether the
other signatures are Intel's is `verifier.verify_quote`'s business.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Final, TypeGuard

from enclave.attestation.certificates import (
    CrlIssuer,
    Revocation,
    check_crl_issuer,
    issuer_chain,
    read_revocation,
)
from enclave.attestation.edition import Edition, read_document
from enclave.attestation.limits import MAX_COLLATERAL_BYTES
from enclave.attestation.strict_json import parse_object
from enclave.attestation.types import Tee
from enclave.errors import Code, Refusal

_CHAINS: Final = ("pck_crl_issuer_chain", "tcb_info_issuer_chain", "qe_identity_issuer_chain")
_SIGNATURES: Final = ("tcb_info_signature", "qe_identity_signature")
_CRLS: Final = ("root_ca_crl", "pck_crl")
_FIELDS: Final = frozenset((*_CHAINS, *_SIGNATURES, *_CRLS, "tcb_info", "qe_identity"))
_DROPPED: Final = "pck_certificate_chain"

_HEX: Final = re.compile(r"[0-9a-fA-F]+")
_SIGNATURE_BYTES: Final = 64
_FMSPC_BYTES: Final = 6
_PCE_ID_BYTES: Final = 2
_TCB_INFO_VERSION: Final = 3

_TEE_BY_TCB_INFO: Final = {"SGX": Tee.SGX, "TDX": Tee.TDX}
_TEE_BY_QE_IDENTITY: Final = {"QE": Tee.SGX, "TD_QE": Tee.TDX}

_REMEMBERED: Final = 32
"""Parsed collaterals that are kept: parsing is pure, and a network has few of them at a time."""


@dataclass(frozen=True, slots=True)
class CollateralContent:
    """The fields of a collateral, as they came: texts, and hex as bytes."""

    pck_crl_issuer_chain: str
    root_ca_crl: bytes
    pck_crl: bytes
    tcb_info_issuer_chain: str
    tcb_info: str
    tcb_info_signature: bytes
    qe_identity_issuer_chain: str
    qe_identity: str
    qe_identity_signature: bytes

    def encode(self) -> bytes:
        """The one JSON of these fields that we write: keys sorted, hex in lower case."""
        values = {
            "pck_crl": self.pck_crl.hex(),
            "pck_crl_issuer_chain": self.pck_crl_issuer_chain,
            "qe_identity": self.qe_identity,
            "qe_identity_issuer_chain": self.qe_identity_issuer_chain,
            "qe_identity_signature": self.qe_identity_signature.hex(),
            "root_ca_crl": self.root_ca_crl.hex(),
            "tcb_info": self.tcb_info,
            "tcb_info_issuer_chain": self.tcb_info_issuer_chain,
            "tcb_info_signature": self.tcb_info_signature.hex(),
        }
        return json.dumps(values, separators=(",", ":")).encode("ascii")


@dataclass(frozen=True, slots=True)
class Collateral:
    """Well-formed collateral, its signatures unverified."""

    sha256: bytes
    """32 bytes: of the JSON as it came, for caches."""
    tee: Tee
    """What TCB info and QE identity are about."""
    fmspc: bytes
    """6 bytes; texts differ in case, bytes do not (attestation.md trap 5)."""
    pce_id: bytes
    """2 bytes: the PCE that TCB info is about."""
    tcb_info: Edition
    qe_identity: Edition
    revocation: Revocation
    """What the two CRLs, and the chain of the PCK CRL's issuer, say of themselves."""
    root_der: bytes
    """The root in which all three issuer chains end, byte for byte."""
    crl_issuer_der: bytes
    """DER of the PCK CRL's issuer."""
    content: CollateralContent = field(repr=False, compare=False)
    """What the verification library is given."""

    @property
    def tcb_evaluation_number(self) -> int:
        """TCB info's tcbEvaluationDataNumber."""
        return self.tcb_info.number

    @property
    def qe_evaluation_number(self) -> int:
        """QE identity's tcbEvaluationDataNumber."""
        return self.qe_identity.number

    @property
    def crl_issuer(self) -> CrlIssuer:
        """The issuer of the PCK CRL."""
        return self.revocation.issuer

    @property
    def crl_this_update(self) -> int:
        """Unix seconds: the later thisUpdate of the two CRLs. The library does not check it."""
        return max(self.revocation.root_ca_crl.issued_at, self.revocation.pck_crl.issued_at)

    @property
    def evaluation_number(self) -> int:
        """The smaller of the two numbers: what a policy's minimum is compared with."""
        return min(self.tcb_evaluation_number, self.qe_evaluation_number)

    @staticmethod
    def parse(raw: bytes) -> Collateral:
        """Reads one collateral.

        Args:
            raw: the JSON, at most 65,536 bytes, UTF-8.

        Raises:
            Refusal: TOO_LARGE; MALFORMED_COLLATERAL for a wrong form; COLLATERAL_MISMATCH where
                its parts are about different things.
        """
        if len(raw) > MAX_COLLATERAL_BYTES:
            expected = f"a collateral of at most {MAX_COLLATERAL_BYTES} bytes"
            raise Refusal(Code.TOO_LARGE, expected=expected, found=f"{len(raw)} bytes")
        return _parse(raw)

    def check_root(self, root_der: bytes) -> None:
        """The chains end in the trusted root, and with it the PCK CRL comes from its issuer.

        In this order: a root that nobody trusts verifies nothing.

        Raises:
            Refusal: UNTRUSTED_ROOT, or CERTIFICATE_INVALID where the PCK CRL's issuer chain does
                not chain.
        """
        if self.root_der != root_der:
            expected = "issuer chains that end in the trusted root"
            raise Refusal(Code.UNTRUSTED_ROOT, expected=expected, found="another root")
        check_crl_issuer(
            issuer_der=self.crl_issuer_der, root_der=root_der, pck_crl=self.content.pck_crl
        )

    def encode(self) -> bytes:
        """The one JSON of this content that we write."""
        return self.content.encode()


@functools.lru_cache(maxsize=_REMEMBERED)
def _parse(raw: bytes) -> Collateral:
    texts = _read_fields(raw)
    binary = {name: _read_hex(name, texts[name]) for name in (*_SIGNATURES, *_CRLS)}
    chains = {name: issuer_chain(texts[name], name=name) for name in _CHAINS}
    roots = {root for _, root in chains.values()}
    if len(roots) != 1:
        expected = "three issuer chains that end in one root"
        raise Refusal(Code.COLLATERAL_MISMATCH, expected=expected, found=f"{len(roots)} roots")
    issuer_der, root_der = chains["pck_crl_issuer_chain"]
    revocation = read_revocation(
        issuer_der=issuer_der,
        root_der=root_der,
        pck_crl=binary["pck_crl"],
        root_ca_crl=binary["root_ca_crl"],
    )
    tcb_info, tcb_edition = read_document("tcb_info", texts["tcb_info"])
    qe_identity, qe_edition = read_document("qe_identity", texts["qe_identity"])
    return Collateral(
        sha256=hashlib.sha256(raw).digest(),
        tee=_read_tee(tcb_info, qe_identity),
        fmspc=_read_id("fmspc", tcb_info.get("fmspc"), _FMSPC_BYTES),
        pce_id=_read_id("pceId", tcb_info.get("pceId"), _PCE_ID_BYTES),
        tcb_info=tcb_edition,
        qe_identity=qe_edition,
        revocation=revocation,
        root_der=root_der,
        crl_issuer_der=issuer_der,
        content=CollateralContent(
            pck_crl_issuer_chain=texts["pck_crl_issuer_chain"],
            root_ca_crl=binary["root_ca_crl"],
            pck_crl=binary["pck_crl"],
            tcb_info_issuer_chain=texts["tcb_info_issuer_chain"],
            tcb_info=texts["tcb_info"],
            tcb_info_signature=binary["tcb_info_signature"],
            qe_identity_issuer_chain=texts["qe_identity_issuer_chain"],
            qe_identity=texts["qe_identity"],
            qe_identity_signature=binary["qe_identity_signature"],
        ),
    )


def _read_fields(raw: bytes) -> dict[str, str]:
    """The fixed set of text fields, without the one that is dropped."""
    try:
        found = parse_object(raw.decode("utf-8"))
    except UnicodeDecodeError:
        raise _malformed("UTF-8", "other bytes") from None
    except ValueError as error:
        raise _malformed("one JSON object", str(error)) from None
    found.pop(_DROPPED, None)
    if found.keys() != _FIELDS:
        missing = ", ".join(sorted(_FIELDS - found.keys())) or "none"
        expected = f"the {len(_FIELDS)} fields of a collateral"
        unknown = len(found.keys() - _FIELDS)
        raise _malformed(expected, f"missing: {missing}; unknown: {unknown}")
    texts = {name: value for name, value in found.items() if _is_ascii(value)}
    if len(texts) != len(found):
        raise _malformed("fields that are ASCII texts", "another type or character")
    return texts


def _is_ascii(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and value.isascii()


def _read_hex(name: str, text: str) -> bytes:
    if len(text) % 2 or _HEX.fullmatch(text) is None:
        raise _malformed(f"{name} in hex", "another text")
    data = bytes.fromhex(text)
    if name in _SIGNATURES and len(data) != _SIGNATURE_BYTES:
        raise _malformed(f"{name} of {_SIGNATURE_BYTES} bytes", f"{len(data)} bytes")
    return data


def _read_tee(tcb_info: dict[str, object], qe_identity: dict[str, object]) -> Tee:
    version = tcb_info.get("version")
    if version != _TCB_INFO_VERSION:
        found = f"version {version}" if isinstance(version, int) else "no version"
        raise _malformed(f"TCB info of version {_TCB_INFO_VERSION}", found)
    tee = _look_up(_TEE_BY_TCB_INFO, tcb_info.get("id"), "TCB info for SGX or TDX")
    qe_tee = _look_up(_TEE_BY_QE_IDENTITY, qe_identity.get("id"), "a QE identity of QE or TD_QE")
    if tee is not qe_tee:
        expected, found = f"a QE identity for {tee.name}", f"one for {qe_tee.name}"
        raise Refusal(Code.COLLATERAL_MISMATCH, expected=expected, found=found)
    return tee


def _look_up(table: dict[str, Tee], key: object, expected: str) -> Tee:
    tee = table.get(key) if isinstance(key, str) else None
    if tee is None:
        raise _malformed(expected, "another id")
    return tee


def _read_id(name: str, value: object, size: int) -> bytes:
    if not isinstance(value, str) or len(value) != 2 * size or _HEX.fullmatch(value) is None:
        raise _malformed(f"{name} of {size} bytes in hex", "another value")
    return bytes.fromhex(value)


def _malformed(expected: str, found: str) -> Refusal:
    return Refusal(Code.MALFORMED_COLLATERAL, expected=expected, found=found)
