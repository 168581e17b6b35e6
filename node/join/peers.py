"""Whom a new node connects to: nobody registers, and pays, for a node that would reach no peer.

A peer's id and port are its own word, and its host where that says more than "this machine". The
engine reports the address as its operator wrote it: with a scheme, without one, or with the id.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from node.chain_client import ChainClient
from node.config import Home
from node.config.cometbft import edit_cometbft, read_cometbft
from node.config.engine_keys import read_engine_keys
from node.config.state_sync import has_blocks
from node.deadline import Deadline
from node.engine_rpc import Status
from node.engine_rpc.timed import Call, connected
from node.join.failures import JoinCode, JoinFailure
from node.join.plan import Join

REACH_SECS: Final = 5.0
"""For one peer: its name and the connection."""

PEERS: Final = "p2p.persistent_peers"
SEEDS: Final = "p2p.seeds"

_PEER_ID: Final = re.compile(r"[0-9a-f]{40}")
_HERE: Final = re.compile(r"|0\.0\.0\.0|::|localhost|127\.[0-9.]+|::1", re.ASCII)
"""Hosts by which a machine means itself."""


def ensure_peers(home: Home, wish: Join, chain: ChainClient) -> None:
    """That the home's config names a peer that answers; adds one where it does not.

    A home that has blocks has had its peers, and keeps them.

    Raises:
        JoinFailure: NO_PEER_REACHED.
        ConfigFailure, ChainFailure: as they come.
    """
    status = chain.status()
    if status.node_id == read_engine_keys(home).node_id:
        return
    named = _named(home, PEERS)
    if has_blocks(home) and (named or _named(home, SEEDS)):
        return
    told = peer_of(status, chain.engine.address)
    offers = (named, wish.p2p_peers, (told,) if told else ())
    for offer in offers:
        if any(reaches(peer) for peer in offer):
            if offer is not named:
                edit_cometbft(home, {PEERS: ",".join(dict.fromkeys((*named, *offer)))})
            return
    tried = ", ".join(dict.fromkeys(peer for offer in offers for peer in offer))
    raise JoinFailure(
        JoinCode.NO_PEER_REACHED,
        expected="a peer of the network that answers, to get blocks from",
        found=f"no answer from {tried}"
        if tried
        else f"no address of one: {chain.engine.address} says {status.listen_address!r} of itself",
    )


def peer_of(status: Status, rpc: str) -> str | None:
    """NODE_ID@HOST:PORT of whom `rpc`, a URL, is; None where it says nothing of use."""
    said = status.listen_address
    try:
        listen = urlsplit(said if "://" in said else f"tcp://{said}")
        host, port = listen.hostname or "", listen.port
    except ValueError:
        return None
    if not port or _PEER_ID.fullmatch(status.node_id) is None:
        return None
    if _HERE.fullmatch(host):
        host = urlsplit(rpc).hostname or ""
    shown = f"[{host}]" if ":" in host else host
    return f"{status.node_id}@{shown}:{port}"


def reaches(peer: str) -> bool:
    """Whether somebody takes a connection at NODE_ID@HOST:PORT."""
    try:
        place = urlsplit(f"tcp://{peer}")
        call = Call(Deadline(REACH_SECS), REACH_SECS, 0)
        connected(place.hostname or "", place.port or 0, call).close()
    except (OSError, ValueError):
        return False
    return True


def _named(home: Home, key: str) -> tuple[str, ...]:
    value = read_cometbft(home, key)
    parts = value.split(",") if isinstance(value, str) else []
    return tuple(part.strip() for part in parts if part.strip())
