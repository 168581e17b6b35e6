"""A genesis in JSON, read strictly: the fields that are wanted, of the types that are wanted.

Modules import parts of `app_state` with it, in the Cosmos SDK's JSON form: integers of 64 bits and
more are text. What is not known is refused: a misspelt field must not start another chain.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from enclave.errors import CodedError

Json: TypeAlias = Mapping[str, "Json"] | Sequence["Json"] | str | int | float | bool | None
"""What `json.loads` gives."""

JsonObject: TypeAlias = Mapping[str, Json]

MAX_UINT64: Final = 2**64 - 1

_DIGITS: Final = re.compile(r"0|[1-9][0-9]{0,19}", re.ASCII)


class BadGenesisCode(enum.StrEnum):
    """What can be wrong with a genesis, beside the gates that its first record passes."""

    BAD_GENESIS = "bad_genesis"
    """Its form, or one part contradicts another."""
    NO_VALIDATORS = "genesis_without_validators"
    VALIDATOR_KEY = "genesis_validator_key"
    VALIDATOR_POWER = "genesis_validator_power"
    VALIDATOR_TWICE = "genesis_validator_twice"
    CONSENSUS_PARAMS = "genesis_consensus_params"
    NOT_BOOTSTRAPPED = "genesis_not_bootstrapped"
    RECORD_MISMATCH = "genesis_record_mismatch"


class BadGenesis(CodedError[str]):
    """The genesis has no good form, or contradicts itself.

    Attributes:
        where: the field, such as auth.accounts[0].address.
        code: a `BadGenesisCode`, or the code of the gate that says no.
    """

    def __init__(
        self, where: str, *, expected: str, found: object, code: str = BadGenesisCode.BAD_GENESIS
    ) -> None:
        self.where = where
        text = found if isinstance(found, str) and found.strip() else repr(found)[:200]
        super().__init__(code, expected=expected, found=text)

    def __str__(self) -> str:
        return f"{self.where}: expected {self.expected}, found {self.found}"


def read_object(
    value: Json, where: str, *, required: Sequence[str] = (), optional: Sequence[str] = ()
) -> JsonObject:
    """An object with these fields and no others. Raises BadGenesis."""
    if not isinstance(value, Mapping):
        raise BadGenesis(where, expected="an object", found=value)
    for name in required:
        if name not in value:
            raise BadGenesis(f"{where}.{name}", expected="a value", found="none")
    for name in value:
        if name not in required and name not in optional:
            known = ", ".join((*required, *optional))
            raise BadGenesis(f"{where}.{name}", expected=f"one of {known}", found="this field")
    return value


def read_list(value: Json, where: str) -> Sequence[Json]:
    """A list. Raises BadGenesis."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise BadGenesis(where, expected="a list", found=value)
    return value


def read_text(value: Json, where: str) -> str:
    """A string. Raises BadGenesis."""
    if not isinstance(value, str):
        raise BadGenesis(where, expected="text", found=value)
    return value


def read_uint64(value: Json, where: str) -> int:
    """A number as text. Raises BadGenesis."""
    if (
        not isinstance(value, str)
        or _DIGITS.fullmatch(value) is None
        or (number := int(value)) > MAX_UINT64
    ):
        raise BadGenesis(
            where, expected='a number of at most 64 bits as text, such as "0"', found=value
        )
    return number
