"""`seedpactd keys export` and `keys import`: one key as text, encrypted or plain."""

from __future__ import annotations

import re
import sys
from typing import Final

import click

from node.cli.failures import malformed, usage
from node.cli.files import STDIN, check_writable, write_file
from node.cli.help_text import examples
from node.cli.keyring import ask_password, ask_secret, open_keyring
from node.cli.keys.shown import key_json, key_rows, warnings
from node.cli.options import (
    force_option,
    home_option,
    keyring_backend_option,
    output_option,
    passphrase_option,
)
from node.cli.output import Format, Output
from node.config import Home
from node.keyring.armor import export_armor, import_armor
from node.keyring.failures import KeyringCode
from node.keyring.key import PRIVATE_BYTES
from node.keyring.keyring import check_strength

_HEX: Final = re.compile(rf"\s*(?:0x)?([0-9a-fA-F]{{{2 * PRIVATE_BYTES}}})\s*")

export_passphrase_option = click.option(
    "--passphrase-file",
    "export_file",
    metavar="FILE",
    help="The export's own password, the file's first line; - is stdin.  [default: asks]",
)
hex_option = click.option(
    "--unarmored-hex", is_flag=True, help="The bare private key in hex, not encrypted."
)


@click.command(
    short_help="A key as text.",
    epilog=examples(
        "seedpactd keys export alice --out alice.armor",
        "seedpactd keys export alice --unarmored-hex --unsafe",
    ),
)
@click.argument("name")
@hex_option
@click.option("--unsafe", is_flag=True, help="Yes, show the private key.")
@export_passphrase_option
@click.option("--out", metavar="FILE", help="Write it there, for you alone, instead of stdout.")
@force_option
@home_option
@keyring_backend_option
@passphrase_option
@output_option
def export(
    *,
    name: str,
    unarmored_hex: bool,
    unsafe: bool,
    export_file: str | None,
    out: str | None,
    force: bool,
    home: Home,
    keyring_backend: str,
    passphrase_file: str | None,
    output: Output,
) -> None:
    """Show the key NAME as text, encrypted under a password of its own.

    The text is the armor that Cosmos daemons take with `keys import`.
    """
    if unarmored_hex != unsafe:
        raise usage("--unarmored-hex and --unsafe together, or neither", "one of them")
    if unarmored_hex and export_file is not None:
        raise usage("no --passphrase-file with --unarmored-hex", "both")
    if out is not None:
        check_writable(out, force=force)
    keyring = open_keyring(home, keyring_backend, passphrase_file)
    key = keyring.key(name)
    if unarmored_hex:
        text = key.reveal().hex() + "\n"
    else:
        text = export_armor(key.reveal(), password=_new_password(export_file))
    field = "private_key" if unarmored_hex else "armor"
    if out is not None:
        write_file(out, text.encode("ascii"), force=force, private=True)
        output.answer(
            key_json(key.info) | {"out": out},
            headline=f"wrote the key {name} to {out}",
            changes=True,
        )
    elif output.format is Format.TEXT:
        sys.stdout.write(text)
    else:
        output.answer(key_json(key.info) | {field: text.rstrip("\n")})


@click.command(
    "import",
    short_help="A key from text.",
    epilog=examples(
        "seedpactd keys import alice alice.armor",
        "seedpactd keys import alice - --unarmored-hex < key.hex",
    ),
)
@click.argument("name")
@click.argument("file")
@hex_option
@export_passphrase_option
@home_option
@keyring_backend_option
@passphrase_option
@output_option
def import_key(
    *,
    name: str,
    file: str,
    unarmored_hex: bool,
    export_file: str | None,
    home: Home,
    keyring_backend: str,
    passphrase_file: str | None,
    output: Output,
) -> None:
    """Keep the key that FILE holds as NAME; - is stdin. `keys export` and Cosmos daemons write it.

    An existing key is never replaced.
    """
    if [file, export_file, passphrase_file].count(STDIN) > 1:
        raise usage("one thing from stdin", "several")
    keyring = open_keyring(home, keyring_backend, passphrase_file)
    keyring.require_new(name)
    text = ask_secret("an exported key", file=file, option="FILE")
    if unarmored_hex:
        private = _from_hex(text, file)
    else:
        password = ask_password(
            "the export's password", file=export_file, option="--passphrase-file", new=False
        )
        private = import_armor(text, password=password)
    info = keyring.add(name, private)
    output.answer(
        key_json(info),
        headline=f"kept the key {name} in the {keyring_backend} keyring of {home.path}",
        rows=[*key_rows(info), *warnings(keyring_backend)],
        changes=True,
    )


def _new_password(file: str | None) -> str:
    password = ask_password(
        "a new password for the export", file=file, option="--passphrase-file", new=True
    )
    check_strength(password)
    return password


def _from_hex(text: str, file: str) -> bytes:
    match = _HEX.fullmatch(text)
    if match is None:
        expected = f"{file} as {PRIVATE_BYTES} bytes in hex"
        raise malformed(expected, "something else; it is not shown", code=KeyringCode.BAD_KEY)
    return bytes.fromhex(match[1])
