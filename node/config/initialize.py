"""Makes a home: folders, configuration and CometBFT's keys, in an order that a power cut survives.

node.toml comes last: a home that has it is whole. Keys that exist are never written over, whoever
asks; configuration is, where the caller says so and the node has not run yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from node.config.client_config import ClientConfig
from node.config.cometbft import CometSettings, write_cometbft
from node.config.engine_keys import EngineKeys, ensure_engine_keys
from node.config.failures import ConfigCode, ConfigFailure
from node.config.files import replace_file
from node.config.home import Home
from node.config.node_config import NodeConfig

BLOCKS: Final = "blockstore.db"
"""CometBFT's blocks, under data/."""


@dataclass(frozen=True, slots=True)
class HomeSettings:
    """What a home's configuration says."""

    node: NodeConfig
    engine: CometSettings
    client: ClientConfig


def check_new(home: Home, *, overwrite: bool) -> None:
    """That a home may be made there.

    Args:
        home: where.
        overwrite: configuration and genesis may be there, if the node never ran.

    Raises:
        ConfigFailure: HOME_EXISTS, with what is there.
    """
    parts = (
        home.node_config,
        home.cometbft_config,
        home.client_config,
        home.genesis,
        home.validator_key,
        home.node_key,
    )
    there = [path.name for path in parts if path.exists()]
    if there and not overwrite:
        raise ConfigFailure(
            ConfigCode.HOME_EXISTS,
            expected=f"no node at {home.path}, or --overwrite, which keeps its keys",
            found=", ".join(there),
        )
    ran = [path for path in (home.data / BLOCKS, home.application_data) if path.exists()]
    if ran:
        raise ConfigFailure(
            ConfigCode.HOME_EXISTS,
            expected=f"a node at {home.path} that never ran",
            found=f"its data, {ran[0]}",
        )


def create_home(home: Home, settings: HomeSettings, *, genesis: bytes) -> EngineKeys:
    """Writes everything; makes the keys that are missing.

    Args:
        home: where.
        settings: what the files say.
        genesis: genesis.json.

    Raises:
        ConfigFailure: CANNOT_WRITE; or what is wrong with keys that exist.
    """
    home.make_folders()
    keys = ensure_engine_keys(home)
    write_cometbft(home, settings.engine)
    settings.client.save(home)
    replace_file(home.genesis, genesis)
    settings.node.save(home)
    return keys


def engine_has_run(home: Home) -> bool:
    """Whether the engine of this home ever ran: from then on it has a block store."""
    return (home.data / BLOCKS).exists()
