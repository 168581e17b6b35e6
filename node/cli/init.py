"""`seedpactd init`: the home of a new node, and the draft of a network's genesis."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

import click

from enclave.crypto.labels import Mode
from node.cli.argument_types import Address, OneOf
from node.cli.engine_options import MONIKER, PEER
from node.cli.failures import usage
from node.cli.genesis.shared import GenesisTime
from node.cli.help_text import command_line, examples
from node.cli.inherited import InheritedOption
from node.cli.numbers import integer
from node.cli.options import home_option, output_option
from node.cli.output import Output, Row
from node.config import ClientConfig, Home, NodeConfig, Ports
from node.config.cometbft import DEFAULT_COMMIT_MS, CometSettings, is_loopback
from node.config.engine_keys import EngineKeys
from node.config.gas_price import GasPrice, gas_price
from node.config.initialize import HomeSettings, check_new, create_home
from node.config.node_config import BACKENDS, DEFAULT_GAS_PRICE, FILE_BACKEND
from node.config.ports import MAX_PORT, OFFSET_STEP
from node.config.toml_reader import WrongValue
from node.genesis.defaults import new_genesis

_CHAIN_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,49}", re.ASCII)


class ChainId(click.ParamType[str]):
    """A network's name."""

    name = "id"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """The name. Raises Failure: WRONG_USAGE."""
        del param, ctx
        if _CHAIN_ID.fullmatch(str(value)) is None:
            expected = "--chain-id of 1 to 50 letters, digits, dots, dashes and underscores"
            raise usage(expected, repr(str(value)[:100]))
        return str(value)


class Price(click.ParamType[GasPrice]):
    """What a unit of gas costs at least."""

    name = "price"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> GasPrice:
        """The price. Raises Failure: WRONG_USAGE."""
        del param, ctx
        if isinstance(value, GasPrice):
            return value
        try:
            return gas_price(value)
        except WrongValue as wrong:
            raise usage(f"--minimum-gas-price as {wrong.expected}", repr(value)) from None


