"""HOST:PORT, as servers and the engine take it: a name, an IPv4 address or an IPv6 in brackets."""

from __future__ import annotations

import ipaddress
import re
from typing import Final

MAX_NAME: Final = 253

_ADDRESS: Final = re.compile(r"([\w.-]+|\[[0-9a-fA-F:.]+\]):([0-9]{1,5})", re.ASCII)
_NAME: Final = re.compile(r"(?=.*[a-zA-Z_-])[\w-]{1,63}(?:\.[\w-]{1,63})*\.?", re.ASCII)
"""One with digits alone is an address that is none: no resolver takes it."""


def split_address(text: str) -> tuple[str, int] | None:
    """Host, without brackets, and port; None where it is no such address.

    The port may be 0 or too large for one: that is for the caller to judge.
    """
    match = _ADDRESS.fullmatch(text)
    if match is None:
        return None
    host, port = match[1].strip("[]"), int(match[2])
    if _NAME.fullmatch(host) is not None and "[" not in match[1] and len(host) <= MAX_NAME:
        return host, port
    try:
        version = ipaddress.ip_address(host).version
    except ValueError:
        return None
    return (host, port) if (version == 6) == match[1].startswith("[") else None  # noqa: PLR2004
