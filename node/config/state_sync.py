"""CometBFT's [statesync]: a snapshot of the network in the place of all its blocks.

The engine begins from one header that somebody vouches for, follows signed headers from it, and
takes a snapshot only with the app hash that they carry. It does so while it has no block, and
leaves these keys alone ever after.
"""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import dataclass
from typing import Final

from node.config.cometbft import edit_cometbft, read_cometbft
from node.config.failures import ConfigCode, ConfigFailure
from node.config.home import Home
from node.config.initialize import BLOCKS
from node.config.toml_reader import WrongValue, rpc_url

TRUST_PERIOD_HOURS: Final = 168
"""CometBFT's own default: an older header is refused, since those who signed it may be gone."""
DISCOVERY: Final = "5s"
"""How long the engine looks for snapshots before each choice: the least that CometBFT allows."""
SERVERS: Final = 2
"""CometBFT's light client wants a primary and a witness."""

ENGINE_DATA: Final = (BLOCKS, "state.db", "tx_index.db", "evidence.db", "cs.wal")
"""CometBFT's, under data/: made anew where they are missing."""

_ENABLE: Final = "statesync.enable"
_SERVERS: Final = "statesync.rpc_servers"


@dataclass(frozen=True, slots=True)
class StateSyncSettings:
    """What the engine needs to begin."""

    rpc_servers: tuple[str, ...]
    """CometBFT's RPC of two nodes or more: http://HOST:PORT."""
    trust_height: int
    trust_hash: bytes
    """32 bytes: of the header at that height."""


def write_state_sync(home: Home, settings: StateSyncSettings) -> None:
    """Sets the keys in the home's config.toml.

    Raises:
        ConfigFailure: NO_HOME, CONFIG_UNREADABLE, CONFIG_INVALID or CANNOT_WRITE.
    """
    edit_cometbft(
        home,
        {
            _ENABLE: True,
            _SERVERS: ",".join(settings.rpc_servers),
            "statesync.trust_height": settings.trust_height,
            "statesync.trust_hash": settings.trust_hash.hex().upper(),
            "statesync.trust_period": f"{TRUST_PERIOD_HOURS}h0m0s",
            "statesync.discovery_time": DISCOVERY,
        },
    )


def is_state_sync_on(home: Home) -> bool:
    """Whether the home's config.toml asks for it. Raises ConfigFailure, as `read_cometbft`."""
    return read_cometbft(home, _ENABLE) is True


def state_sync_servers(home: Home) -> tuple[str, ...]:
    """The servers that the home's config.toml names, each once; those that are none are left out.

    They stay there when state sync is over, and have blocks that this node has not.

    Raises:
        ConfigFailure: as `read_cometbft`.
    """
    found: dict[str, None] = {}
    for part in str(read_cometbft(home, _SERVERS) or "").split(","):
        name = part.strip()
        with contextlib.suppress(WrongValue):
            found[rpc_url(name if "://" in name else f"http://{name}")] = None
    return tuple(found)


def has_blocks(home: Home) -> bool:
    """Whether the node ran, and has blocks or a state."""
    return (home.data / BLOCKS).exists() or home.application_data.exists()


def forget_blocks(home: Home) -> None:
    """Removes all that a node has of its chain, and ends its state sync: it begins anew.

    What the consensus key signed last stays: without it a validator might sign twice.

    Raises:
        ConfigFailure: CANNOT_WRITE, or as `is_state_sync_on`.
    """
    if is_state_sync_on(home):
        edit_cometbft(home, {_ENABLE: False})
    try:
        for path in (*(home.data / name for name in ENGINE_DATA), home.application_data):
            if path.exists():
                shutil.rmtree(path)
    except OSError as error:
        raise ConfigFailure(
            ConfigCode.CANNOT_WRITE, expected=f"to remove what is in {home.data}", found=str(error)
        ) from None
