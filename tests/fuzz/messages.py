"""Mutations of protobuf messages: one field somewhere inside, then the deterministic encoding.

The enclave takes one encoding of a message and no other, so changed bytes mostly die at the door;
a changed field goes through it. Fields of bytes that hold a message are changed inside.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message

from tests.fuzz.target import Mutation

Value = bytes | str | int | bool
Nested = Callable[[Message, str], type[Message] | None]
"""The type of message that a field of bytes holds, if it holds one."""
Pool = Mapping[str, Sequence[Value]]
"""Real values by the full name of their field."""

_PLAIN: Final = 0.15
"""Share of mutations that know nothing of the format: the door has to hold too."""
_INTERESTING: Final = (0, 1, 2, 3, 16, 100, 128, 1024, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1)
_RANGE: Final = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_ENUM: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
}


@dataclass(frozen=True)
class Mutator:
    """Changes messages of one kind."""

    kind: type[Message]
    nested: Nested
    pool: Pool

    def mutate(self, data: bytes, mutation: Mutation) -> bytes:
        """Encoded bytes with one to three fields changed, or with plain bytes changed."""
        message = _decode(self.kind, data)
        if message is None or mutation.rng.random() < _PLAIN:
            return mutation.of(data)
        for _ in range(mutation.rng.choice((1, 1, 1, 2, 3))):
            self._change(message, mutation)
        return message.SerializeToString(deterministic=True)

    def _change(self, message: Message, mutation: Mutation) -> None:
        rng, fields = mutation.rng, list(message.DESCRIPTOR.fields)
        if not fields:
            return
        # Fields that are set lead deeper; one in five choices is of all fields.
        present = [field for field, _ in message.ListFields()]
        field = rng.choice(present if present and rng.random() < 0.8 else fields)
        if _is_repeated(field):
            self._change_list(message, field, mutation)
        elif field.message_type is None:
            old = getattr(message, field.name)
            setattr(message, field.name, self._scalar(message, field, old, mutation))
        elif rng.random() < 0.05:
            message.ClearField(field.name)
        else:
            inner = getattr(message, field.name)
            inner.SetInParent()
            self._change(inner, mutation)

    def _change_list(self, message: Message, field: FieldDescriptor, mutation: Mutation) -> None:
        rng, items = mutation.rng, getattr(message, field.name)
        choice, at = rng.random(), rng.randrange(len(items)) if items else 0
        if not items or choice < 0.1:
            self._add(message, field, mutation)
        elif choice < 0.2:
            del items[at]
        elif choice < 0.3:
            items.extend([items[at]] * rng.choice((1, 1, 1, 3, 128)))
        elif choice < 0.4:
            moved = [copy.deepcopy(item) for item in (items[at], *items[:at], *items[at + 1 :])]
            message.ClearField(field.name)
            getattr(message, field.name).extend(moved)
        elif field.message_type is not None:
            self._change(items[at], mutation)
        else:
            items[at] = self._scalar(message, field, items[at], mutation)

    def _add(self, message: Message, field: FieldDescriptor, mutation: Mutation) -> None:
        items = getattr(message, field.name)
        if field.message_type is not None:
            self._change(items.add(), mutation)
        else:
            items.append(self._scalar(message, field, _empty(field), mutation))

    def _scalar(
        self, message: Message, field: FieldDescriptor, old: Value, mutation: Mutation
    ) -> Value:
        rng, real = mutation.rng, self.pool.get(field.full_name)
        inner = _inside(message, field, old, self.nested)
        if inner is not None and rng.random() < 0.85:
            self._change(inner, mutation)
            return inner.SerializeToString(deterministic=True)
        if real and rng.random() < 0.35:
            return rng.choice(real)
        match old:
            case bool():
                return not old
            case bytes():
                return b"" if rng.random() < 0.05 else mutation.of(old)
            case str():
                return mutation.of(old.encode()).decode("utf-8", "replace")
            case int():
                low, high = _RANGE[field.cpp_type]
                new = rng.choice((old + 1, old - 1, old ^ (1 << rng.randrange(63)), *_INTERESTING))
                return min(max(new, low), high)


def values_of(messages: Iterable[Message], nested: Nested) -> Pool:
    """Every scalar in `messages`, by the full name of its field."""
    pool: defaultdict[str, list[Value]] = defaultdict(list)
    for message in messages:
        _collect(message, nested, pool)
    return dict(pool)


def _collect(message: Message, nested: Nested, pool: defaultdict[str, list[Value]]) -> None:
    for field, value in message.ListFields():
        for item in value if _is_repeated(field) else [value]:
            if isinstance(item, Message):
                _collect(item, nested, pool)
                continue
            inner = _inside(message, field, item, nested)
            if inner is not None:
                _collect(inner, nested, pool)
            if item not in pool[field.full_name]:
                pool[field.full_name].append(item)


def _inside(
    message: Message, field: FieldDescriptor, value: object, nested: Nested
) -> Message | None:
    kind = nested(message, field.name) if isinstance(value, bytes) else None
    return None if kind is None or not isinstance(value, bytes) else _decode(kind, value)


def _decode(kind: type[Message], data: bytes) -> Message | None:
    try:
        return kind.FromString(data)
    except (DecodeError, UnicodeDecodeError):
        return None


def _is_repeated(field: FieldDescriptor) -> bool:
    return bool(field.label == FieldDescriptor.LABEL_REPEATED)


def _empty(field: FieldDescriptor) -> Value:
    """The value of a new item (a list's own default is a list)."""
    match field.cpp_type:
        case FieldDescriptor.CPPTYPE_STRING:
            return b"" if field.type == FieldDescriptor.TYPE_BYTES else ""
        case FieldDescriptor.CPPTYPE_BOOL:
            return False
        case _:
            return 0
