"""The keys of CometBFT's config.toml that we own; all others are the operator's or CometBFT's own.

The file that `init` writes has these keys alone: CometBFT takes its defaults for the others. An
edit keeps what else stands in the file, comments included.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chain_module.limits import MAX_TX_BYTES
from node.config.engine_values import FORMS, listen_url
from node.config.failures import ConfigCode, ConfigFailure
from node.config.files import replace_file
from node.config.home import Home
from node.config.ports import LOOPBACK, Ports
from node.config.toml_reader import WrongValue
from node.config.toml_writer import Line, Value, dump, edit, parse

MEMPOOL_TRANSACTIONS: Final = 2_000
"""As many as are judged again after a block (chain_module/app/check.py): about 0.1 s of a core."""
MEMPOOL_BYTES: Final = 4 * 1024 * 1024
"""All of them are sent to the application after each block: as many as the largest block has."""
RPC_BODY_BYTES: Final = 3 * MAX_TX_BYTES // 2
"""The largest transaction in base64, and what stands around it. CometBFT reads JSON of a megabyte,
several times over, before anything else looks at it."""
DEFAULT_COMMIT_MS: Final = 1000

_TITLE: Final = """\
CometBFT's configuration. Keys that are not here have CometBFT's defaults; all of its keys work.
"""


@dataclass(frozen=True, slots=True)
class CometSettings:
    """What a node's config.toml says of our keys."""

    moniker: str
    abci_socket: Path
    rpc_listen: str
    """HOST:PORT."""
    p2p_listen: str
    """HOST:PORT."""
    external_address: str = ""
    """HOST:PORT under which peers reach it, where that is not `p2p_listen`."""
    persistent_peers: tuple[str, ...] = ()
    """NODE_ID@HOST:PORT."""
    commit_ms: int = DEFAULT_COMMIT_MS
    """Milliseconds between a block's commit and the next proposal."""

    @staticmethod
    def default(moniker: str, *, abci_socket: Path, ports: Ports | None = None) -> CometSettings:
        """Everything on loopback, no peers."""
        chosen = ports or Ports()
        return CometSettings(
            moniker=moniker,
            abci_socket=abci_socket,
            rpc_listen=f"{LOOPBACK}:{chosen.rpc}",
            p2p_listen=f"{LOOPBACK}:{chosen.p2p}",
        )


def is_loopback(address: str) -> bool:
    """Whether HOST:PORT can be reached from this machine alone."""
    host = address.rpartition(":")[0].strip("[]")
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def write_cometbft(home: Home, settings: CometSettings) -> None:
    """Writes the home's config.toml anew. Raises ConfigFailure: CONFIG_INVALID, CANNOT_WRITE."""
    lines = _lines(settings)
    for line in lines:
        _judge(home, f"{line.table}.{line.key}".lstrip("."), line.value)
    replace_file(home.cometbft_config, dump(_TITLE, lines))


def edit_cometbft(home: Home, changes: Mapping[str, Value]) -> None:
    """Sets keys of the home's config.toml and keeps everything else as it stands.

    Args:
        home: whose.
        changes: by key, with its table in front: `p2p.persistent_peers`.

    Raises:
        ConfigFailure: NO_HOME, CONFIG_UNREADABLE, CONFIG_INVALID or CANNOT_WRITE.
    """
    for name, value in changes.items():
        _judge(home, name, value)
    edit(home.cometbft_config, changes)


def check_cometbft(home: Home) -> None:
    """That the engine will take what the home's config.toml says of our keys.

    Raises:
        ConfigFailure: NO_HOME, CONFIG_UNREADABLE, or CONFIG_INVALID with the key.
    """
    document = parse(home.cometbft_config).unwrap()
    for name in FORMS:
        value = _value(document, name)
        if value is not None:
            _judge(home, name, value)


