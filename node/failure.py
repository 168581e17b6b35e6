"""The failure of a part of the node: a code, what would have been right, what was there instead.

Each part has its own kind and its own codes, so that callers catch what they mean; a call to an
enclave, a chain or an engine that was not answered, or with a no, is one as well.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Generic, TypeVar

from enclave.errors import CodedError

Code = TypeVar("Code", bound=enum.StrEnum)


class NodeFailure(CodedError[str]):
    """A part of the node cannot do it. The command line has a remedy for each code."""

    @property
    def details(self) -> Mapping[str, str | int | None]:
        """What else a program that reads the failure may want."""
        return {}


class CodedFailure(NodeFailure, Generic[Code]):
    """One whose codes are those of one table, and of no other."""

    code: Code

    def __init__(self, code: Code, *, expected: str, found: str) -> None:
        super().__init__(code, expected=expected, found=found)
