"""Sealing: bytes that only this code on this machine opens again (protocol.md section 10).

    blob   = header || AES-256-GCM(key, nonce, plaintext, aad = header)
    header = magic (8) | version (2) | mode (1) | role (1) | network_id (32) | salt (32)
    key (32) || nonce (12) = HKDF(seal_key, salt, H("seal-key", role, network_id), 44)

The salt is fresh random for every blob, so (key, nonce) never repeats and no counter has to
survive a crash. `seal_key` is the CPU's key for this exact measurement, or in software mode the
key file's bytes; where it comes from is not decided here. Nothing here prevents rollback: an old
blob opens too.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

from enclave.crypto.key_schedule import NETWORK_ID_BYTES
from enclave.crypto.labels import Mode, Name, label
from enclave.crypto.primitives import (
    GCM_KEY_BYTES,
    GCM_NONCE_BYTES,
    GCM_TAG_BYTES,
    check_length,
    gcm_open,
    gcm_seal,
    hkdf,
)
from enclave.crypto.transcript import H
from enclave.errors import Code, Refusal

MAGIC: Final = b"SPSEALED"
VERSION: Final = 2
SALT_BYTES: Final = 32
MAX_BLOB_BYTES: Final = 1024 * 1024

_MODE_BYTE: Final = {Mode.HARDWARE: 1, Mode.SOFTWARE: 2}
_NETWORK_AT: Final = len(MAGIC) + 4
_SALT_AT: Final = _NETWORK_AT + NETWORK_ID_BYTES
HEADER_BYTES: Final = _SALT_AT + SALT_BYTES
MAX_PLAINTEXT_BYTES: Final = MAX_BLOB_BYTES - HEADER_BYTES - GCM_TAG_BYTES


class Role(enum.IntEnum):
    """What a blob is for. A blob of one role never opens as another."""

    STATE = 1
    BACKUP = 2


@dataclass(frozen=True, slots=True)
class SealedHeader:
    """The authenticated clear part of a blob."""

    mode: Mode
    role: Role
    network_id: bytes
    salt: bytes

    @property
    def encoded(self) -> bytes:
        """76 bytes."""
        kind = bytes((_MODE_BYTE[self.mode], self.role))
        return MAGIC + VERSION.to_bytes(2, "big") + kind + self.network_id + self.salt


def seal(
    plaintext: bytes, *, mode: Mode, role: Role, network_id: bytes, seal_key: bytes, salt: bytes
) -> bytes:
    """The sealed blob. `salt`: 32 fresh random bytes.

    Raises:
        Refusal: BAD_LENGTH, or TOO_LARGE where `unseal` would refuse the blob.
    """
    if len(plaintext) > MAX_PLAINTEXT_BYTES:
        raise Refusal(
            Code.TOO_LARGE,
            expected=f"at most {MAX_PLAINTEXT_BYTES} bytes to seal",
            found=f"{len(plaintext)} bytes",
        )
    check_length("network_id", network_id, NETWORK_ID_BYTES)
    check_length("salt", salt, SALT_BYTES)
    header = SealedHeader(mode, role, network_id, salt)
    key, nonce = _key_and_nonce(seal_key, header)
    return header.encoded + gcm_seal(key, nonce, plaintext, associated=header.encoded)


def unseal(blob: bytes, *, mode: Mode, role: Role, network_id: bytes, seal_key: bytes) -> bytes:
    """The plaintext.

    Raises:
        Refusal: SEALED_MALFORMED, SEALED_VERSION_UNKNOWN, SEALED_WRONG_MODE, SEALED_WRONG_ROLE,
            SEALED_WRONG_NETWORK, or SEALED_OPEN_FAILED (changed bytes, or another machine's).
    """
    header = read_header(blob)
    if header.mode is not mode:
        raise Refusal(
            Code.SEALED_WRONG_MODE, expected=f"{mode.value} mode", found=f"{header.mode.value} mode"
        )
    if header.role is not role:
        raise Refusal(
            Code.SEALED_WRONG_ROLE, expected=role.name.lower(), found=header.role.name.lower()
        )
    if header.network_id != network_id:
        raise Refusal(
            Code.SEALED_WRONG_NETWORK, expected=network_id.hex(), found=header.network_id.hex()
        )
    key, nonce = _key_and_nonce(seal_key, header)
    plaintext = gcm_open(key, nonce, blob[HEADER_BYTES:], associated=blob[:HEADER_BYTES])
    if plaintext is None:
        raise Refusal(
            Code.SEALED_OPEN_FAILED,
            expected="bytes sealed by this code on this machine",
            found="changed bytes, or bytes of another machine or another version of the code",
        )
    return plaintext


def read_header(blob: bytes) -> SealedHeader:
    """The header, not yet authenticated: good for finding out what to unseal with.

    Raises:
        Refusal: SEALED_MALFORMED or SEALED_VERSION_UNKNOWN.
    """
    if not HEADER_BYTES + GCM_TAG_BYTES <= len(blob) <= MAX_BLOB_BYTES or blob[:8] != MAGIC:
        raise Refusal(
            Code.SEALED_MALFORMED,
            expected=f"magic {MAGIC.decode()} and {HEADER_BYTES + GCM_TAG_BYTES} to "
            f"{MAX_BLOB_BYTES} bytes",
            found=f"{len(blob)} bytes that start with {blob[:8].hex() or 'nothing'}",
        )
    version = int.from_bytes(blob[8:10], "big")
    if version != VERSION:
        raise Refusal(
            Code.SEALED_VERSION_UNKNOWN, expected=f"version {VERSION}", found=f"version {version}"
        )
    modes = {byte: mode for mode, byte in _MODE_BYTE.items()}
    if blob[10] not in modes or blob[11] not in set(Role):
        raise Refusal(
            Code.SEALED_MALFORMED,
            expected="a known mode and role",
            found=f"mode {blob[10]}, role {blob[11]}",
        )
    return SealedHeader(
        mode=modes[blob[10]],
        role=Role(blob[11]),
        network_id=blob[_NETWORK_AT:_SALT_AT],
        salt=blob[_SALT_AT:HEADER_BYTES],
    )


def _key_and_nonce(seal_key: bytes, header: SealedHeader) -> tuple[bytes, bytes]:
    info = H(label(header.mode, Name.SEAL_KEY), int(header.role), header.network_id)
    size = GCM_KEY_BYTES + GCM_NONCE_BYTES
    derived = hkdf(seal_key, salt=header.salt, info=info, length=size)
    return derived[:GCM_KEY_BYTES], derived[GCM_KEY_BYTES:]
