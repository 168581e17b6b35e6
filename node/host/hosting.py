"""The host of a node's own process: its handlers by what the home says, in threads of its own.

Without an operator's key that can be opened the node renews nothing and publishes no nonces, and
says so once: its record ends, and its enclave confirms nobody (`seedpactd doctor` tells).
"""

from __future__ import annotations

import contextlib
import functools
import math
import os
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from node.chain_client import ChainClient, Price
from node.collateral import NamedCollateral
from node.config import Home, NodeConfig
from node.config.cometbft import engine_addresses
from node.config.state_sync import state_sync_servers
from node.deadline import Deadline
from node.enclave_client import EnclaveClient
from node.engine_rpc import EngineRpc
from node.host.following import Following
from node.host.freshness import Freshness
from node.host.host import EventHandler, Host
from node.host.import_seed import ImportSeed
from node.host.renewal import Renewal
from node.host.witness import Witness, WitnessComparison
from node.keyring import Backend, Keyring, KeyringCode, KeyringFailure, PasswordFor, SigningKey
from node.light_blocks import Blocks, LightBlocks, RememberedBlocks
from node.log import Log
from node.metrics import Metrics

KEYRING_VARIABLE: Final = "SEEDPACT_KEYRING_PASSPHRASE_FILE"
"""A file whose first line opens the `file` keyring, as the command line's option names it."""
MAX_PASSPHRASE: Final = 4096
STOP_SECS: Final = 5.0


@contextlib.contextmanager
def hosting(home: Home, config: NodeConfig, *, log: Log, metrics: Metrics) -> Iterator[None]:
    """Runs the host for the length of a block; it needs nothing of the node but its services.

    Args:
        home: the node's.
        config: its node.toml.
        log: the node's.
        metrics: the node's.
    """
    key = operator_key(home, config, log=log)
    with (
        ChainClient(grpc=config.grpc_listen, rpc=f"http://{engine_addresses(home)[0]}") as chain,
        EnclaveClient(config.enclave_address, token=config.enclave_token) as enclave,
        contextlib.ExitStack() as stack,
    ):
        own = RememberedBlocks(LightBlocks(chain.engine))
        others = {url: _witness(url, stack) for url in block_servers(home, config)}
        lane = functools.partial(Host, chain=chain, enclave=enclave, log=log, metrics=metrics)
        # The first lane says that the chain is away.
        named = NamedCollateral(home.collateral)
        alone = alone_of(config, key, metrics, named)
        asking = asking_of(config, own, others)
        lanes = {"host": lane(handlers=alone), "others": lane(handlers=asking, patience=math.inf)}
        with running(lanes):
            yield


def alone_of(
    config: NodeConfig, key: SigningKey | None, metrics: Metrics, named: NamedCollateral
) -> list[EventHandler]:
    """The handlers that ask this node alone."""
    handlers: list[EventHandler] = [ImportSeed()]
    if key is not None:
        price = Price(gas_price=config.minimum_gas_price.amount)
        # A nonce takes a block, a renewal may take many: the nonce first.
        handlers.append(Freshness(key, price=price, metrics=metrics))
        handlers.append(Renewal(key, price=price, named=named))
    return handlers


def asking_of(config: NodeConfig, own: Blocks, others: Mapping[str, Witness]) -> list[EventHandler]:
    """The handlers that ask strangers. Each witness has its own: its faults stop no other's."""
    handlers: list[EventHandler] = [Following(own, list(others.values()))]
    handlers += [WitnessComparison(own, [others[url]]) for url in config.witnesses]
    return handlers


@contextlib.contextmanager
def running(lanes: Mapping[str, Host]) -> Iterator[None]:
    """Runs each in a thread of its own, by its name, for the length of a block.

    Who asks other machines waits for strangers, so it shares no thread with who asks this node
    alone: or a slow witness would hold up the nonces, and in the end the record.
    """
    stop = threading.Event()
    # Daemons: a call that hangs must not keep the process from ending.
    threads = [
        threading.Thread(target=host.run, args=(stop,), name=name, daemon=True)
        for name, host in lanes.items()
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        deadline = Deadline(STOP_SECS)
        for thread in threads:
            thread.join(0 if deadline.passed else deadline.left())


def block_servers(home: Home, config: NodeConfig) -> tuple[str, ...]:
    """The RPC URLs of other nodes that may have what this one has not; witnesses first.

    Raises:
        ConfigFailure: config.toml is missing, or no TOML.
    """
    return tuple(dict.fromkeys((*config.witnesses, *state_sync_servers(home))))


def _witness(url: str, stack: contextlib.ExitStack) -> Witness:
    engine = stack.enter_context(EngineRpc(url))
    return Witness(engine.address, RememberedBlocks(LightBlocks(engine)))


def operator_key(home: Home, config: NodeConfig, *, log: Log) -> SigningKey | None:
    """The key that node.toml names, opened; None where it names none or it cannot be opened."""
    if not config.operator_key:
        return None
    backend = Backend(config.keyring_backend)
    keyring = Keyring(home.keyring(backend), backend, password=_passphrase)
    try:
        key = keyring.key(config.operator_key)
    except KeyringFailure as failure:
        log("warning", "operator_key_locked", code=failure.code, found=failure.found)
        return None
    log("info", "operator_key_opened", address=key.info.address)
    return key


def _passphrase(_purpose: PasswordFor) -> str:
    """The first line of the file that the environment names. Raises KeyringFailure."""
    path = os.environ.get(KEYRING_VARIABLE, "")
    try:
        with Path(path).open(encoding="utf-8") as file:
            return file.readline(MAX_PASSPHRASE).rstrip("\r\n")
    except (OSError, UnicodeDecodeError):
        raise KeyringFailure(
            KeyringCode.WRONG_PASSWORD,
            expected=f"{KEYRING_VARIABLE}, a file with the keyring's password",
            found=path or "none",
        ) from None
