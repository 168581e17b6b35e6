"""A node's home: where its files lie, and what its configuration says.

What belongs here: paths, node.toml, client.toml, the keys of CometBFT's config.toml that we own,
and CometBFT's own key files. What must not: running anything, and the keyring.
"""

from node.config.client_config import ClientConfig
from node.config.failures import ConfigCode, ConfigFailure
from node.config.home import DEFAULT_HOME, Home
from node.config.node_config import NodeConfig
from node.config.ports import Ports

__all__ = [
    "DEFAULT_HOME",
    "ClientConfig",
    "ConfigCode",
    "ConfigFailure",
    "Home",
    "NodeConfig",
    "Ports",
]
