"""The operator's key at `start`: opened here, where somebody can be asked, for the node to use.

The node signs renewals and nonces with it, so a password that does not open it is told before
anything runs, and not weeks later. Where no file holds the password it goes to the node's process
in memory that has no name in any folder, and stays there for the node's next start.

A key that the keyring does not have is the node's to tell: it runs without.
"""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path
from typing import Final

import click

from node.cli.exit_codes import ExitCode
from node.cli.failures import CliCode, Failure
from node.cli.files import STDIN
from node.cli.keyring import ask_password
from node.config import Home, NodeConfig
from node.host.hosting import KEYRING_VARIABLE
from node.keyring import Backend, Keyring, KeyringCode, KeyringFailure, PasswordFor

ATTEMPTS: Final = 3
"""On a terminal; a file is read once."""
_OPTION: Final = "--keyring-passphrase-file"


def hand_over(home: Home, config: NodeConfig, passphrase_file: str | None) -> None:
    """Lets the node's process open the key that node.toml names, if the keyring is encrypted.

    Args:
        home: the node's.
        config: its node.toml.
        passphrase_file: of `passphrase_option`; None asks on the terminal.

    Raises:
        Failure: OPERATOR_KEY_LOCKED, where there is nobody to ask; UNREADABLE_INPUT.
        KeyringFailure: WRONG_PASSWORD, or the key's file is no good.
    """
    name, backend = config.operator_key, Backend(config.keyring_backend)
    if not name or backend is not Backend.FILE or not _is_there(home, name):
        return
    if passphrase_file is None and not sys.stdin.isatty():
        raise Failure(
            CliCode.OPERATOR_KEY_LOCKED,
            expected=f"the keyring's password, for the operator's key {name!r}: a terminal that "
            f"can be asked, or {_OPTION}",
            found="neither",
            exit_code=ExitCode.USAGE,
        )
    password = _password(home, name, passphrase_file)
    named = passphrase_file not in {None, STDIN}
    path = str(Path(str(passphrase_file)).absolute()) if named else _in_memory(password)
    os.environ[KEYRING_VARIABLE] = path


def _is_there(home: Home, name: str) -> bool:
    try:
        Keyring(home.keyring(Backend.FILE), Backend.FILE, password=partial(_given, "")).get(name)
    except KeyringFailure as failure:
        if failure.code is not KeyringCode.KEY_NOT_FOUND:
            raise
        return False
    return True


def _password(home: Home, name: str, passphrase_file: str | None) -> str:
    """One that opens the key."""
    what = f"the keyring's password, for the operator's key {name!r}"
    for attempt in range(1, ATTEMPTS + 1):
        password = ask_password(what, file=passphrase_file, option=_OPTION, new=False)
        source = partial(_given, password)
        try:
            Keyring(home.keyring(Backend.FILE), Backend.FILE, password=source).key(name)
        except KeyringFailure as failure:
            asked = passphrase_file is None and attempt < ATTEMPTS
            if not asked or failure.code is not KeyringCode.WRONG_PASSWORD:
                raise
            click.echo("It does not open the key.", err=True)
        else:
            return password
    raise AssertionError(attempt)


def _given(password: str, _purpose: PasswordFor) -> str:
    return password


def _in_memory(password: str) -> str:
    """The path of a file that holds the password and is in no folder; it ends with this process.

    It outlives an exec, since `--only node` becomes the node. A child opens it by that path, too.
    """
    descriptor = os.memfd_create("keyring-passphrase", 0)
    os.write(descriptor, password.encode() + b"\n")
    return f"/proc/{os.getpid()}/fd/{descriptor}"
