"""app_state: one reading, one canonical form (against the rfc8785 package), one hash."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from chain_module.genesis_form import BadGenesis
from chain_module.registration.app_state import MAX_INTEGER, app_state_hash, canonical, parse_json

KEYS: Final = st.text(st.characters(max_codepoint=127), max_size=6)
VALUES: Final = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(min_value=-MAX_INTEGER, max_value=MAX_INTEGER)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)
OBJECTS: Final = st.dictionaries(KEYS, VALUES, max_size=5)


@given(value=OBJECTS)
def test_the_form_is_that_of_rfc_8785(value: dict[str, Any]) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@pytest.mark.parametrize("ensure_ascii", [True, False])
@given(value=OBJECTS, indent=st.none() | st.integers(min_value=0, max_value=3))
def test_how_a_text_is_written_does_not_count(
    *, value: dict[str, Any], indent: int | None, ensure_ascii: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ensure_ascii)
    found = parse_json(text.encode(), "app_state")
    assert found == value
    assert app_state_hash(found) == app_state_hash(value)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b'"text"',
        b"{",
        b'{"a": 1} x',
        b'{"a": 1, "a": 1}',
        b'{"a": {"b": 1, "b": 2}}',
        b'{"a": 1.0}',
        b'{"a": 1e3}',
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 9007199254740992}',
        b'{"a": [{"b": -9007199254740992}]}',
        b'{"a": 10000000000000000000000}',
        '{"ä": 1}'.encode(),
        b'{"a": "\\ud800"}',
        b'{"a": "\\udfff"}',
        b'{"a": "\xff"}',
        b'{"a": ' + b"[" * 40 + b"]" * 40 + b"}",
    ],
)
def test_what_json_leaves_open_is_refused(text: bytes) -> None:
    with pytest.raises(BadGenesis):
        parse_json(text, "app_state")


def test_the_largest_integers_are_allowed() -> None:
    text = b'{"a": 9007199254740991, "b": -9007199254740991}'
    assert canonical(parse_json(text, "app_state")) == text.replace(b" ", b"")


def test_minus_zero_is_zero() -> None:
    assert canonical(parse_json(b'{"a": -0}', "app_state")) == b'{"a":0}'


@given(value=OBJECTS, network=VALUES, nodes=VALUES)
def test_what_is_made_with_network_id_is_no_part_of_it(
    value: dict[str, Any], network: Any, nodes: Any
) -> None:
    bare = {**value, "registration": {"floor": 1}}
    full = {**value, "registration": {"floor": 1, "network": network, "nodes": nodes}}
    assert app_state_hash(full) == app_state_hash(bare)
    assert app_state_hash(bare) == hashlib.sha256(canonical(bare)).digest()
    other = {**bare, "registration": {"floor": 2}}
    assert app_state_hash(other) != app_state_hash(bare)


def test_these_names_count_in_every_other_module() -> None:
    one, two = ({"bank": {"network": n}, "registration": {}} for n in (1, 2))
    assert app_state_hash(one) != app_state_hash(two)
