"""Options and argument types that commands share. Each refuses with the same one line.

Of --node, --grpc, --ca-file, --chain-id, --keyring-backend and --output an option beats SEEDPACT_*
in the environment, which beats the home's client.toml, which beats the default. So a command that
has one of the first five has `home_option` as well.
"""

from __future__ import annotations

import contextlib
import difflib
import os
import re
from typing import Final

import click

from enclave.attestation.limits import MAX_TIME
from node.cli.exit_codes import ExitCode
from node.cli.failures import CliCode, Failure, usage
from node.cli.files import read_file
from node.cli.inherited import InheritedOption
from node.cli.numbers import Seconds
from node.cli.output import Format, Output
from node.config import DEFAULT_HOME, ClientConfig, ConfigFailure, Home
from node.config.addresses import split_address
from node.config.home import HOME_VARIABLE
from node.config.node_config import BACKENDS
from node.config.ports import MAX_PORT
from node.config.toml_reader import WrongValue, grpc_address, rpc_url
from node.enclave_client import DEFAULT_TIMEOUT_SECS
from node.tls import is_roots

DEFAULT_ADDRESS: Final = "127.0.0.1:26670"
OUTPUT_VARIABLE: Final = "SEEDPACT_OUTPUT"
ADDRESS_VARIABLE: Final = "SEEDPACT_ENCLAVE"
MAX_ROOTS_BYTES: Final = 4 * 1024 * 1024

_FEW_CHOICES: Final = 4
_HEX: Final = re.compile(r"(?:0x)?((?:[0-9a-fA-F]{2})*)")


class Hex(click.ParamType[bytes]):
    """Bytes in hex, with or without 0x, of one of the given sizes."""

    name = "hex"

    def __init__(self, *sizes: int) -> None:
        self.sizes = sizes

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> bytes:
        """The bytes. Raises Failure: WRONG_USAGE."""
        del ctx
        if isinstance(value, bytes):
            return value
        text = str(value)
        sizes = " or ".join(str(size) for size in self.sizes)
        expected = f"{_name(param)} of {sizes} bytes in hex" if sizes else f"{_name(param)} in hex"
        match = _HEX.fullmatch(text)
        if match is None:
            raise usage(expected, repr(text))
        data = bytes.fromhex(match[1])
        if self.sizes and len(data) not in self.sizes:
            raise usage(expected, f"{len(data)} bytes")
        return data


class UnixTime(click.ParamType[int]):
    """Seconds since the Unix epoch."""

    name = "unix"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """The seconds. Raises Failure: WRONG_USAGE."""
        del ctx
        text = str(value)
        digits = text.isascii() and text.isdecimal() and len(text) <= len(str(MAX_TIME))
        if not digits or int(text) > MAX_TIME:
            raise usage(f"{_name(param)} in unix seconds, such as 1767225600", repr(text))
        return int(text)


class Address(click.ParamType[str]):
    """HOST:PORT."""

    name = "host:port"

    def __init__(self, *, free_port: bool = False) -> None:
        """`free_port`: port 0 lets the system choose one."""
        self._lowest = 0 if free_port else 1

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """The address as it came. Raises Failure: WRONG_USAGE."""
        del ctx
        text = str(value)
        found = split_address(text)
        if found is None or not self._lowest <= found[1] <= MAX_PORT:
            raise usage(f"{_name(param)} as HOST:PORT, such as {DEFAULT_ADDRESS}", repr(text))
        return text


class RpcUrl(click.ParamType[str]):
    """A CometBFT RPC, as tcp://HOST:PORT or http(s)://HOST:PORT; becomes the http URL."""

    name = "url"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """The URL, never tcp. Raises Failure: WRONG_USAGE."""
        del ctx
        try:
            return rpc_url(value)
        except WrongValue as wrong:
            raise usage(f"{_name(param)} as {wrong.expected}", repr(value)) from None


class GrpcAddress(click.ParamType[str]):
    """A node's gRPC: HOST:PORT in clear, https://HOST:PORT by TLS."""

    name = "host:port"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """HOST:PORT, or https://HOST:PORT. Raises Failure: WRONG_USAGE."""
        del ctx
        try:
            return grpc_address(value)
        except WrongValue as wrong:
            raise usage(f"{_name(param)} as {wrong.expected}", repr(value)) from None


class Roots(click.ParamType[bytes]):
    """A file with the certificates of authorities; the command gets its bytes."""

    name = "file"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> bytes:
        """PEM; empty for none. Raises Failure: UNREADABLE_INPUT, TOO_LARGE, BAD_CA_FILE."""
        del ctx
        if not value or isinstance(value, bytes):
            return b""
        data = read_file(str(value), what=_name(param), limit=MAX_ROOTS_BYTES, stdin=False)
        if not is_roots(data):
            raise Failure(
                CliCode.BAD_CA_FILE,
                expected=f"{_name(param)} with certificates of authorities in PEM",
                found=f"none in {value}",
                exit_code=ExitCode.USAGE,
            )
        return data


class OneOf(click.Choice[str]):
    """One of some texts; a wrong one is told which are near."""

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """The text. Raises Failure: WRONG_USAGE."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            names = list(self.choices)
            few = len(names) <= _FEW_CHOICES
            expected = f"{_name(param)} {' or '.join(names) if few else 'as --help lists them'}"
            near = [] if few else difflib.get_close_matches(str(value), names, n=3)
            raise usage(
                expected, repr(value) + "".join(f", near {name}" for name in near)
            ) from None


def _name(param: click.Parameter | None) -> str:
    if param is None:
        return "a value"
    return param.opts[0] if isinstance(param, click.Option) else param.human_readable_name


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
