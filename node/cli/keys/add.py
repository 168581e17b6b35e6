"""`seedpactd keys add` and `keys mnemonic`: a new key, or one from its words."""

from __future__ import annotations

import click

from node.cli.argument_types import OneOf
from node.cli.failures import CliCode, Failure, usage
from node.cli.help_text import examples
from node.cli.keyring import ask_secret, open_keyring
from node.cli.keys.shown import key_json, key_rows, warnings
from node.cli.options import home_option, keyring_backend_option, output_option, passphrase_option
from node.cli.output import Output
from node.cli.streams import AnswerLost
from node.config import Home
from node.keyring import new_mnemonic

words_option = click.option(
    "--words",
    type=OneOf(["12", "24"]),
    default="24",
    show_default=True,
    help="How many words.",
)


@click.command(
    short_help="Make a key, or recover one.",
    epilog=examples(
        "seedpactd keys add alice",
        "seedpactd keys add alice --recover",
        "seedpactd keys add alice --recover --mnemonic-file words.txt",
        "seedpactd keys add alice --keyring-backend test --output json",
    ),
)
@click.argument("name")
@click.option("--recover", is_flag=True, help="Take the words of an existing key; asks for them.")
@click.option("--mnemonic-file", metavar="FILE", help="With --recover: the words; - is stdin.")
@words_option
@home_option
@keyring_backend_option
@passphrase_option
@output_option
def add(
    *,
    name: str,
    recover: bool,
    mnemonic_file: str | None,
    words: str,
    home: Home,
    keyring_backend: str,
    passphrase_file: str | None,
    output: Output,
) -> None:
    """Make a key NAME and show its words, once; or recover it from words that you have.

    Whoever has the words has the key: write them on paper. An existing key is never replaced.
    """
    if mnemonic_file is not None and not recover:
        raise usage("--mnemonic-file with --recover", "no --recover")
    if mnemonic_file is not None and mnemonic_file == passphrase_file:
        raise usage("words and password from two places", f"both from {mnemonic_file}")
    keyring = open_keyring(home, keyring_backend, passphrase_file)
    keyring.require_new(name)
    if recover:
        mnemonic = ask_secret("the key's words", file=mnemonic_file, option="--mnemonic-file")
    else:
        mnemonic = new_mnemonic(int(words))
    info = keyring.recover(name, mnemonic)
    shown = {} if recover else {"mnemonic": mnemonic}
    try:
        output.answer(
            key_json(info) | shown,
            headline=f"kept the key {name} in the {keyring_backend} keyring of {home.path}",
            rows=[*key_rows(info), *shown.items(), *warnings(keyring_backend)],
            hints=[] if recover else ["write the words on paper: nobody can show them again"],
            changes=True,
        )
    except AnswerLost as lost:
        if recover:
            raise
        keyring.delete(name)
        raise Failure(
            CliCode.ANSWER_NOT_WRITTEN,
            expected="to show the words of the new key, once",
            found=f"{lost.reason}; the key {name} was not kept",
        ) from None


@click.command(
    "mnemonic",
    short_help="Words for a key, kept nowhere.",
    epilog=examples("seedpactd keys mnemonic --words 12"),
)
@words_option
@output_option
def mnemonic(*, words: str, output: Output) -> None:
    """Show new BIP-39 words for a key. Nothing is kept."""
    text = new_mnemonic(int(words))
    output.answer({"mnemonic": text}, rows=[("mnemonic", text)])
