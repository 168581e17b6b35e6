"""Types of arguments. Each refuses with the same one line: what was expected, what was found."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from typing import Final

import click

from enclave.attestation.limits import MAX_TIME
from node.cli.exit_codes import ExitCode
from node.cli.failures import CliCode, Failure, usage
from node.cli.files import read_file
from node.config.addresses import split_address
from node.config.ports import MAX_PORT
from node.config.toml_reader import WrongValue, grpc_address, rpc_url
from node.tls import is_roots

DEFAULT_ADDRESS: Final = "127.0.0.1:26670"
"""Of an enclave."""
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


class _AsInFiles(click.ParamType[str]):
    """What a file of the home takes as well, by the same reader."""

    def __init__(self, read: Callable[[object], str]) -> None:
        self._read = read

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """What the reader makes of it. Raises Failure: WRONG_USAGE."""
        del ctx
        try:
            return self._read(value)
        except WrongValue as wrong:
            raise usage(f"{_name(param)} as {wrong.expected}", repr(value)) from None


class RpcUrl(_AsInFiles):
    """A CometBFT RPC, as tcp://HOST:PORT or http(s)://HOST:PORT; becomes the http URL."""

    name = "url"

    def __init__(self) -> None:
        super().__init__(rpc_url)


class GrpcAddress(_AsInFiles):
    """A node's gRPC: HOST:PORT in clear, https://HOST:PORT by TLS."""

    name = "host:port"

    def __init__(self) -> None:
        super().__init__(grpc_address)


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