@click.command(
    short_help="Make the home of a node.",
    epilog=examples(
        "seedpactd init berlin --chain-id by-hand-1",
        "seedpactd init second --chain-id by-hand-1 --home second --port-offset 100",
    ),
)
@click.argument("moniker", type=MONIKER)
@click.option(
    "--chain-id", cls=InheritedOption, type=ChainId(), required=True, help="The network's name."
)
@click.option(
    "--mode",
    type=OneOf([mode.value for mode in Mode]),
    default=Mode.SOFTWARE.value,
    show_default=True,
    help="hardware: SGX under Gramine; software: development, protects nothing.",
)
@click.option(
    "--port-offset",
    type=integer(0, MAX_PORT),
    default=0,
    metavar="N",
    help=f"Added to every port: multiples of {OFFSET_STEP} keep nodes of one machine apart.",
)
@click.option("--p2p-listen", type=Address(), help="For peers.  [default: 127.0.0.1:26656]")
@click.option("--rpc-listen", type=Address(), help="CometBFT RPC.  [default: 127.0.0.1:26657]")
@click.option("--grpc-listen", type=Address(), help="gRPC.  [default: 127.0.0.1:9090]")
@click.option("--metrics-listen", type=Address(), help="Metrics.  [default: 127.0.0.1:26660]")
@click.option("--enclave-address", type=Address(), help="[default: 127.0.0.1:26670]")
@click.option("--external-address", type=Address(), help="Under which peers reach it.")
@click.option("--persistent-peer", "peers", type=PEER, multiple=True, help="Repeatable.")
@click.option(
    "--minimum-gas-price",
    type=Price(),
    default=DEFAULT_GAS_PRICE.text,
    show_default=True,
    help="Of this node's mempool.",
)
@click.option(
    "--block-ms",
    type=click.IntRange(min=0, max=3_600_000),
    default=DEFAULT_COMMIT_MS,
    show_default=True,
    metavar="MS",
    help="About the time between blocks.",
)
@click.option("--operator-key", default="", metavar="NAME", help="The key that pays for this node.")
@click.option(
    "--keyring-backend",
    cls=InheritedOption,
    type=OneOf(BACKENDS),
    default=FILE_BACKEND,
    show_default=True,
    envvar="SEEDPACT_KEYRING_BACKEND",
    show_envvar=True,
    help="Of its key.",
)
@click.option("--genesis-time", type=GenesisTime(), help="When the chain starts.  [default: now]")
@click.option("--overwrite", is_flag=True, help="Write configuration and genesis anew; never keys.")
@home_option
@output_option
def init(
    *,
    moniker: str,
    chain_id: str,
    mode: str,
    port_offset: int,
    p2p_listen: str | None,
    rpc_listen: str | None,
    grpc_listen: str | None,
    metrics_listen: str | None,
    enclave_address: str | None,
    external_address: str | None,
    peers: tuple[str, ...],
    minimum_gas_price: GasPrice,
    block_ms: int,
    operator_key: str,
    keyring_backend: str,
    genesis_time: int | None,
    overwrite: bool,
    home: Home,
    output: Output,
) -> None:
    """Make a home for a node that is called MONIKER: keys, configuration, and a genesis' draft.

    For founders and genesis validators: fill the draft with `seedpactd genesis`, or replace it by
    the network's. A newcomer needs none of this: `seedpactd register` makes its home.

    Everything listens on 127.0.0.1 unless an option says otherwise. Keys that exist are kept.
    """
    ports = Ports().shifted(port_offset)
    node = NodeConfig.default(home, mode=Mode(mode), ports=ports)
    node = replace(
        node,
        grpc_listen=grpc_listen or node.grpc_listen,
        metrics_listen=metrics_listen or node.metrics_listen,
        enclave_address=enclave_address or node.enclave_address,
        minimum_gas_price=minimum_gas_price,
        operator_key=operator_key,
        keyring_backend=keyring_backend,
    )
    engine = CometSettings.default(moniker, abci_socket=node.abci_socket, ports=ports)
    engine = replace(
        engine,
        rpc_listen=rpc_listen or engine.rpc_listen,
        p2p_listen=p2p_listen or engine.p2p_listen,
        external_address=external_address or "",
        persistent_peers=peers,
        commit_ms=block_ms,
    )
    client = ClientConfig(
        chain_id=chain_id,
        node=f"http://{_reachable(engine.rpc_listen)}",
        grpc=_reachable(node.grpc_listen),
        keyring_backend=keyring_backend,
    )
    check_new(home, overwrite=overwrite)
    genesis = new_genesis(home.genesis, chain_id=chain_id, mode=Mode(mode), time_ns=genesis_time)
    settings = HomeSettings(node=node, engine=engine, client=client)
    keys = create_home(home, settings, genesis=genesis.encode())
    _answer(output, home, settings, keys, chain_id=chain_id)


def _answer(
    output: Output, home: Home, settings: HomeSettings, keys: EngineKeys, *, chain_id: str
) -> None:
    node, engine = settings.node, settings.engine
    addresses = {
        "rpc": engine.rpc_listen,
        "p2p": engine.p2p_listen,
        "grpc": node.grpc_listen,
        "metrics": node.metrics_listen,
        "enclave": node.enclave_address,
    }
    words = [] if home.is_default else ["--home", str(home.path)]
    output.answer(
        {
            "home": str(home.path),
            "moniker": engine.moniker,
            "chain_id": chain_id,
            "mode": node.enclave_mode.value,
            "node_id": keys.node_id,
            "validator_address": keys.validator_address,
            "validator_pubkey": keys.validator_key.hex(),
            "genesis": str(home.genesis),
            **addresses,
        },
        headline=f"made the home of {engine.moniker} at {home.path}",
        rows=[
            ("node_id", keys.node_id),
            ("validator", keys.validator_address),
            ("pubkey", keys.validator_key.hex()),
            *addresses.items(),
            *_warnings(node, addresses),
        ],
        hints=[
            command_line("keys", "add", settings.node.operator_key or "operator", *words),
            command_line("genesis", "--help"),
        ],
        changes=True,
    )


def _warnings(node: NodeConfig, addresses: dict[str, str]) -> list[Row]:
    """What an operator should know, once."""
    software = "software mode is for development: it protects nothing"
    found = [software] if node.enclave_mode is Mode.SOFTWARE else []
    found += [
        f"{name} at {addresses[name]} is open to other machines"
        for name in ("rpc", "grpc", "metrics", "enclave")
        if not is_loopback(addresses[name])
    ]
    return [("warning", text) for text in found]


def _reachable(address: str) -> str:
    """Where this machine's own clients find what listens there."""
    host, _, port = address.rpartition(":")
    return {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(host, host) + f":{port}"  # noqa: S104
