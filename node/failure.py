"""The failure of a part of the node: a code, what would have been right, what was there instead.

Each part has its own kind and its own codes, so that callers catch what they mean; a call to an
enclave, a chain or an engine that was not answered, or with a no, is one as well.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Generic, TypeVar

from enclave.errors import one_line

Code = TypeVar("Code", bound=enum.StrEnum)


class NodeFailure(Exception):
    """A part of the node cannot do it.

    Attributes:
        code: why; the command line has a remedy for each.
        expected: what would have been right, one line.
        found: what was there instead, one line; public values only.
    """

    code: str

    def __init__(self, code: str, *, expected: str, found: str) -> None:
        self.code = code
        self.expected = one_line(expected)
        self.found = one_line(found)
        super().__init__(f"{self.code}: expected {self.expected}, found {self.found}")

    @property
    def details(self) -> Mapping[str, str | int | None]:
        """What else a program that reads the failure may want."""
        return {}


class CodedFailure(NodeFailure, Generic[Code]):
    """One whose codes are those of one table, and of no other."""

    code: Code

    def __init__(self, code: Code, *, expected: str, found: str) -> None:
        super().__init__(code, expected=expected, found=found)
