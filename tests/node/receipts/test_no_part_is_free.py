"""Nothing in a receipt can be changed, left out or taken from another receipt.

The parts are enumerated by reflection over the file's tree, so that a field that is added later is
tried as well. Nothing is trusted here (`Trust()`): that a change is seen does not rest on what the
reader knows.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from node.receipts import ReceiptFailure, Trust, read, verify
from seedpact.receipt.v1 import receipt_pb2
from tests.node.receipts.conftest import Files

Path = tuple[str | int, ...]
LONG: Final = 200
"""Hex digits from which on a value is changed in more than one place."""
PLACES: Final = 8


def is_refused(tree: object) -> bool:
    """Whether verification says no, in whatever way."""
    try:
        return bool(verify(read(json.dumps(tree).encode()), Trust()).failed)
    except ReceiptFailure:
        return True


def parts(
    tree: Any, kind: Descriptor, path: Path = ()
) -> Iterator[tuple[Path, FieldDescriptor | None]]:
    """Each value below a tree of a message, with its field; entries of lists, too."""
    for name, value in tree.items():
        field = kind.fields_by_name[name]
        entries = enumerate(value) if isinstance(value, list) else ()
        yield (*path, name), field
        for number, entry in entries:
            yield (*path, name, number), field
            if field.message_type is not None:
                yield from parts(entry, field.message_type, (*path, name, number))
        if isinstance(value, dict):
            assert field.message_type is not None
            yield from parts(value, field.message_type, (*path, name))


def look(tree: Any, path: Path) -> Any:
    for step in path:
        tree = tree[step]
    return tree


def has(tree: Any, path: Path) -> bool:
    try:
        look(tree, path)
    except (KeyError, IndexError, TypeError):
        return False
    return True


def put(tree: Any, path: Path, value: object) -> Any:
    """A copy of the tree with another value there."""
    changed = copy.deepcopy(tree)
    look(changed, path[:-1])[path[-1]] = value
    return changed


def without(tree: Any, path: Path) -> Any:
    """A copy of the tree without that."""
    changed = copy.deepcopy(tree)
    del look(changed, path[:-1])[path[-1]]
    return changed


def flips(value: Any, field: FieldDescriptor) -> Iterator[object]:
    """Other values of one plain field, as near as can be."""
    if field.enum_type is not None:
        names = [one.name for one in field.enum_type.values]
        yield from (name for name in names if name != value)
    elif field.type == FieldDescriptor.TYPE_BYTES:
        yield value + "00"
        count = PLACES if len(value) > LONG else min(1, len(value))
        for place in [len(value) * number // count + 1 for number in range(count)]:
            digit = format(int(value[place], 16) ^ 1, "x")
            yield value[:place] + digit + value[place + 1 :]
    elif field.type == FieldDescriptor.TYPE_STRING:
        yield value + "x"
        yield chr(ord(value[0]) ^ 1) + value[1:]
    elif field.type == FieldDescriptor.TYPE_BOOL:
        yield not value
    else:
        for by in (1, -1):
            other = int(value) + by
            yield str(other) if isinstance(value, str) else other


def flipped(tree: Any) -> Iterator[tuple[Path, object]]:
    for path, field in parts(tree, receipt_pb2.Receipt.DESCRIPTOR):
        value = look(tree, path)
        assert field is not None
        if not isinstance(value, dict | list):
            for other in flips(value, field):
                yield path, put(tree, path, other)


def dropped(tree: Any) -> Iterator[tuple[Path, object]]:
    for path, _ in parts(tree, receipt_pb2.Receipt.DESCRIPTOR):
        yield path, without(tree, path)


def added(tree: Any) -> Iterator[tuple[Path, object]]:
    """An unknown name in each object; an entry twice in each list."""
    yield (), {**tree, "more": 1}
    for path, _ in parts(tree, receipt_pb2.Receipt.DESCRIPTOR):
        value = look(tree, path)
        if isinstance(value, dict):
            yield path, put(tree, path, {**value, "more": 1})
        elif isinstance(value, list) and value:
            yield path, put(tree, path, [*value, value[-1]])


def swapped(tree: Any, other: Any) -> Iterator[tuple[Path, object]]:
    """Each part from another receipt, where that has another one."""
    for path, _ in parts(tree, receipt_pb2.Receipt.DESCRIPTOR):
        if not has(other, path):
            yield path, without(tree, path)
        elif look(other, path) != look(tree, path):
            yield path, put(tree, path, look(other, path))


def check(
    changes: Iterator[tuple[Path, object]], what: str, *, equal: frozenset[Path] = frozenset()
) -> None:
    """All of them are refused but those that show as much; the count is printed."""
    tried, passed = 0, []
    for path, changed in changes:
        tried += 1
        if not is_refused(changed):
            passed.append(path)
    print(f"{what}: {tried} tried, {len(passed)} not seen")
    assert tried > 50
    assert set(passed) == equal


CHANGES: Final = {"flipped": flipped, "dropped": dropped, "added": added}


@pytest.mark.parametrize("form", ["founder", "own", "stored"])
@pytest.mark.parametrize("how", CHANGES)
def test_no_part_can_be_changed(files: Files, form: str, how: str) -> None:
    tree = json.loads(getattr(files, form))
    assert not is_refused(tree)
    change: Callable[[Any], Iterator[tuple[Path, object]]] = CHANGES[how]
    check(change(tree), f"{form} {how}")


ANOTHER_WAY: Final[frozenset[Path]] = frozenset({("steps",)})
"""A longer path of good steps to the very same header shows as much."""


@pytest.mark.parametrize(
    ("form", "other", "equal"),
    [
        ("own", "stored", frozenset()),
        ("own", "stranger", frozenset()),
        ("stored", "own", frozenset()),
        ("founder", "stranger", frozenset()),
        # No header between the first and the last counts for the bootstrap node's first record.
        ("founder", "own", ANOTHER_WAY),
    ],
)
def test_no_part_can_be_taken_from_another(
    files: Files, form: str, other: str, equal: frozenset[Path]
) -> None:
    tree, donor = json.loads(getattr(files, form)), json.loads(getattr(files, other))
    assert not is_refused(donor)
    assert (tree["steps"][-1] == donor["steps"][-1]) is (other != "stranger")
    check(swapped(tree, donor), f"{form} from {other}", equal=equal)


def test_every_field_of_a_receipt_is_in_one_of_these(files: Files) -> None:
    """But `root`, which receipts of nodes without the first blocks have."""
    there = {name for form in (files.founder, files.own, files.stored) for name in json.loads(form)}
    assert there | {"root"} == set(receipt_pb2.Receipt.DESCRIPTOR.fields_by_name)
