"""A registration of the right form, and of nobody."""

from __future__ import annotations

from typing import Final

from node.enclave_client import Registration

REGISTRATION: Final = Registration(
    operator=bytes(20),
    exchange_key=bytes(32),
    kem_ciphertext=bytes(1088),
    epoch=0,
    anchor_height=7,
    anchor_hash=bytes(32),
    tls_key=bytes(32),
    quote=b"quote",
    collateral=b"{}",
)
