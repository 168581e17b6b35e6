"""Options that commands share.

Of --node, --grpc, --ca-file, --chain-id, --keyring-backend and --output an option beats SEEDPACT_*
in the environment, which beats the home's client.toml, which beats the default. So a command that
has one of the first five has `home_option` as well.
"""

from __future__ import annotations

import contextlib
import os
from typing import Final

import click

from node.cli.argument_types import (
    DEFAULT_ADDRESS,
    Address,
    GrpcAddress,
    OneOf,
    Roots,
    RpcUrl,
)
from node.cli.inherited import InheritedOption
from node.cli.numbers import Seconds
from node.cli.output import Format, Output
from node.config import DEFAULT_HOME, ClientConfig, ConfigFailure, Home
from node.config.home import HOME_VARIABLE
from node.config.node_config import BACKENDS
from node.enclave_client import DEFAULT_TIMEOUT_SECS

OUTPUT_VARIABLE: Final = "SEEDPACT_OUTPUT"
ADDRESS_VARIABLE: Final = "SEEDPACT_ENCLAVE"


def _as_output(_ctx: click.Context, _param: click.Parameter, value: str) -> Output:
    return Output(Format(value))


def _as_home(ctx: click.Context, _param: click.Parameter, value: str) -> Home:
    """The home; what its client.toml says becomes the default of the options that follow."""
    home = Home.of(value)
    settings = ClientConfig.load(home)
    ctx.default_map = {
        "node": settings.node,
        "grpc": settings.grpc,
        "ca_file": settings.ca_file,
        "chain_id": settings.chain_id,
        "keyring_backend": settings.keyring_backend,
        "output": settings.output,
    }
    return home


INHERITED: Final = (
    "--home",
    "--node",
    "--grpc",
    "--ca-file",
    "--chain-id",
    "--keyring-backend",
    "--output",
)
"""May stand before the command (`inherited`)."""

home_option = click.option(
    "--home",
    cls=InheritedOption,
    default=DEFAULT_HOME,
    show_default=True,
    envvar=HOME_VARIABLE,
    show_envvar=True,
    metavar="DIR",
    is_eager=True,  # before the options whose defaults its client.toml has
    callback=_as_home,
    help="The node's home: keys, configuration, data.",
)
"""The command gets `home: Home`."""

node_option = click.option(
    "--node",
    cls=InheritedOption,
    type=RpcUrl(),
    default=ClientConfig().node,
    envvar="SEEDPACT_NODE",
    show_envvar=True,
    help=f"CometBFT RPC of the node to ask.  [default: client.toml, or {ClientConfig().node}]",
)
"""The command gets `node: str`, an http(s) URL with a port."""

grpc_option = click.option(
    "--grpc",
    cls=InheritedOption,
    type=GrpcAddress(),
    default=ClientConfig().grpc,
    envvar="SEEDPACT_GRPC",
    show_envvar=True,
    help=f"gRPC of the node to ask.  [default: client.toml, or {ClientConfig().grpc}]",
)
"""The command gets `grpc: str`, HOST:PORT or https://HOST:PORT."""

roots_option = click.option(
    "--ca-file",
    cls=InheritedOption,
    type=Roots(),
    default="",
    envvar="SEEDPACT_CA_FILE",
    show_envvar=True,
    metavar="FILE",
    help="For https: PEM of who vouches for the node.  [default: client.toml, or the system's]",
)
"""The command gets `ca_file: bytes`, PEM; empty for the system's."""

chain_id_option = click.option(
    "--chain-id",
    cls=InheritedOption,
    default="",
    envvar="SEEDPACT_CHAIN_ID",
    show_envvar=True,
    metavar="ID",
    help="The network's chain id.  [default: client.toml, or what the node says]",
)
"""The command gets `chain_id: str`, empty where only the node knows it."""

keyring_backend_option = click.option(
    "--keyring-backend",
    cls=InheritedOption,
    type=OneOf(BACKENDS),
    default=ClientConfig().keyring_backend,
    envvar="SEEDPACT_KEYRING_BACKEND",
    show_envvar=True,
    help="file: encrypted; test: in clear, for development.  [default: client.toml, or file]",
)
"""The command gets `keyring_backend: str`."""

output_option = click.option(
    "--output",
    cls=InheritedOption,
    type=OneOf([entry.value for entry in Format]),
    default=Format.TEXT.value,
    show_default=True,
    envvar=OUTPUT_VARIABLE,
    callback=_as_output,
    help="text for people, json for programs (one object on stdout, errors too).",
)

force_option = click.option("--force", is_flag=True, help="Replace files that exist.")

address_option = click.option(
    "--address",
    type=Address(),
    default=DEFAULT_ADDRESS,
    show_default=True,
    envvar=ADDRESS_VARIABLE,
    show_envvar=True,
    help="Where the enclave serves.",
)

timeout_option = click.option(
    "--timeout",
    type=Seconds(min=0, min_open=True, max=3600),
    default=DEFAULT_TIMEOUT_SECS,
    show_default=True,
    metavar="SECONDS",
    help="How long the enclave may take to answer.",
)


def wanted_format(arguments: list[str]) -> Format:
    """The format that the arguments ask for, also where they are wrong otherwise."""
    wanted = _last_value("--output", arguments) or os.environ.get(OUTPUT_VARIABLE)
    if wanted is None:
        home = _last_value("--home", arguments) or os.environ.get(HOME_VARIABLE) or DEFAULT_HOME
        with contextlib.suppress(ConfigFailure, OSError, ValueError):
            wanted = ClientConfig.load(Home.of(home)).output
    return Format.JSON if wanted == Format.JSON else Format.TEXT


def _last_value(name: str, arguments: list[str]) -> str | None:
    found: str | None = None
    for index, argument in enumerate(arguments):
        if argument.startswith(f"{name}="):
            found = argument.partition("=")[2]
        elif argument == name and index + 1 < len(arguments):
            found = arguments[index + 1]
    return found


passphrase_option = click.option(
    "--keyring-passphrase-file",
    "passphrase_file",
    envvar="SEEDPACT_KEYRING_PASSPHRASE_FILE",
    show_envvar=True,
    metavar="FILE",
    help="The file keyring's password, the file's first line; - is stdin.  [default: asks]",
)
"""The command gets `passphrase_file: str | None`."""
