"""The collateral of software mode: TCB info v3, QE identity v2, CRLs and the issuers' chains.

The JSON texts have Intel's shape and Intel's order of keys, and the signatures are raw r || s over
the exact texts. It depends on the network, its genesis time and the TEE alone, not on who asks:
one collateral serves all nodes of a software network.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Final

from enclave.attestation.development_root import Window
from enclave.attestation.types import TcbStatus, Tee
from enclave.software.blueprint import RELAUNCH_PLATFORM_STATUS, Blueprint, Piece
from enclave.software.chains import Chains
from enclave.software.pki import sign_raw
from enclave.software.platform import (
    MODULE_SVN,
    MODULE_VERSION,
    MR_SIGNER_SEAM,
    NEWER_MODULE_SVN,
    PCE_ID,
    PCE_SVN,
    QE_MR_SIGNER,
    QE_PROD_ID,
    QE_SVN,
    SGX_COMPONENTS,
    TDX_COMPONENTS,
    launch_module_status,
)

_OLD_PCE_SVN: Final = 5
_TCB_DATES: Final = ("2025-05-14T00:00:00Z", "2024-11-13T00:00:00Z", "2018-01-04T00:00:00Z")
"""Of the newer, the platform's and an old level; verifiers only compare them with each other."""
_OLD_ADVISORIES: Final = ("INTEL-SA-00106", "INTEL-SA-00115")
_ZERO_ATTRIBUTES: Final = "00" * 8
_ALL_ATTRIBUTES: Final = "FF" * 8
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Json = dict[str, object]


def issue_collateral(blueprint: Blueprint, chains: Chains) -> bytes:
    """The collateral as dcap-qvl's JSON, ASCII, the same bytes for the same blueprint."""
    tcb_info = _compact(_tcb_info(blueprint))
    qe_identity = _compact(_qe_identity(blueprint))
    collateral: Json = {
        "pck_crl_issuer_chain": chains.pck_crl_issuer_chain,
        "root_ca_crl": chains.root_crl.hex(),
        "pck_crl": chains.pck_crl.hex(),
        "tcb_info_issuer_chain": chains.signer_chain,
        "tcb_info": tcb_info,
        "tcb_info_signature": _signature(chains, Piece.TCB_INFO, tcb_info),
        "qe_identity_issuer_chain": chains.signer_chain,
        "qe_identity": qe_identity,
        "qe_identity_signature": _signature(chains, Piece.QE_IDENTITY, qe_identity),
    }
    return _compact(collateral).encode("ascii")


def _tcb_info(blueprint: Blueprint) -> Json:
    tee = blueprint.tcb_info_tee or blueprint.kind.tee
    fmspc = (blueprint.collateral_fmspc or blueprint.fmspc).hex()
    module = _tdx_module(blueprint) if tee is Tee.TDX else {}
    return {
        "id": tee.name,
        "version": 3,
        **_dates(blueprint.window(Piece.TCB_INFO)),
        "fmspc": fmspc.upper() if blueprint.fmspc_upper_case else fmspc,
        "pceId": (blueprint.collateral_pce_id or PCE_ID).hex(),
        "tcbType": 0,
        "tcbEvaluationDataNumber": blueprint.evaluation_number,
        **module,
        "tcbLevels": _tcb_levels(blueprint, tee),
    }


def _tcb_levels(blueprint: Blueprint, tee: Tee) -> list[Json]:
    status = RELAUNCH_PLATFORM_STATUS.get(blueprint.tcb_status, blueprint.tcb_status)
    newer, own, old = _TCB_DATES
    levels = []
    if status is not TcbStatus.UP_TO_DATE or not blueprint.tcb_level_known:
        tcb = _platform_tcb(tee, PCE_SVN + 1)
        levels.append(_level(tcb, newer, TcbStatus.UP_TO_DATE, ()))
    if blueprint.tcb_level_known:
        levels += [
            _level(_platform_tcb(tee, PCE_SVN), own, status, blueprint.advisories),
            _level(_platform_tcb(tee, _OLD_PCE_SVN), old, TcbStatus.OUT_OF_DATE, _OLD_ADVISORIES),
        ]
    return levels


def _platform_tcb(tee: Tee, pce_svn: int) -> Json:
    tcb: Json = {"sgxtcbcomponents": _components(SGX_COMPONENTS), "pcesvn": pce_svn}
    if tee is Tee.TDX:
        tcb["tdxtcbcomponents"] = _components(TDX_COMPONENTS)
    return tcb


def _components(svns: tuple[int, ...]) -> list[Json]:
    return [{"svn": svn} for svn in svns]


def _tdx_module(blueprint: Blueprint) -> Json:
    module = {
        "mrsigner": MR_SIGNER_SEAM.hex(),
        "attributes": _ZERO_ATTRIBUTES,
        "attributesMask": _ALL_ATTRIBUTES,
    }
    version = MODULE_VERSION if blueprint.module_known else MODULE_VERSION + 1
    levels = _levels_by_svn(
        svn=MODULE_SVN,
        newer_svn=NEWER_MODULE_SVN,
        status=launch_module_status(blueprint),
        advisories=blueprint.module_advisories,
    )
    identity = {"id": f"TDX_{version:02X}", **module, "tcbLevels": levels}
    return {"tdxModule": module, "tdxModuleIdentities": [identity]}


def _qe_identity(blueprint: Blueprint) -> Json:
    tee = blueprint.qe_identity_tee or blueprint.kind.tee
    levels = _levels_by_svn(
        svn=QE_SVN,
        newer_svn=QE_SVN + 1,
        status=blueprint.qe_status,
        advisories=blueprint.qe_advisories,
    )
    return {
        "id": "QE" if tee is Tee.SGX else "TD_QE",
        "version": 2,
        **_dates(blueprint.window(Piece.QE_IDENTITY)),
        "tcbEvaluationDataNumber": blueprint.evaluation_number_of_qe,
        "miscselect": "00000000",
        "miscselectMask": "FFFFFFFF",
        "attributes": "11000000000000000000000000000000",
        "attributesMask": "FBFFFFFFFFFFFFFF0000000000000000",
        "mrsigner": QE_MR_SIGNER[tee].hex().upper(),
        "isvprodid": QE_PROD_ID[tee],
        "tcbLevels": levels if blueprint.qe_level_known else levels[:-1],
    }


def _levels_by_svn(
    *, svn: int, newer_svn: int, status: TcbStatus, advisories: tuple[str, ...]
) -> list[Json]:
    """The newer level, up to date, and then the one that is there, with its status."""
    newer, own, _ = _TCB_DATES
    return [
        _level({"isvsvn": newer_svn}, newer, TcbStatus.UP_TO_DATE, ()),
        _level({"isvsvn": svn}, own, status, advisories),
    ]


def _level(tcb: Json, date: str, status: TcbStatus, advisories: tuple[str, ...]) -> Json:
    level: Json = {"tcb": tcb, "tcbDate": date, "tcbStatus": status.text}
    if advisories:
        level["advisoryIDs"] = list(advisories)
    return level


def _dates(window: Window) -> Json:
    return {"issueDate": _iso(window.start), "nextUpdate": _iso(window.end)}


def _iso(unix: int) -> str:
    return (_EPOCH + timedelta(seconds=unix)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _signature(chains: Chains, piece: Piece, text: str) -> str:
    return sign_raw(chains.signing_key(piece), text.encode("ascii")).hex()


def _compact(value: Json) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True)
