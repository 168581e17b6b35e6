"""Changed genesis files: each field of the engine's part, with values that a reader may get wrong.

The control file is one that both take. A case is a path into it and a value; MISSING takes the
field away.
"""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parents[1] / "vectors" / "genesis"
CONTROL: Final = FOLDER / "control.json"

MISSING: Final = object()
INT64: Final = 2**63
UINT64: Final = 2**64
MAX_BLOCK: Final = 104_857_600
MAX_POWER: Final = (INT64 - 1) // 8

TYPES: Final[tuple[object, ...]] = (
    MISSING,
    None,
    True,
    0,
    -1,
    1.5,
    "",
    " ",
    "x",
    [],
    {},
    [1],
    ["ed25519"],
    {"a": "b"},
)
SPELLINGS: Final = (
    *("0", "-0", "+1", "01", "-01", "1.0", "1e3", "0x10", " 1", "1 ", "1_000", "\u0661", "NaN"),
    *("1" * 19, "1" * 20, "9" * 40, "9" * 5_000),
)
NUMBERS: Final[tuple[int, ...]] = (
    *(-UINT64, -INT64 - 1, -INT64, -INT64 + 1, -(2**53), -(2**32), -2, -1, 0, 1, 2),
    *(2**31 - 1, 2**31, 2**32, 2**53 - 1, 2**53, 2**53 + 1),
    *(INT64 - 2, INT64 - 1, INT64, INT64 + 1, UINT64 - 1, UINT64, UINT64 + 1),
)
BLOCK_BYTES: Final = (
    *(3_000_000, 4_194_303, 4_194_304, 4_194_305, 1_048_575, 1_048_576, 1_048_577),
    *(MAX_BLOCK - 1, MAX_BLOCK, MAX_BLOCK + 1),
)
ROOM: Final = 4_194_304 - 731 - 3_358
"""Of the control file's block, besides a header and one vote."""
INTEGERS: Final[dict[tuple[str | int, ...], tuple[int, ...]]] = {
    ("initial_height",): (),
    ("consensus_params", "block", "max_bytes"): BLOCK_BYTES,
    ("consensus_params", "block", "max_gas"): (-3, 3_019_999, 3_020_000, 3_020_001),
    ("consensus_params", "evidence", "max_age_num_blocks"): (),
    ("consensus_params", "evidence", "max_age_duration"): (),
    ("consensus_params", "evidence", "max_bytes"): (*BLOCK_BYTES, ROOM - 1, ROOM, ROOM + 1),
    ("consensus_params", "version", "app"): (),
    ("consensus_params", "abci", "vote_extensions_enable_height"): (),
    ("validators", 0, "power"): (MAX_POWER - 1, MAX_POWER, MAX_POWER + 1),
}
"""Each 64-bit field, and the limits that it has besides those of its type."""

