"""The keyring as commands open it: which folder, which backend, and where its password comes from.

A password is asked for on a terminal, or read from a file; it is never an argument, an environment
variable or part of an error.
"""

from __future__ import annotations

import sys
from typing import Final

import click

from node.cli.failures import usage
from node.cli.files import read_file
from node.config import Home
from node.keyring import Backend, Keyring, PasswordFor

MAX_PASSWORD_BYTES: Final = 4096


def open_keyring(home: Home, backend: str, passphrase_file: str | None) -> Keyring:
    """The keyring of a home.

    Args:
        home: whose.
        backend: of `keyring_backend_option`.
        passphrase_file: of `passphrase_option`; read once, when the password is first needed.
    """
    remembered: list[str] = []

    def password(purpose: PasswordFor) -> str:
        if not remembered:
            new = purpose is PasswordFor.NEW
            option = "--keyring-passphrase-file"
            remembered.append(
                ask_password(purpose.value, file=passphrase_file, option=option, new=new)
            )
        return remembered[0]

    return Keyring(home.keyring(backend), Backend(backend), password=password)


def ask_password(what: str, *, file: str | None, option: str, new: bool) -> str:
    """A password from a file's first line, or from the terminal.

    Args:
        what: whose it is.
        file: where it stands; None asks.
        option: that names such a file, for the error.
        new: ask twice.

    Raises:
        Failure: UNREADABLE_INPUT, or WRONG_USAGE where there is nobody to ask.
    """
    if file is not None:
        data = read_file(file, what=what, limit=MAX_PASSWORD_BYTES, stdin=True)
        return _text(data.split(b"\n", 1)[0].rstrip(b"\r"), what)
    if not sys.stdin.isatty():
        raise usage(f"{what}: a terminal that can be asked, or {option}", "neither")
    answer: str = click.prompt(
        what[:1].upper() + what[1:], hide_input=True, confirmation_prompt=new, err=True
    )
    return _text(answer.encode("utf-8", "surrogateescape"), what)


def ask_secret(what: str, *, file: str | None, option: str) -> str:
    """A secret text such as words, of any number of lines, from a file or from the terminal.

    Args:
        what: what it is.
        file: where it stands; None asks.
        option: that names such a file, for the error.

    Raises:
        Failure: UNREADABLE_INPUT, or WRONG_USAGE where there is nobody to ask.
    """
    if file is not None:
        return _text(read_file(file, what=what, limit=MAX_PASSWORD_BYTES, stdin=True), what)
    return ask_password(what, file=None, option=option, new=False)


def _text(data: bytes, what: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise usage(f"{what} as text in UTF-8", "other bytes") from None
