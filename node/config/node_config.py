"""node.toml: what the application, its services and the enclave's caller of one node need."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from enclave.crypto.labels import Mode
from node.config.files import replace_file
from node.config.gas_price import GasPrice, gas_price
from node.config.home import MAX_SOCKET_PATH, Home
from node.config.ports import LOOPBACK, Ports
from node.config.settings import Setting, lines_of, read_settings
from node.config.toml_reader import (
    TomlReader,
    WrongValue,
    address,
    integer,
    one_of,
    rpc_urls,
    switch,
    text,
)
from node.config.toml_writer import dump, edit

DEFAULT_GAS_PRICE: Final = gas_price("0.001useed")
DEFAULT_KEEP_VERSIONS: Final = 100
MAX_KEEP_VERSIONS: Final = 1_000_000
DEFAULT_SNAPSHOT_EVERY: Final = 500
DEFAULT_SNAPSHOT_KEEP: Final = 2
MAX_SNAPSHOTS: Final = 100
MAX_SNAPSHOT_EVERY: Final = 1_000_000
FILE_BACKEND: Final = "file"
BACKENDS: Final = (FILE_BACKEND, "test")
"""Of the keyring."""
LOG_FORMATS: Final = ("text", "json")
LOG_LEVELS: Final = ("debug", "info", "warning", "error")

_TITLE: Final = """\
Of the node itself: the application and its services. `seedpactd start` reads it.
CometBFT has a file of its own, config.toml; commands that ask a node have client.toml.
"""


@dataclass(frozen=True, slots=True)
class NodeConfig:
    """One node.toml, checked."""

    abci_socket: Path
    """Unix socket between CometBFT and the application; absolute."""
    grpc_listen: str
    metrics_listen: str
    enclave_address: str
    enclave_mode: Mode
    enclave_token: Path | None = None
    """By which the enclave is known at its address; None: who answers there is not checked."""
    minimum_gas_price: GasPrice = DEFAULT_GAS_PRICE
    keep_versions: int = DEFAULT_KEEP_VERSIONS
    """How many of the newest heights stay readable; at least 2: contexts look one back."""
    snapshot_every: int = DEFAULT_SNAPSHOT_EVERY
    """At each multiple of so many blocks a snapshot is written, for restarts and for peers."""
    snapshot_keep: int = DEFAULT_SNAPSHOT_KEEP
    """How many of the newest snapshots stay; at least 2: a restart may find one damaged."""
    operator_key: str = ""
    """The key in the keyring that pays for renewals and freshness; empty has none."""
    keyring_backend: str = FILE_BACKEND
    witnesses: tuple[str, ...] = ()
    """RPC URLs of other nodes whose headers are compared with this node's."""
    log_format: str = "text"
    log_level: str = "info"
    log_abci_calls: bool = False
    """Whether logs/abci-calls.jsonl gets a line for each call of the engine that drives blocks."""

    @staticmethod
    def default(home: Home, *, mode: Mode, ports: Ports | None = None) -> NodeConfig:
        """What `init` writes; everything listens on loopback alone."""
        chosen = ports or Ports()
        return NodeConfig(
            abci_socket=home.default_socket,
            grpc_listen=f"{LOOPBACK}:{chosen.grpc}",
            metrics_listen=f"{LOOPBACK}:{chosen.metrics}",
            enclave_address=f"{LOOPBACK}:{chosen.enclave}",
            enclave_mode=mode,
            enclave_token=home.enclave_token,
        )

    @staticmethod
    def load(home: Home) -> NodeConfig:
        """Reads the home's node.toml.

        Raises:
            ConfigFailure: NO_HOME, CONFIG_UNREADABLE or CONFIG_INVALID.
        """
        reader = TomlReader.open(home.require().node_config)
        default = NodeConfig.default(home, mode=Mode.HARDWARE)
        return default if reader is None else read_settings(reader, _settings(home), default)

    def save(self, home: Home) -> None:
        """Writes the home's node.toml. Raises ConfigFailure: CANNOT_WRITE."""
        replace_file(home.node_config, dump(_TITLE, lines_of(_settings(home), self)))

    @staticmethod
    def set_operator(home: Home, *, key: str, backend: str) -> None:
        """Names the key that pays for this node, and keeps the rest of the file as it stands.

        Raises:
            ConfigFailure: NO_HOME, CONFIG_UNREADABLE, CONFIG_INVALID or CANNOT_WRITE.
        """
        edit(home.node_config, {"operator.key": key, "operator.keyring_backend": backend})