TIMES: Final = (
    *("2026-12-01T00:13:44.5Z", "2026-12-01T00:13:44.123456789Z", "2026-12-01T00:13:44.Z"),
    *("2026-12-01T00:13:44.1234567891Z", "2026-12-01T00:13:44,5Z", "2026-12-01t00:13:44z"),
    *("2026-12-01T24:00:00Z", "2026-12-01T23:59:60Z", "2026-12-01T00:13:44", "2026-12-01"),
    *("2026-12-01T00:13:44+00:00", "2026-12-01T00:13:44+01:00", "2026-12-1T00:13:44Z"),
    *("2026-13-01T00:13:44Z", "2026-02-29T00:13:44Z", "2028-02-29T00:13:44Z"),
    *("0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z"),
    *("1970-01-01T00:00:00Z", "2262-04-11T23:47:17Z", "2554-07-21T23:34:33Z"),
    *("9999-12-31T23:59:59Z", "10000-01-01T00:00:00Z", "1796083200"),
)
KEYS: Final = (
    base64.b64encode(bytes(31)).decode(),
    base64.b64encode(bytes(33)).decode(),
    base64.b64encode(bytes(32)).decode().rstrip("="),
    base64.b64encode(bytes(32)).decode() + "=",
    base64.urlsafe_b64encode(b"\xff" * 32).decode(),
    "00" * 32,
    "!",
    "\u00e4",
    "VwEMHELPvtL0gacg4/7E8U1f+ljvhc9dNEFnNjlPjc4=\n",
)
ADDRESSES: Final = ("a2825d1a763eeaf614e0fce68ea3fb45ca4e13c6", "00" * 20, "A2", "0", "zz")
HASHES: Final = ("00", "0", "zz", "A2825D1A763EEAF614E0FCE68EA3FB45CA4E13C6")
TEXTS: Final[dict[tuple[str | int, ...], tuple[object, ...]]] = {
    ("genesis_time",): TIMES,
    ("chain_id",): ("x" * 50, "x" * 51, "\u00e4" * 25, "a\nb", "a b", "\x7f"),
    ("app_hash",): HASHES,
    ("validators", 0, "address"): ADDRESSES,
    ("validators", 0, "name"): ("\u00e4", "x" * 500),
    ("validators", 0, "pub_key", "type"): (
        *("tendermint/PubKeySecp256k1", "tendermint/PubKeyMlDsa65", "tendermint/PrivKeyEd25519"),
        *("ed25519", "cometbft/PubKeyEd25519"),
    ),
    ("validators", 0, "pub_key", "value"): KEYS,
    ("consensus_params", "validator", "pub_key_types"): (
        *(["secp256k1"], ["ed25519", "secp256k1"], ["ed25519", "ed25519"], ["Ed25519"], [""]),
        *([None], [["ed25519"]], ["tendermint/PubKeyEd25519"], ["ed25519", "sr25519"], ["mldsa65"]),
    ),
}
PARTS: Final[tuple[tuple[str | int, ...], ...]] = (
    ("consensus_params",),
    *(("consensus_params", name) for name in ("block", "evidence", "validator", "version", "abci")),
    ("validators",),
    ("validators", 0),
    ("validators", 0, "pub_key"),
    ("app_state",),
)
"""Objects and lists, which get the values of other types."""


@dataclass(frozen=True, slots=True)
class Case:
    """One changed file."""

    path: tuple[str | int, ...]
    value: object
    data: bytes

    @property
    def name(self) -> str:
        """For people."""
        shown = "missing" if self.value is MISSING else repr(self.value)[:60]
        return f"{'.'.join(map(str, self.path))} = {shown}"


def table() -> Iterator[Case]:
    """Every field with every value."""
    for path, limits in INTEGERS.items():
        numbers = [str(number) for number in (*NUMBERS, *limits)]
        for value in (*TYPES, *SPELLINGS, *numbers, *limits):
            yield changed(path, value)
    for path, texts in TEXTS.items():
        for value in (*TYPES, *texts):
            yield changed(path, value)
    for path in PARTS:
        for value in TYPES:
            yield changed(path, value)
    yield from _sets()


def changed(path: tuple[str | int, ...], value: object) -> Case:
    """The control file with this value there."""
    document = json.loads(CONTROL.read_bytes())
    place: Any = document
    for step in path[:-1]:
        place = place[step]
    if value is not MISSING:
        place[path[-1]] = value
    else:
        del place[path[-1]]
    return Case(path, value, json.dumps(document).encode())


def _sets() -> Iterator[Case]:
    """Validators beside each other: one twice, and powers of which only the sum is too much."""
    first: dict[str, Any] = json.loads(CONTROL.read_bytes())["validators"][0]
    for power in (1, 10, MAX_POWER - 10, MAX_POWER - 9, MAX_POWER, 0, -1, -10, -11, INT64 - 1):
        yield changed(("validators",), [first, _other(1, power)])
        yield changed(("validators",), [first, {**first, "power": str(power)}])
    yield changed(("validators",), [_other(1, MAX_POWER - 1), _other(2, MAX_POWER - 1)])
    for count in (1_247, 1_248, 1_249):
        yield changed(("validators",), [_other(number, 1) for number in range(count)])


def _other(number: int, power: int) -> dict[str, Any]:
    key = base64.b64encode(number.to_bytes(32, "big")).decode()
    made = {"type": "tendermint/PubKeyEd25519", "value": key}
    return copy.deepcopy({"pub_key": made, "power": str(power), "name": ""})
