"""client.toml: what commands that ask a node take where no option says otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from node.config.files import replace_file
from node.config.home import Home
from node.config.node_config import BACKENDS, FILE_BACKEND
from node.config.ports import LOOPBACK, Ports
from node.config.settings import Setting, lines_of, read_settings
from node.config.toml_reader import TomlReader, grpc_address, one_of, rpc_url, text
from node.config.toml_writer import dump

OUTPUTS: Final = ("text", "json")

_TITLE: Final = """\
Of commands that ask a node. An option beats SEEDPACT_* in the environment, which beats this file.
"""


@dataclass(frozen=True, slots=True)
class ClientConfig:
    """One client.toml, checked."""

    chain_id: str = ""
    """Empty where it is not known: the node is asked."""
    node: str = f"http://{LOOPBACK}:{Ports().rpc}"
    """URL of a CometBFT RPC."""
    grpc: str = f"{LOOPBACK}:{Ports().grpc}"
    """HOST:PORT of a node's gRPC services, or https://HOST:PORT."""
    keyring_backend: str = FILE_BACKEND
    output: str = "text"
    ca_file: str = ""
    """Authorities in PEM that vouch for https; empty: this machine's."""

    @staticmethod
    def default(*, chain_id: str = "", ports: Ports | None = None) -> ClientConfig:
        """What `init` writes."""
        chosen = ports or Ports()
        return ClientConfig(
            chain_id=chain_id,
            node=f"http://{LOOPBACK}:{chosen.rpc}",
            grpc=f"{LOOPBACK}:{chosen.grpc}",
        )

    @staticmethod
    def load(home: Home) -> ClientConfig:
        """Reads the home's client.toml; a home without one has the defaults.

        Raises:
            ConfigFailure: CONFIG_UNREADABLE or CONFIG_INVALID.
        """
        reader, default = TomlReader.open(home.client_config), ClientConfig()
        return default if reader is None else read_settings(reader, _SETTINGS, default)

    def save(self, home: Home) -> None:
        """Writes the home's client.toml. Raises ConfigFailure: CANNOT_WRITE."""
        replace_file(home.client_config, dump(_TITLE, lines_of(_SETTINGS, self)))


_SETTINGS: Final = (
    Setting("chain_id", "chain_id", text, "The network; transactions are signed for it."),
    Setting("node", "node", rpc_url, "A CometBFT RPC: tcp://HOST:PORT or http(s)://.."),
    Setting(
        "grpc", "grpc", grpc_address, "HOST:PORT of a node's gRPC services, or https://HOST:PORT."
    ),
    Setting("ca_file", "ca_file", text, "PEM of who vouches for https; empty: the system's."),
    Setting("keyring_backend", "keyring_backend", one_of(*BACKENDS), '"file" or "test".'),
    Setting("output", "output", one_of(*OUTPUTS), '"text" for people, "json" for programs.'),
)
"""client.toml, key by key."""
