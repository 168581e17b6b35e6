"""The certificates that one blueprint asks for, in their chains, with the keys that sign.

Decides who issues and who signs what; how a certificate is built is `pki`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from enclave.attestation.development_root import Issued, PrivateKey, development_root
from enclave.attestation.pck_extension import encode_pck_extension
from enclave.software.blueprint import Blueprint, PckCa, Piece
from enclave.software.pki import derived_key, issue_authority, issue_crl, issue_leaf
from enclave.software.platform import pck_extension

_SIGNER_NAME: Final = "Seedpact Development TCB Signing"
_LEAF_NAME: Final = "Seedpact Development PCK Certificate"
_CA_NAME: Final = "Seedpact Development PCK {} CA"


@dataclass(frozen=True, slots=True)
class Chains:
    """All certificates of one blueprint, as its quote and its collateral carry them."""

    pck_chain: str
    """PEM: PCK leaf, its authority, root."""
    signer_chain: str
    """PEM: TCB signing, root."""
    pck_crl_issuer_chain: str
    """PEM: the CRL's authority, root."""
    root_crl: bytes
    """DER."""
    pck_crl: bytes
    """DER."""
    keys: dict[Piece, PrivateKey]
    """Who signs TCB_INFO, QE_IDENTITY, QE_REPORT and QUOTE."""
    attestation_key: PrivateKey
    """The key that the QE report vouches for, whoever signs the quote."""

    def signing_key(self, piece: Piece) -> PrivateKey:
        """The key that signs `piece`: the right one, or a forger's."""
        return self.keys[piece]


def issue_chains(blueprint: Blueprint) -> Chains:
    """Make every certificate and CRL that `blueprint` asks for."""
    root = development_root(blueprint.chain_id)
    pck_root = development_root(blueprint.pck_chain_id or blueprint.chain_id)
    quote_ca = _authority(blueprint, pck_root, blueprint.pck_ca)
    collateral_ca = _authority(blueprint, root, blueprint.pck_crl_ca or blueprint.pck_ca)
    signer = issue_leaf(
        root,
        chain_id=blueprint.chain_id,
        name=_SIGNER_NAME,
        identity=b"",
        window=blueprint.window(Piece.TCB_SIGNER),
        signer=_signer(blueprint, Piece.TCB_SIGNER, root.key),
    )
    leaf = issue_leaf(
        quote_ca,
        chain_id=blueprint.chain_id,
        name=_LEAF_NAME,
        identity=blueprint.ppid,
        window=blueprint.window(Piece.PCK_LEAF),
        signer=_signer(blueprint, Piece.PCK_LEAF, quote_ca.key),
        sgx_extension=encode_pck_extension(pck_extension(blueprint)),
    )
    attestation_key = derived_key(blueprint.chain_id, "attestation", blueprint.ppid)
    signers = {
        Piece.TCB_INFO: signer.key,
        Piece.QE_IDENTITY: signer.key,
        Piece.QE_REPORT: leaf.key,
        Piece.QUOTE: attestation_key,
    }
    candidates = {Piece.PCK_CA: quote_ca, Piece.TCB_SIGNER: signer, Piece.PCK_LEAF: leaf}
    revoked = {piece: candidates[piece] for piece in candidates if piece in blueprint.revoked}
    return Chains(
        pck_chain=leaf.pem + quote_ca.pem + pck_root.pem,
        signer_chain=signer.pem + root.pem,
        pck_crl_issuer_chain=collateral_ca.pem + root.pem,
        root_crl=issue_crl(
            root,
            window=blueprint.window(Piece.ROOT_CRL),
            revoked=[issued for piece, issued in revoked.items() if piece is not Piece.PCK_LEAF],
            signer=_signer(blueprint, Piece.ROOT_CRL, root.key),
        ),
        pck_crl=issue_crl(
            collateral_ca,
            window=blueprint.window(Piece.PCK_CRL),
            revoked=[issued for piece, issued in revoked.items() if piece is Piece.PCK_LEAF],
            signer=_signer(blueprint, Piece.PCK_CRL, collateral_ca.key),
        ),
        keys={piece: _signer(blueprint, piece, key) for piece, key in signers.items()},
        attestation_key=attestation_key,
    )


def _authority(blueprint: Blueprint, root: Issued, kind: PckCa) -> Issued:
    return issue_authority(
        root,
        chain_id=blueprint.chain_id,
        name=_CA_NAME.format(kind),
        window=blueprint.window(Piece.PCK_CA),
        signer=_signer(blueprint, Piece.PCK_CA, root.key),
    )


def _signer(blueprint: Blueprint, piece: Piece, right_key: PrivateKey) -> PrivateKey:
    if piece in blueprint.forged:
        return derived_key(blueprint.chain_id, "forger")
    return right_key
