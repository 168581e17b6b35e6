"""Every lie that one field of a request can hold, found by reflection.

A field is forged, dropped, or replayed from other requests; an item of a list is dropped, told
twice, or told in another order. A field that is new in a message is lied about without anybody
writing a line; `fields_of` says which there are.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

Path = tuple[tuple[str, int | None], ...]
"""Names of fields from the request on; for a list, which item."""

_SIGNED_PART: Final = 100
"""Where a quote is flipped: in the body that it signs."""
_FLIPPED_AT: Final = {"seedpact.enclave.v1.Newcomer.quote": _SIGNED_PART}


@dataclass(frozen=True)
class Lie:
    """A request with one thing in it that is not so."""

    field: str
    """Its full name."""
    kind: str
    request: Message


def fields_of(kind: Descriptor, seen: frozenset[str] = frozenset()) -> frozenset[str]:
    """The full names of all fields of a message and of those inside it."""
    if kind.full_name in seen:
        return frozenset()
    seen |= {kind.full_name}
    inner = (field.message_type for field in kind.fields if field.message_type is not None)
    own = frozenset(str(field.full_name) for field in kind.fields)
    return own.union(*(fields_of(message, seen) for message in inner))


def lies(request: Message, elsewhere: Sequence[Message], *, within: Sequence[str]) -> Iterator[Lie]:
    """All lies about the fields `within`, each in a copy of `request`.

    A whole message of another request is no lie about this one: inside it they begin.

    Args:
        request: as an honest host would ask.
        elsewhere: requests of the same type for other heights and of other chains.
        within: names of fields of the request; the others are not about the chain.
    """
    true = request.SerializeToString(deterministic=True)
    for path, field in _beginnings(request, within):
        for lie in _about(request, path, field, elsewhere):
            if lie.request.SerializeToString(deterministic=True) != true:
                yield lie


def _beginnings(request: Message, within: Sequence[str]) -> Iterator[tuple[Path, FieldDescriptor]]:
    for name in within:
        *outer, last = name.split(".")
        path: Path = tuple((one, None) for one in outer)
        field = _at(request, path).DESCRIPTOR.fields_by_name[last]
        if field.message_type is None or _is_list(field):
            yield path, field
        else:
            yield from (((*path, (last, None)), inner) for inner in field.message_type.fields)


def _about(
    request: Message, path: Path, field: FieldDescriptor, elsewhere: Sequence[Message]
) -> Iterator[Lie]:
    holder, name = _at(request, path), str(field.name)
    if _is_list(field):
        yield from _about_list(request, path, field, elsewhere)
        return
    yield _told(request, path, field, "forged", lambda there: _forge(there, field))
    yield _told(request, path, field, "dropped", lambda there: there.ClearField(name))
    for number, other in enumerate(elsewhere):
        theirs = _find(other, path)
        if theirs is not None and (field.message_type is None or theirs.HasField(name)):
            value = getattr(theirs, name)
            yield _told(
                request, path, field, f"replayed {number}", lambda t, v=value: _put(t, name, v)
            )
    if field.message_type is not None and holder.HasField(name):
        for inner in field.message_type.fields:
            yield from _about(request, (*path, (name, None)), inner, elsewhere)


def _about_list(
    request: Message, path: Path, field: FieldDescriptor, elsewhere: Sequence[Message]
) -> Iterator[Lie]:
    name = str(field.name)
    items = getattr(_at(request, path), name)
    for index in range(len(items)):
        yield _told(request, path, field, "dropped", lambda there, i=index: _delete(there, name, i))
        yield _told(request, path, field, "twice", lambda there, i=index: _twice(there, name, i))
        if index:
            yield _told(request, path, field, "order", lambda there, i=index: _swap(there, name, i))
        for number, other in enumerate(elsewhere):
            theirs = _find(other, path)
            if theirs is not None and index < len(getattr(theirs, name)):
                value = getattr(theirs, name)[index]
                yield _told(
                    request,
                    path,
                    field,
                    f"replayed {number}",
                    lambda there, i=index, v=value: _set(there, name, i, v),
                )
        if field.message_type is None:
            forged = _flip(items[index], len(items[index]) // 2)
            yield _told(
                request, path, field, "forged", lambda t, i=index, v=forged: _set(t, name, i, v)
            )
        else:
            for inner in field.message_type.fields:
                yield from _about(request, (*path, (name, index)), inner, elsewhere)


def _told(request: Message, path: Path, field: FieldDescriptor, kind: str, change: Any) -> Lie:
    changed = copy.deepcopy(request)
    change(_at(changed, path))
    return Lie(str(field.full_name), kind, changed)


def _at(message: Message, path: Path) -> Message:
    for name, index in path:
        message = getattr(message, name) if index is None else getattr(message, name)[index]
    return message


def _find(message: Message, path: Path) -> Message | None:
    for name, index in path:
        found = getattr(message, name)
        if index is not None and index >= len(found):
            return None
        message = found if index is None else found[index]
    return message


def _forge(holder: Message, field: FieldDescriptor) -> None:
    name = str(field.name)
    if field.message_type is not None:
        # There and empty, whatever was there.
        holder.ClearField(name)
        getattr(holder, name).SetInParent()
        return
    value = getattr(holder, name)
    if isinstance(value, bytes):
        where = _FLIPPED_AT.get(str(field.full_name), len(value) // 2)
        setattr(holder, name, _flip(value, where) if value else bytes(32))
    elif isinstance(value, str):
        setattr(holder, name, value + "x")
    elif field.cpp_type == FieldDescriptor.CPPTYPE_ENUM:
        numbers = [one.number for one in field.enum_type.values if one.number != value]
        setattr(holder, name, numbers[-1])
    else:
        setattr(holder, name, value + 1)


def _flip(value: bytes, at: int) -> bytes:
    return value[:at] + bytes([value[at] ^ 1]) + value[at + 1 :] if value else b"\x01"


def _put(holder: Message, name: str, value: Any) -> None:
    if isinstance(value, Message):
        getattr(holder, name).CopyFrom(value)
    else:
        setattr(holder, name, value)


def _set(holder: Message, name: str, index: int, value: Any) -> None:
    items = getattr(holder, name)
    if isinstance(value, Message):
        items[index].CopyFrom(value)
    else:
        items[index] = value


def _delete(holder: Message, name: str, index: int) -> None:
    del getattr(holder, name)[index]


def _twice(holder: Message, name: str, index: int) -> None:
    items = getattr(holder, name)
    items.append(items[index])


def _swap(holder: Message, name: str, index: int) -> None:
    items = getattr(holder, name)
    kept = [copy.deepcopy(item) for item in items]
    kept[index - 1], kept[index] = kept[index], kept[index - 1]
    del items[:]
    items.extend(kept)


def _is_list(field: FieldDescriptor) -> bool:
    return bool(field.label == FieldDescriptor.LABEL_REPEATED)
