"""TOML's bytes as tables, whoever wrote them: what Python itself cannot hold is refused by name.

A stranger's file may nest without end or have an integer of thousands of digits; the errors that
Python raises then are of many kinds.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final

from node.config.failures import ConfigCode, ConfigFailure

MAX_DEPTH: Final = 64
INTEGERS: Final = range(-(2**63), 2**63)
"""TOML's own: 64 bits. In hexadecimal Python reads any number, and then cannot show it."""


def read_toml(data: bytes, path: Path) -> dict[str, object]:
    """The tables of a file.

    Args:
        data: its bytes.
        path: for errors.

    Raises:
        ConfigFailure: CONFIG_INVALID.
    """
    try:
        tables = tomllib.loads(data.decode("utf-8"))
    except UnicodeDecodeError:
        raise _no_toml(path, "other bytes") from None
    except tomllib.TOMLDecodeError as error:
        raise _no_toml(path, str(error)) from None
    except ValueError:
        raise _no_toml(path, "an integer of more than 64 bits") from None
    except RecursionError:
        raise _no_toml(path, f"more than {MAX_DEPTH} levels") from None
    fault = _fault(tables)
    if fault:
        raise _no_toml(path, fault)
    return tables


def _fault(tables: dict[str, object]) -> str:
    """What no file of a home has; "" where there is nothing like it."""
    left: list[tuple[object, int]] = [(tables, 0)]
    while left:
        value, depth = left.pop()
        if depth > MAX_DEPTH:
            return f"more than {MAX_DEPTH} levels"
        if isinstance(value, int) and value not in INTEGERS:
            return "an integer of more than 64 bits"
        inner = list(value.values()) if isinstance(value, dict) else value
        if isinstance(inner, list):
            left += [(one, depth + 1) for one in inner]
    return ""


def _no_toml(path: Path, found: str) -> ConfigFailure:
    return ConfigFailure(ConfigCode.CONFIG_INVALID, expected=f"{path} as TOML", found=found)
