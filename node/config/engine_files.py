"""CometBFT's own files beside its keys, read as strictly as the engine needs them.

What its consensus key signed last keeps it from signing twice: an empty file, or one from which a
field is missing, is one that nobody may guess. The address book can be thrown away.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Final

from node.config.failures import ConfigCode, ConfigFailure
from node.config.files import read_bytes
from node.config.home import Home
from node.json_form import Json, parse_json

MAX_BOOK_BYTES: Final = 64 * 1024 * 1024
MAX_ROUND: Final = 2**31 - 1
MAX_STEP: Final = 3
"""1 a proposal, 2 a prevote, 3 a precommit; 0 before the first."""
BUCKETS: Final = {1: 256, 2: 64}
"""By type: how many the engine has of it (p2p/pex/params.go)."""

_INT64: Final = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_HEX: Final = re.compile(r"(?:[0-9A-Fa-f]{2})+", re.ASCII)


def check_signed(home: Home) -> None:
    """That what the consensus key signed last is known.

    Raises:
        ConfigFailure: SIGNED_UNKNOWN, or CONFIG_UNREADABLE.
    """
    path = home.validator_state
    data = read_bytes(path)
    fault = "no such file" if data is None else _fault_of_signed(data)
    if fault:
        raise ConfigFailure(
            ConfigCode.SIGNED_UNKNOWN,
            expected=f"{path}, what the consensus key signed last, without which it can sign twice",
            found=fault,
        )


def check_address_book(home: Home) -> None:
    """That the engine can read its address book, if there is one.

    Raises:
        ConfigFailure: ADDRESS_BOOK_DAMAGED, or CONFIG_UNREADABLE.
    """
    data = read_bytes(home.address_book, limit=MAX_BOOK_BYTES)
    fault = "" if data is None else _fault_of_book(data)
    if fault:
        raise ConfigFailure(
            ConfigCode.ADDRESS_BOOK_DAMAGED,
            expected=f"{home.address_book} as CometBFT's address book",
            found=fault,
        )


def _fault_of_signed(data: bytes) -> str:
    """Why these bytes are no such state; "" where they are one."""
    fields = _object(data)
    if isinstance(fields, str):
        return fields
    height, turn, step = (fields.get(name) for name in ("height", "round", "step"))
    if not isinstance(height, str) or not _INT64.fullmatch(height) or int(height) >= 2**63:
        return "no height"
    if not _is_integer(turn, MAX_ROUND) or not _is_integer(step, MAX_STEP):
        return "no round and step"
    signature, signed = fields.get("signature"), fields.get("signbytes")
    if bool(signature) != bool(signed):
        return "a signature without what it signs, or the other way round"
    if signature and not (_is_base64(signature) and _is_hex(signed)):
        return "a signature that is none"
    return ""


def _fault_of_book(data: bytes) -> str:
    fields = _object(data)
    if isinstance(fields, str):
        return fields
    entries = fields.get("addrs") or []
    if not isinstance(fields.get("key"), str) or not isinstance(entries, list):
        return "neither key nor addresses"
    return "" if all(map(_is_known_address, entries)) else "an entry that is no address"


def _is_known_address(entry: Json) -> bool:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("addr"), Mapping):
        return False
    kind, buckets = entry.get("bucket_type"), entry.get("buckets") or []
    count = BUCKETS.get(kind, 0) if isinstance(kind, int) else 0
    fit = isinstance(buckets, list) and all(_is_integer(one, count - 1) for one in buckets)
    return bool(count) and fit


def _object(data: bytes) -> Mapping[str, Json] | str:
    """The JSON object; or what there is instead."""
    if not data.strip():
        return "an empty file"
    try:
        found = parse_json(data)
    except ValueError as error:
        return str(error)
    return found if isinstance(found, Mapping) else "JSON that is no object"


def _is_integer(value: Json, highest: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= highest


def _is_base64(value: Json) -> bool:
    try:
        return isinstance(value, str) and bool(base64.b64decode(value, validate=True))
    except ValueError:
        return False


def _is_hex(value: Json) -> bool:
    return isinstance(value, str) and _HEX.fullmatch(value) is not None
