"""What each code means, and what to do about it: the rows of remedies.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final


@dataclass(frozen=True, slots=True)
class Remedy:
    """One row."""

    why: str
    """One or two sentences, for `seedpactd explain`."""
    step: str
    """The next step, as an order without a full stop: it ends the one line of an error."""
    input: bool = False
    """Whether it is about an input that cannot be read, or is not what it should be."""


UNKNOWN: Final = Remedy(
    "This version of seedpactd does not know the code; the enclave may be of a newer one.",
    "compare the versions with `seedpactd enclave info`",
)


@cache
def remedies() -> Mapping[str, Remedy]:
    """By code: every one that a user can meet."""
    text = files(__package__).joinpath("remedies.toml").read_text(encoding="utf-8")
    return {code: Remedy(**row) for code, row in tomllib.loads(text).items()}


def remedy_for(code: str) -> Remedy:
    """The remedy of any code, also of one that this version does not know."""
    return remedies().get(code, UNKNOWN)