def read_cometbft(home: Home, name: str) -> Value | None:
    """One key of the home's config.toml, with its table in front; None where it is not set.

    Raises:
        ConfigFailure: NO_HOME, CONFIG_UNREADABLE or CONFIG_INVALID.
    """
    value = _value(parse(home.cometbft_config).unwrap(), name)
    return value if isinstance(value, str | int | bool) else None


def _value(document: object, name: str) -> object:
    for part in name.split("."):
        document = document.get(part) if isinstance(document, dict) else None
    return document


def _judge(home: Home, name: str, value: object) -> None:
    form = FORMS.get(name)
    try:
        if form is not None:
            form(value)
    except WrongValue as wrong:
        raise ConfigFailure(
            ConfigCode.CONFIG_INVALID,
            expected=f"{name} in {home.cometbft_config} as {wrong.expected}",
            found=repr(value),
        ) from None


def _lines(settings: CometSettings) -> list[Line]:
    local = is_loopback(settings.p2p_listen)
    peers = ",".join(settings.persistent_peers)
    return [
        Line("", "moniker", settings.moniker, "The node's name among its peers."),
        Line("", "proxy_app", f"unix://{settings.abci_socket}", "The application; node.toml's."),
        Line("", "abci", "socket", "The application speaks no other."),
        Line("rpc", "laddr", f"tcp://{settings.rpc_listen}", "Where clients ask this node."),
        Line("rpc", "max_body_bytes", RPC_BODY_BYTES, "The largest transaction, in base64."),
        Line("rpc", "pprof_laddr", "", "Off: it shows the process's memory."),
        Line("p2p", "laddr", f"tcp://{settings.p2p_listen}", "Where peers connect."),
        Line("p2p", "external_address", settings.external_address, _EXTERNAL),
        Line("p2p", "persistent_peers", peers, "NODE_ID@HOST:PORT, separated by commas."),
        Line("p2p", "addr_book_strict", not local, "False: addresses of this machine count."),
        Line("p2p", "allow_duplicate_ip", local, "True: several peers on this machine."),
        Line("mempool", "recheck", comment=_RECHECK, value=True),
        Line("mempool", "size", MEMPOOL_TRANSACTIONS, "Transactions."),
        Line("mempool", "max_txs_bytes", MEMPOOL_BYTES, _MEMPOOL_BYTES),
        Line("mempool", "cache_size", 2 * MEMPOOL_TRANSACTIONS, "Transactions seen."),
        Line("mempool", "max_tx_bytes", MAX_TX_BYTES, "A register has up to 90,000."),
        Line("consensus", "timeout_commit", f"{settings.commit_ms}ms", _COMMIT),
        Line("consensus", "create_empty_blocks", comment=_EMPTY, value=True),
        Line("tx_index", "indexer", "kv", "Clients look up transactions by hash and event."),
        Line("instrumentation", "prometheus", comment=_METRICS, value=False),
    ]


_EXTERNAL: Final = "HOST:PORT that peers are told, where it is not the one above."
_RECHECK: Final = "Waiting transactions are judged again after each block: sequences depend on it."
_MEMPOOL_BYTES: Final = "Of all that wait; more is refused: each is checked again after each block."
_COMMIT: Final = "The pause after each block; about the time between blocks."
_EMPTY: Final = "Each block records the header before it."
_METRICS: Final = "CometBFT's own metrics; the application's are in node.toml."


def engine_addresses(home: Home) -> tuple[str, str]:
    """Where CometBFT's RPC and its peers' port listen, as HOST:PORT.

    Raises:
        ConfigFailure: config.toml cannot be read, or lacks one.
    """
    return _laddr(home, "rpc.laddr"), _laddr(home, "p2p.laddr")


def _laddr(home: Home, name: str) -> str:
    value = read_cometbft(home, name)
    try:
        return listen_url(value)
    except WrongValue as wrong:
        raise ConfigFailure(
            ConfigCode.CONFIG_INVALID,
            expected=f"{name} in {home.cometbft_config} as {wrong.expected}",
            found=repr(value),
        ) from None
