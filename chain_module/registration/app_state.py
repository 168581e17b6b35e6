"""app_state as JSON: one reading, one canonical form, one hash (protocol.md sections 2 and 4).

ASCII keys, none twice; no floats; integers up to 2^53-1, larger ones as text: within these limits
RFC 8785 has no corner that Python's encoder gets wrong, and a test compares both.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Final, cast

from chain_module.genesis_form import BadGenesis, Json, JsonObject
from enclave.attestation.strict_json import parse_object

MODULE: Final = "registration"
OUTSIDE_IDENTITY: Final = ("network", "nodes")
"""Of this module's part: what is made with network_id, and so no part of it."""

MAX_INTEGER: Final = 2**53 - 1
_MAX_DIGITS: Final = 16
_MAX_DEPTH: Final = 32


def parse_json(data: bytes, where: str) -> JsonObject:
    """One JSON object. Raises BadGenesis."""
    try:
        found = parse_object(data.decode("utf-8"), max_depth=_MAX_DEPTH, max_digits=_MAX_DIGITS)
    except UnicodeDecodeError:
        raise BadGenesis(where, expected="UTF-8", found="other bytes") from None
    except ValueError as error:
        raise BadGenesis(where, expected="one JSON object", found=str(error)) from None
    value = cast("JsonObject", found)
    _check(value, where)
    return value


def app_state_hash(app_state: JsonObject) -> bytes:
    """32 bytes, over all that exists before the first seed."""
    part = app_state.get(MODULE)
    if not isinstance(part, Mapping):
        return hashlib.sha256(canonical(app_state)).digest()
    kept = {name: value for name, value in part.items() if name not in OUTSIDE_IDENTITY}
    return hashlib.sha256(canonical({**app_state, MODULE: kept})).digest()


def canonical(value: Json) -> bytes:
    """The form of RFC 8785, for a value that `parse_json` took.

    For ASCII keys the order of UTF-16 code units is that of Python's text, integers in this range
    are written as ECMAScript does, and so are the escapes of `json`.
    """
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8")


def _check(value: Json, where: str) -> None:
    if isinstance(value, Mapping):
        for name, entry in value.items():
            if not name.isascii():
                raise BadGenesis(where, expected="ASCII keys", found=name)
            _check(entry, f"{where}.{name}")
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            _check(entry, f"{where}[{index}]")
    elif isinstance(value, str):
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise BadGenesis(where, expected="Unicode text", found="half a character")
    elif isinstance(value, int) and abs(value) > MAX_INTEGER:
        expected = "an integer up to 2^53-1, or a larger one as text"
        raise BadGenesis(where, expected=expected, found=str(value))