def _settings(home: Home) -> tuple[Setting, ...]:
    """node.toml, key by key; paths are the home's."""
    return (
        Setting(
            "abci_socket",
            "abci.socket",
            lambda value: home.path / _socket(value),
            "The unix socket between CometBFT and the application; config.toml's proxy_app.",
            str,
        ),
        Setting("grpc_listen", "grpc.listen", address, "HOST:PORT of the gRPC services."),
        Setting("metrics_listen", "metrics.listen", address, "HOST:PORT of Prometheus metrics."),
        Setting("enclave_address", "enclave.address", address, "HOST:PORT of this node's enclave."),
        Setting(
            "enclave_mode",
            "enclave.mode",
            _mode,
            '"hardware": SGX; "software": development, protects nothing.',
            lambda mode: mode.value,
        ),
        Setting(
            "enclave_token",
            "enclave.token",
            lambda value: home.path / found if (found := text(value)) else None,
            "endpoint.token of the enclave's home, by which it is known at its address;\n"
            '"" has none: who answers there is then not checked.',
            lambda token: _token_text(home, token),
        ),
        Setting(
            "minimum_gas_price",
            "application.minimum_gas_price",
            gas_price,
            "Transactions that pay less for a unit of gas do not enter this node's mempool.",
            lambda price: price.text,
        ),
        Setting(
            "keep_versions",
            "application.keep_versions",
            integer(2, MAX_KEEP_VERSIONS),
            "How many of the newest heights can be queried.",
        ),
        Setting(
            "snapshot_every",
            "snapshots.every",
            integer(1, MAX_SNAPSHOT_EVERY),
            "A snapshot of the state at each multiple of so many blocks. A restart reads the "
            "newest, and\npeers that state-sync take one: the same multiple on all nodes makes "
            "theirs the same.",
        ),
        Setting(
            "snapshot_keep",
            "snapshots.keep",
            integer(2, MAX_SNAPSHOTS),
            "How many of the newest stay. A peer that is slow needs more.",
        ),
        Setting(
            "operator_key",
            "operator.key",
            text,
            "The key in the keyring that signs and pays for this node's renewals and freshness;\n"
            '"" has none: others then renew it.',
        ),
        Setting(
            "keyring_backend", "operator.keyring_backend", one_of(*BACKENDS), '"file" or "test".'
        ),
        Setting(
            "witnesses",
            "light_client.witnesses",
            rpc_urls,
            "RPC URLs of nodes of others, with commas between them: "
            "tcp://HOST:PORT,tcp://HOST:PORT.\n"
            "One header in ten is compared with theirs; a signed fork stops this node's enclave.",
            ",".join,
        ),
        Setting(
            "log_format",
            "log.format",
            one_of(*LOG_FORMATS),
            '"text" for people, "json" for programs.',
        ),
        Setting("log_level", "log.level", one_of(*LOG_LEVELS), " < ".join(LOG_LEVELS) + "."),
        Setting(
            "log_abci_calls",
            "log.abci_calls",
            switch,
            "true: each call that drives blocks, in logs/abci-calls.jsonl (it grows).",
        ),
    )


def _token_text(home: Home, token: Path | None) -> str:
    """Relative in the home, so that a home that moved keeps it."""
    if token is None:
        return ""
    return str(token.relative_to(home.path) if token.is_relative_to(home.path) else token)


def _socket(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(os.fsencode(value)) <= MAX_SOCKET_PATH:
        raise WrongValue(f"a path of 1 to {MAX_SOCKET_PATH} bytes")
    return value


def _mode(value: object) -> Mode:
    try:
        return Mode(one_of(*(mode.value for mode in Mode))(value))
    except ValueError:
        raise WrongValue("a mode") from None
