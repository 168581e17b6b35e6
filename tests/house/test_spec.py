"""docs/spec/protocol.md and the code say the same, where a machine can compare them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from enclave.attestation.report_data import FIELD_ORDER, Purpose
from enclave.crypto.labels import Mode, Name, label

SPECIFICATION: Final = Path(__file__).parents[2] / "docs" / "spec" / "protocol.md"
SECTION: Final = re.compile(r"^## (\d+)\. ", re.MULTILINE)
CODE_NAMES: Final = {
    "operator's raw address": "operator",
    "pk_io[0]": "pk_io",
    "kem_io[0] public key": "kem_io",
}
"""Where the specification is more exact than an argument's name can be."""


def section(number: int) -> str:
    """The text of one section."""
    text = SPECIFICATION.read_text()
    starts = {int(match[1]): match.start() for match in SECTION.finditer(text)}
    return text[starts[number] : starts.get(number + 1)]


def registered() -> list[str]:
    """The names in the table of section 12."""
    return re.findall(r"^\| `([a-z0-9-]+)` \|", section(12), re.MULTILINE)


def specified_order(purpose: str) -> tuple[str, ...]:
    """The fields of a purpose's report_data, as code names them."""
    formula = re.compile(rf'H512\("report-data", "{purpose}", ([^)]+)\)')
    (fields,) = formula.findall(SPECIFICATION.read_text())
    return tuple(CODE_NAMES.get(field, field) for field in fields.split(", "))


def test_the_registry_of_labels_is_the_specifications() -> None:
    assert registered() == [name.value for name in Name]


def test_the_prefixes_are_the_specifications() -> None:
    prefixes = re.findall(r"(Hardware|Software): `([^`]+)`", section(12))
    assert {mode.lower(): prefix for mode, prefix in prefixes} == {
        mode.value: label(mode, Name.LIST).text.removesuffix("list") for mode in Mode
    }


def test_every_label_that_the_specification_uses_is_registered() -> None:
    text = SPECIFICATION.read_text()
    used = re.findall(r'\bH(?:512)?\("([a-z0-9-]+)"', text)
    used += re.findall(r'\(?label "([a-z0-9-]+)"', text)
    assert len(used) > 10
    assert set(used) <= set(registered())


def test_report_data_binds_its_fields_in_the_specified_order() -> None:
    for purpose in Purpose:
        assert specified_order(purpose.value) == FIELD_ORDER[purpose]


def test_every_purpose_that_the_specification_names_has_a_builder() -> None:
    named = re.findall(r'H512\("report-data", "([a-z-]+)"', SPECIFICATION.read_text())
    assert sorted(named) == sorted(purpose.value for purpose in Purpose)
