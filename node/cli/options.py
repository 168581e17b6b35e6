"""Options and argument types that commands share. Each refuses with the same one line."""

from __future__ import annotations

import difflib
import re
from typing import Final

import click

from enclave.attestation.limits import MAX_TIME
from node.cli.failures import usage
from node.cli.output import Format, Output
from node.enclave_client import DEFAULT_TIMEOUT_SECS

DEFAULT_ADDRESS: Final = "127.0.0.1:26670"
ADDRESS_VARIABLE: Final = "SEEDPACT_ENCLAVE"
MAX_PORT: Final = 0xFFFF

_ADDRESS: Final = re.compile(r"(?:[\w.-]+|\[[0-9a-fA-F:.]+\]):(\d{1,5})", re.ASCII)
"""A name, an IPv4 address or an IPv6 address in brackets, and a port."""
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

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """The address as it came. Raises Failure: WRONG_USAGE."""
        del ctx
        text = str(value)
        match = _ADDRESS.fullmatch(text)
        if match is None or int(match[1]) > MAX_PORT:
            raise usage(f"{_name(param)} as HOST:PORT, such as {DEFAULT_ADDRESS}", repr(text))
        return text


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


output_option = click.option(
    "--output",
    type=OneOf([entry.value for entry in Format]),
    default=Format.TEXT.value,
    show_default=True,
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
    type=click.FloatRange(min=0, min_open=True, max=3600),
    default=DEFAULT_TIMEOUT_SECS,
    show_default=True,
    metavar="SECONDS",
    help="How long the enclave may take to answer.",
)


def wanted_format(arguments: list[str]) -> Format:
    """The format that the arguments ask for, also where they are wrong otherwise."""
    for index, argument in enumerate(arguments):
        if argument == f"--output={Format.JSON}":
            return Format.JSON
        if argument == "--output" and arguments[index + 1 : index + 2] == [Format.JSON]:
            return Format.JSON
    return Format.TEXT
