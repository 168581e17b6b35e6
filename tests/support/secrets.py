"""Looks for secrets: what an enclave's directory holds, and every form in which it may show."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from enclave.crypto.labels import Mode, Name, label
from enclave.crypto.primitives import hkdf
from enclave.crypto.transcript import H
from enclave.framework.key_manager import KeyManager
from enclave.framework.sealed_state import SealedState
from enclave.framework.store import TransactionalStore
from enclave.service.durable_file import OsDisk
from enclave.service.home import Home

KEY_FILE: Final = "software-seal.key"


def secrets_of(home: Path) -> dict[str, bytes]:
    """Every secret in a software enclave's directory, by opening its seal with its key file."""
    key = (home / KEY_FILE).read_bytes()
    storage = Home(home, disk=OsDisk(), entropy=os.urandom)
    sealed = SealedState(storage, mode=Mode.SOFTWARE, seal_key=key, entropy=os.urandom)
    keys = KeyManager(
        TransactionalStore(sealed.load().entries), mode=Mode.SOFTWARE, entropy=os.urandom
    )
    seed, network_id = keys.seed(0), keys.network_id
    salt = H(label(Mode.SOFTWARE, Name.SALT), network_id)
    found = {"seal key": key, "seed": seed}
    for name, size in ((Name.IO_X25519, 32), (Name.IO_MLKEM768, 64), (Name.PREV_SEED, 64)):
        info = H(label(Mode.SOFTWARE, name), 0)
        found[name] = hkdf(seed, salt=salt, info=info, length=size)
    for path, value in sealed.load().entries.items():
        if path in {b"node_key", b"tls_key"}:
            found[path.decode()] = value
    if keys._kem.get(0) is not None:  # noqa: SLF001 (all secrets, by name)
        found["kem secret"] = keys.kem_secret(0).secret
    return found


def forms(secret: bytes) -> Iterator[bytes]:
    """How a secret may show: raw, hex, as Python prints bytes, base64 at each alignment.

    The same of its SHA-256 and SHA-512.
    """
    for data in (secret, hashlib.sha256(secret).digest(), hashlib.sha512(secret).digest()):
        yield data
        yield data.hex().encode()
        yield data.hex().upper().encode()
        yield repr(data)[2:-1].encode()
        for shift in range(3):
            text = base64.b64encode(bytes(shift) + data)
            # Without the characters that neighbouring bytes would share.
            yield text[-(-shift * 8 // 6) : len(text) - 4]
            yield base64.urlsafe_b64encode(bytes(shift) + data)[-(-shift * 8 // 6) : len(text) - 4]


def hits(secrets: dict[str, bytes], places: dict[str, bytes]) -> list[tuple[str, str]]:
    """Each (secret, place) where a form of the secret is in the place's content."""
    return [
        (name, place)
        for name, secret in secrets.items()
        for place, content in places.items()
        if any(form in content for form in forms(secret))
    ]
