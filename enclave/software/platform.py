"""The pretended machine of software mode: security versions and identities that its quotes show.

Shared by the certificate (what the platform is), the collateral (what TCB levels there are) and
the quote (what ran). Constants of Intel's are those of real quoting enclaves, so that the bytes
look as on hardware.
"""

from __future__ import annotations

from typing import Final

from enclave.attestation.pck_extension import PckExtension
from enclave.attestation.types import TcbStatus, Tee
from enclave.crypto.labels import Label, Mode, Name
from enclave.crypto.transcript import H
from enclave.software.blueprint import RELAUNCH_PLATFORM_STATUS, Blueprint, PckCa

# The platform. 255 is what real ones show, and what needs a leading zero in DER.
SGX_COMPONENTS: Final = (14, 14, 3, 3, 255, 255, 1, 5, 0, 0, 0, 0, 0, 0, 0, 0)
CPU_SVN: Final = bytes(SGX_COMPONENTS)
PCE_SVN: Final = 13
PCE_ID: Final = bytes(2)
_SGX_TYPE: Final = {PckCa.PROCESSOR: 0, PckCa.PLATFORM: 1}

# The TDX module: TEE_TCB_SVN is its SVN, its version, the late microcode's SVN, then zeros.
MODULE_VERSION: Final = 1
MODULE_SVN: Final = 5
NEWER_MODULE_SVN: Final = 7
TDX_COMPONENTS: Final = (MODULE_SVN, 0, 2, *([0] * 13))
MR_SIGNER_SEAM: Final = bytes(48)
"""Zero: the module is signed by Intel."""

# The quoting enclaves, as Intel signs them.
QE_VENDOR_ID: Final = bytes.fromhex("939a7233f79c4ca9940a0db3957f0607")
QE_MR_SIGNER: Final = {
    Tee.SGX: bytes.fromhex("8c4f5775d796503e96137f77c68a829a0056ac8ded70140b081b094490c57bff"),
    Tee.TDX: bytes.fromhex("dc9e2a7c6f948f17474e34a7fc43ed030f7c1563f1babddf6340c82e0e54a8c5"),
}
QE_PROD_ID: Final = {Tee.SGX: 1, Tee.TDX: 2}
QE_SVN: Final = 8
QE_ATTRIBUTES: Final = bytes.fromhex("1500000000000000e700000000000000")
"""INIT, MODE64BIT, PROVISION_KEY; XFRM."""

_LABEL: Final = Label(Mode.SOFTWARE, Name.DEVELOPMENT_CERTIFICATE)


def pck_extension(blueprint: Blueprint) -> PckExtension:
    """The SGX extension of this platform's PCK certificate."""
    with_platform = blueprint.pck_ca is PckCa.PLATFORM
    return PckExtension(
        ppid=blueprint.ppid,
        components=SGX_COMPONENTS,
        pce_svn=PCE_SVN,
        cpu_svn=CPU_SVN,
        pce_id=PCE_ID,
        fmspc=blueprint.fmspc,
        sgx_type=_SGX_TYPE[blueprint.pck_ca],
        platform_instance_id=identity(blueprint, "platform-instance") if with_platform else None,
        configuration=blueprint.platform if with_platform else None,
    )


def launch_module_status(blueprint: Blueprint) -> TcbStatus:
    """The status of the TDX module with which the TD was launched."""
    if blueprint.tcb_status in RELAUNCH_PLATFORM_STATUS:
        return TcbStatus.OUT_OF_DATE
    return blueprint.module_status


def launch_tcb_svn() -> bytes:
    """TEE_TCB_SVN, 16 bytes: the TCB with which the TD was launched."""
    return bytes((MODULE_SVN, MODULE_VERSION, *TDX_COMPONENTS[2:]))


def current_tcb_svn(blueprint: Blueprint) -> bytes:
    """TEE_TCB_SVN2, 16 bytes: a module updated under a running TD shows here alone."""
    updated = blueprint.tcb_status in RELAUNCH_PLATFORM_STATUS
    svn = NEWER_MODULE_SVN if updated else MODULE_SVN
    return bytes((svn, MODULE_VERSION, *TDX_COMPONENTS[2:]))


def identity(blueprint: Blueprint, what: str) -> bytes:
    """16 bytes that name one thing of this platform, the same at each issue."""
    return H(_LABEL, "identity", blueprint.chain_id, blueprint.ppid, what)[:16]
