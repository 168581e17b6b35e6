"""A file of settings as a table: a row for each key says all that is known of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from node.config.toml_reader import TomlReader
from node.config.toml_writer import Line, Value

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

C = TypeVar("C", bound="DataclassInstance")


@dataclass(frozen=True, slots=True)
class Setting:
    """One key of a file, and the field of the configuration that holds it."""

    field: str
    name: str
    """TABLE.KEY in the file, or KEY at its top."""
    form: Callable[[object], object]
    """From the file's value to the field's; raises WrongValue."""
    comment: str
    written: Callable[[Any], Value] | None = None
    """From the field's value to the file's; None where they are the same."""

    @property
    def place(self) -> tuple[str, str]:
        """Table and key; "" is the top of the file."""
        table, _, key = self.name.rpartition(".")
        return table, key


def read_settings(reader: TomlReader, settings: Sequence[Setting], default: C) -> C:
    """What the file says, and the default where it says nothing.

    Raises:
        ConfigFailure: CONFIG_INVALID, for a value of another form or a key that no row knows.
    """
    found = {
        one.field: reader.take(*one.place, one.form, getattr(default, one.field))
        for one in settings
    }
    reader.finish()
    return replace(default, **found)


def lines_of(settings: Sequence[Setting], config: DataclassInstance) -> list[Line]:
    """The file's lines, in the order of the table."""
    lines = []
    for one in settings:
        value = getattr(config, one.field)
        written = value if one.written is None else one.written(value)
        lines.append(Line(*one.place, written, one.comment))
    return lines
