"""`seedpactd keys`: accounts' keys."""

from __future__ import annotations

import click

from node.cli.keys.add import add, mnemonic
from node.cli.keys.carry import export, import_key
from node.cli.keys.show import delete, list_keys, show


@click.group(short_help="Make and keep accounts' keys.")
def keys() -> None:
    """Make, show, carry and remove the keys that sign transactions.

    They are secp256k1 keys of BIP-39 words under Cosmos' path m/44'/118'/0'/0/0. The keyring `file`
    encrypts them under one password; `test` keeps them in clear and is for development.
    """


for command in (add, list_keys, show, export, import_key, delete, mnemonic):
    keys.add_command(command)
