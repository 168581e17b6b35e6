"""CometBFT's key files, made here: Ed25519 keys in CometBFT's own JSON.

The node key names a node among its peers. The consensus key signs votes; beside it stands what it
signed last, without which it could sign twice: a key without that state is refused, never given a
new one. An existing key is never replaced.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from enclave.attestation.strict_json import parse_object
from node.config.engine_files import check_signed
from node.config.failures import ConfigCode, ConfigFailure
from node.config.files import PRIVATE, create_file, read_bytes
from node.config.home import Home

PRIVATE_TYPE: Final = "tendermint/PrivKeyEd25519"
PUBLIC_TYPE: Final = "tendermint/PubKeyEd25519"
KEY_BYTES: Final = 32
PAIR_BYTES: Final = 64
ADDRESS_BYTES: Final = 20

_NOTHING_SIGNED: Final = {"height": "0", "round": 0, "step": 0}


@dataclass(frozen=True, slots=True)
class EngineKeys:
    """The public halves of a node's keys."""

    node_id: str
    """40 hex digits: how peers name this node."""
    validator_key: bytes
    """32 bytes, Ed25519."""

    @property
    def validator_address(self) -> str:
        """40 hex digits in upper case, as CometBFT shows it."""
        return engine_address(self.validator_key).hex().upper()


def ensure_engine_keys(home: Home) -> EngineKeys:
    """Makes the keys that are missing; those that exist stay.

    Raises:
        ConfigFailure: CONFIG_UNREADABLE, CONFIG_INVALID or CANNOT_WRITE.
    """
    if not home.validator_key.exists():
        # First the state: a key never stands without it, whenever a power cut comes.
        if not home.validator_state.exists():
            create_file(home.validator_state, _dump(_NOTHING_SIGNED), mode=PRIVATE)
        create_file(home.validator_key, _dump(_validator_file()), mode=PRIVATE)
    if not home.node_key.exists():
        create_file(home.node_key, _dump({"priv_key": _private(_generate())}), mode=PRIVATE)
    return read_engine_keys(home)


def read_engine_keys(home: Home) -> EngineKeys:
    """The public halves of a home's keys.

    Raises:
        ConfigFailure: NO_HOME, CONFIG_UNREADABLE or CONFIG_INVALID; SIGNED_UNKNOWN for a
            consensus key without the state of what it signed.
    """
    node, _ = _read_pair(home.node_key)
    validator, entry = _read_pair(home.validator_key)
    check_signed(home)
    public = validator[KEY_BYTES:]
    # The engine does without both, and ends where it cannot read them.
    if any(entry.get(name) not in (None, part) for name, part in _public_part(public).items()):
        raise ConfigFailure(
            ConfigCode.CONFIG_INVALID,
            expected=f"{home.validator_key} with the address and pub_key of its priv_key",
            found="another address or pub_key",
        )
    return EngineKeys(node_id=engine_address(node[KEY_BYTES:]).hex(), validator_key=public)


def engine_address(public_key: bytes) -> bytes:
    """CometBFT's 20-byte address of an Ed25519 key of 32 bytes."""
    return hashlib.sha256(public_key).digest()[:ADDRESS_BYTES]


def _generate() -> bytes:
    """A new private key and its public key, 64 bytes."""
    key = Ed25519PrivateKey.generate()
    return key.private_bytes_raw() + key.public_key().public_bytes_raw()


def _validator_file() -> dict[str, object]:
    pair = _generate()
    return {**_public_part(pair[KEY_BYTES:]), "priv_key": _private(pair)}


def _public_part(public: bytes) -> dict[str, object]:
    return {
        "address": engine_address(public).hex().upper(),
        "pub_key": {"type": PUBLIC_TYPE, "value": base64.b64encode(public).decode("ascii")},
    }


def _private(pair: bytes) -> dict[str, str]:
    return {"type": PRIVATE_TYPE, "value": base64.b64encode(pair).decode("ascii")}


def _dump(value: object) -> bytes:
    return json.dumps(value, indent=2).encode("ascii") + b"\n"


def _read_pair(path: Path) -> tuple[bytes, dict[str, object]]:
    """The 64 bytes of a key file, its public half checked, and the whole file.

    No part of it enters an error.
    """
    data = read_bytes(path)
    if data is None:
        raise ConfigFailure(ConfigCode.NO_HOME, expected=f"a key at {path}", found="no such file")
    try:
        whole = parse_object(data.decode("utf-8"))
        entry = cast("dict[str, str]", whole["priv_key"])
        pair = base64.b64decode(entry["value"], validate=True)
        known = entry["type"] == PRIVATE_TYPE and len(pair) == PAIR_BYTES
    except (ValueError, KeyError, TypeError):  # a UnicodeDecodeError and binascii.Error are one
        known, pair, whole = False, b"", {}
    if not known or _public_of(pair[:KEY_BYTES]) != pair[KEY_BYTES:]:
        raise ConfigFailure(
            ConfigCode.CONFIG_INVALID,
            expected=f"{path} as an Ed25519 key of CometBFT",
            found="something else; its content is not shown",
        )
    return pair, whole


def _public_of(private: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()
