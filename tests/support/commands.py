"""Commands that a text names, held against the command line that there is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import click

from node.cli.main import cli


def commands_in(text: str) -> Iterator[list[str]]:
    """The words of each span of code that begins with `seedpactd`, or with one of its commands."""
    cli.all_commands()
    for span in re.findall(r"`([^`]+)`", text):
        words = span.split()
        if words[0] == "seedpactd":
            yield words[1:]
        elif words[0] in cli.commands:
            yield words


def unknown_words(words: Sequence[str]) -> list[str]:
    """Subcommands that their group does not have, and options that the command does not have."""
    cli.all_commands()
    group: click.Command = cli
    rest = list(words)
    while isinstance(group, click.Group) and rest and re.fullmatch(r"[a-z][a-z-]*", rest[0]):
        if rest[0] not in group.commands:
            return [rest[0]]
        group = group.commands[rest.pop(0)]
    has = {option for command in (group, cli) for entry in command.params for option in entry.opts}
    asked = [word.partition("=")[0] for word in rest if re.match(r"--?[a-z]", word)]
    return [word for word in asked if word not in has | {"--help"}]
