"""`seedpactd keys list`, `show` and `delete`."""

from __future__ import annotations

import sys

import click

from chain_module.address import ACCOUNT_PREFIX
from node.cli.failures import usage
from node.cli.help_text import examples
from node.cli.keyring import open_keyring
from node.cli.keys.shown import key_json, key_rows
from node.cli.options import home_option, keyring_backend_option, output_option
from node.cli.output import Format, Output
from node.config import Home
from node.keyring import KeyInfo, Keyring


@click.command("list", short_help="All keys.", epilog=examples("seedpactd keys list"))
@home_option
@keyring_backend_option
@output_option
def list_keys(*, home: Home, keyring_backend: str, output: Output) -> None:
    """Show the name and address of each key. Asks for no password."""
    found = open_keyring(home, keyring_backend, None).list_keys()
    output.answer(
        {"keys": [key_json(info) for info in found]},
        headline="" if found else f"no keys in the {keyring_backend} keyring of {home.path}",
        rows=[(info.name, info.address) for info in found],
        hints=[] if found else ["seedpactd keys add NAME"],
    )


@click.command(
    short_help="One key.",
    epilog=examples("seedpactd keys show alice", "seedpactd keys show alice -a"),
)
@click.argument("name")
@click.option("-a", "--address", is_flag=True, help="The address alone, for scripts.")
@click.option("--validator", is_flag=True, help="The address with the prefix of operators.")
@home_option
@keyring_backend_option
@output_option
def show(
    *,
    name: str,
    address: bool,
    validator: bool,
    home: Home,
    keyring_backend: str,
    output: Output,
) -> None:
    """Show the public side of the key NAME, which may also be its address. Asks for no password."""
    info = find_key(open_keyring(home, keyring_backend, None), name)
    text = info.validator_address if validator else info.address
    if address and output.format is Format.TEXT:
        sys.stdout.write(f"{text}\n")
        return
    rows = [(label, text if label == "address" else value) for label, value in key_rows(info)]
    output.answer(key_json(info) | {"address": text}, rows=rows)


@click.command(
    short_help="Remove a key for good.", epilog=examples("seedpactd keys delete alice --yes")
)
@click.argument("name")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@home_option
@keyring_backend_option
@output_option
def delete(*, name: str, yes: bool, home: Home, keyring_backend: str, output: Output) -> None:
    """Remove the key NAME. Only its words, or an export, bring it back."""
    keyring = open_keyring(home, keyring_backend, None)
    info = keyring.get(name)
    if not yes:
        if not sys.stdin.isatty():
            raise usage("a terminal that can be asked, or --yes", "neither")
        click.confirm(f"Remove {name}, {info.address}, for good?", abort=True, err=True)
    keyring.delete(name)
    output.answer(key_json(info), headline=f"removed the key {name}, {info.address}", changes=True)


def find_key(keyring: Keyring, name: str) -> KeyInfo:
    """A key by its name or address. Raises KeyringFailure."""
    if name.startswith(f"{ACCOUNT_PREFIX}1"):
        for info in keyring.list_keys():
            if info.address == name:
                return info
    return keyring.get(name)
