"""The registry of labels (docs/spec/protocol.md section 2)."""

from __future__ import annotations

import itertools

import pytest

from enclave.crypto.labels import Mode, Name, label
from tests.second_opinion.transcript import label_text

EVERY = [label(mode, name) for mode in Mode for name in Name]


def test_labels_are_unique() -> None:
    assert len({entry.text for entry in EVERY}) == len(Mode) * len(Name)


def test_no_hardware_label_equals_or_starts_a_software_one() -> None:
    hardware, software = (
        [entry.text for entry in EVERY if entry.mode is mode]
        for mode in (Mode.HARDWARE, Mode.SOFTWARE)
    )
    for one, other in itertools.product(hardware, software):
        assert not one.startswith(other)
        assert not other.startswith(one)


@pytest.mark.parametrize("mode", Mode)
def test_a_label_is_its_prefix_and_its_short_name(mode: Mode) -> None:
    """The prefixes that docs/spec/protocol.md fixes, by another hand."""
    for name in Name:
        assert label(mode, name).encoded == label_text(mode.value, name.value)


def test_text_is_printable_ascii_of_bounded_length() -> None:
    """The transcript gives a label two bytes of length; 64 is far below, and easy to read."""
    for entry in EVERY:
        assert entry.text.isascii()
        assert entry.text.isprintable()
        assert len(entry.encoded) <= 64
