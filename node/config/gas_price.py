"""The lowest price of gas that a node takes into its mempool, such as 0.001useed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from chain_module.bank.coins import DENOM
from node.config.toml_reader import WrongValue

_FORM: Final = re.compile(rf"([0-9]{{1,18}}(?:\.[0-9]{{1,18}})?){DENOM}", re.ASCII)


@dataclass(frozen=True, slots=True)
class GasPrice:
    """What one unit of gas costs at least."""

    text: str
    """As it was written."""
    amount: Fraction
    """useed."""


def gas_price(value: object) -> GasPrice:
    """A form for `TomlReader.take`. Raises WrongValue."""
    match = _FORM.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise WrongValue(f"an amount of {DENOM}, such as 0.001{DENOM}")
    return GasPrice(match[0], Fraction(match[1]))
