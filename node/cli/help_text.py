"""Help texts that click must not fold: examples and file contents."""

from __future__ import annotations

import shlex
from typing import Final

_AS_IT_IS: Final = "\b\n"
"""Click's mark in front of a paragraph whose lines it leaves alone."""


def examples(*lines: str) -> str:
    """A paragraph of commands that can be copied."""
    return verbatim("Examples:" if len(lines) > 1 else "Example:", *lines)


def verbatim(title: str, *lines: str) -> str:
    """A paragraph of a title and indented lines."""
    return _AS_IT_IS + "\n".join([title, *(f"  {line}" for line in lines)])


def command_line(*words: str) -> str:
    """A command of ours that can be copied, whatever its file names hold."""
    return shlex.join(["seedpactd", *words])


def paragraphs(*texts: str) -> str:
    """Paragraphs of one epilog."""
    return "\n\n".join(texts)
