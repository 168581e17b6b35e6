"""How a key is shown."""

from __future__ import annotations

import base64
from typing import Final

from node.cli.output import Row
from node.json_form import Json
from node.keyring import Backend, KeyInfo

PUBLIC_KEY_TYPE: Final = "/cosmos.crypto.secp256k1.PubKey"
IN_CLEAR: Final = "the test keyring keeps keys in clear: for development alone"


def key_json(info: KeyInfo) -> dict[str, Json]:
    """A key for programs, with the names of Cosmos daemons."""
    key = base64.b64encode(info.public_key).decode("ascii")
    return {
        "name": info.name,
        "type": "local",
        "address": info.address,
        "pubkey": {"@type": PUBLIC_KEY_TYPE, "key": key},
    }


def key_rows(info: KeyInfo) -> list[Row]:
    """A key for people."""
    return [
        ("name", info.name),
        ("address", info.address),
        ("public key", info.public_key.hex()),
    ]


def warnings(backend: str) -> list[Row]:
    """What to know of a new key."""
    return [("warning", IN_CLEAR)] if backend == Backend.TEST else []
