"""What to do about a node's home: its folders, configuration, keyring and genesis file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from node.cli.failures import CliCode
from node.cli.remedy import Remedy

_FILES: Final = {
    CliCode.NO_HOME: Remedy(
        "The command needs the home of a node, and none was made at that path.",
        "make one with `seedpactd init` or `seedpactd register`, or name yours with --home",
    ),
    CliCode.HOME_EXISTS: Remedy(
        "A home or a key stands where the command would make one. Keys are never overwritten: a "
        "lost consensus key loses the validator, and a copied one signs twice.",
        "use the one that is there, or name another --home",
    ),
    CliCode.CONFIG_INVALID: Remedy(
        "A file of the home has a key that is not known, or a value that it cannot have.",
        "correct that key in that file; the comment above it says what it takes",
    ),
}

HOME_REMEDIES: Final[Mapping[CliCode, Remedy]] = {**_FILES}
