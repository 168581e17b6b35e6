"""The file of one key: JSON with the public side in clear, the private one as the backend says.

{"version": 1, "name": "alice", "public_key": HEX, "private_key": HEX}                   test
{"version": 1, "name": "alice", "public_key": HEX, "scrypt": {"log_n", "p", "salt"},
 "nonce": HEX, "ciphertext": HEX}                                                        file
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from node.json_form import parse_json
from node.keyring.box import NONCE_BYTES, SALT_BYTES, Box, Cost
from node.keyring.failures import KeyringCode, KeyringFailure
from node.keyring.key import PRIVATE_BYTES, PUBLIC_BYTES, KeyInfo

VERSION: Final = 1
MAX_FILE_BYTES: Final = 4096
TAG_BYTES: Final = 16

_HEX: Final = re.compile(r"(?:[0-9a-f]{2})*")


@dataclass(frozen=True, slots=True)
class KeyFile:
    """One key as it is kept."""

    info: KeyInfo
    private: bytes | Box
    """In clear, or encrypted."""


def associated_data(info: KeyInfo) -> bytes:
    """What the encryption of a key authenticates besides it."""
    return b"seedpact key v1\n" + info.name.encode("ascii") + b"\n" + info.public_key


def dump(file: KeyFile) -> bytes:
    """The file's bytes."""
    value: dict[str, object] = {
        "version": VERSION,
        "name": file.info.name,
        "public_key": file.info.public_key.hex(),
    }
    if isinstance(file.private, Box):
        box = file.private
        kdf = {"log_n": box.cost.log_n, "p": box.cost.parallel, "salt": box.salt.hex()}
        value |= {"scrypt": kdf, "nonce": box.nonce.hex(), "ciphertext": box.ciphertext.hex()}
    else:
        value["private_key"] = file.private.hex()
    return json.dumps(value, indent=2).encode("ascii") + b"\n"


def parse(data: bytes, *, path: Path, name: str, encrypted: bool) -> KeyFile:
    """The key of a file.

    Args:
        data: the file's bytes.
        path: for errors.
        name: what it must be called.
        encrypted: what it must be.

    Raises:
        KeyringFailure: KEY_DAMAGED. Nothing of the content enters it.
    """
    try:
        return _parse(parse_json(data), name=name, encrypted=encrypted)
    except (ValueError, KeyError, TypeError):
        raise KeyringFailure(
            KeyringCode.KEY_DAMAGED,
            expected=f"{path} as the key {name!r} of this keyring",
            found="something else; its content is not shown",
        ) from None


def _parse(value: object, *, name: str, encrypted: bool) -> KeyFile:
    if not isinstance(value, dict):
        raise TypeError
    if value.pop("version") != VERSION or value.pop("name") != name:
        raise ValueError
    info = KeyInfo(name, _bytes(value.pop("public_key"), PUBLIC_BYTES))
    file = KeyFile(
        info, _box(value) if encrypted else _bytes(value.pop("private_key"), PRIVATE_BYTES)
    )
    if value:
        raise ValueError
    return file


def _box(value: dict[str, object]) -> Box:
    kdf = value.pop("scrypt")
    if not isinstance(kdf, dict) or set(kdf) != {"log_n", "p", "salt"}:
        raise TypeError
    cost = Cost(_integer(kdf["log_n"]), _integer(kdf["p"]))
    if not cost.is_allowed():
        raise ValueError
    return Box(
        cost=cost,
        salt=_bytes(kdf["salt"], SALT_BYTES),
        nonce=_bytes(value.pop("nonce"), NONCE_BYTES),
        ciphertext=_bytes(value.pop("ciphertext"), PRIVATE_BYTES + TAG_BYTES),
    )


def _bytes(value: object, size: int) -> bytes:
    if not isinstance(value, str) or _HEX.fullmatch(value) is None or len(value) != 2 * size:
        raise ValueError
    return bytes.fromhex(value)


def _integer(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError
    return value
