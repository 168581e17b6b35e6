"""Values of config.toml that CometBFT judges when it starts, judged here before they are written.

Its rules are those of p2p/node_info.go (`DefaultNodeInfo.Validate`) and p2p/netaddress.go
(`NewNetAddressString`); an engine that refuses one never starts. What it can only know later,
whether a name resolves, is asked before a start (`node.supervisor.preflight`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from node.config.toml_reader import WrongValue, address, text

MAX_MONIKER: Final = 70
"""Characters: as many as a register may carry."""

_TCP: Final = "tcp://"
_PEER_ID: Final = re.compile(r"[0-9a-f]{40}", re.ASCII)


def moniker(value: object) -> str:
    """A node's name among its peers. Raises WrongValue."""
    name = text(value)
    printable = name.isascii() and name.isprintable()
    if not printable or not name.strip() or len(name) > MAX_MONIKER:
        raise WrongValue(f"1 to {MAX_MONIKER} printable ASCII characters, not spaces alone")
    return name


def peer(value: object) -> str:
    """NODE_ID@HOST:PORT. Raises WrongValue."""
    node_id, _, where = text(value).partition("@")
    if _PEER_ID.fullmatch(node_id) is None or not _is_address(where):
        raise WrongValue("a peer as NODE_ID@HOST:PORT, NODE_ID of 40 lower-case hex digits")
    return f"{node_id}@{where}"


def peers(value: object) -> tuple[str, ...]:
    """Peers as `peer`, with commas between them; "" for none. Raises WrongValue."""
    parts = [part.strip(" ") for part in text(value).split(",")]
    return tuple(peer(part) for part in parts if part)


def listen_url(value: object) -> str:
    """The HOST:PORT of tcp://HOST:PORT. Raises WrongValue."""
    found = text(value)
    where = found.removeprefix(_TCP)
    if where == found or not _is_address(where):
        raise WrongValue("tcp://HOST:PORT, such as tcp://127.0.0.1:26657")
    return where


def told_address(value: object) -> str:
    """What peers are told of this node: HOST:PORT, with or without tcp://; "" for none.

    Raises WrongValue.
    """
    found = text(value)
    return address(found.removeprefix(_TCP)) if found else ""


def _is_address(where: str) -> bool:
    try:
        address(where)
    except WrongValue:
        return False
    return True


FORMS: Final[Mapping[str, Callable[[object], object]]] = {
    "moniker": moniker,
    "rpc.laddr": listen_url,
    "p2p.laddr": listen_url,
    "p2p.external_address": told_address,
    "p2p.persistent_peers": peers,
    "p2p.seeds": peers,
}
"""By the key in config.toml, with its table in front."""
