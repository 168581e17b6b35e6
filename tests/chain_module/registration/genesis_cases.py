"""What tests of a genesis share: how it is refused, and how it is spoilt."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Final

import pytest

from chain_module.genesis_form import BadGenesis
from chain_module.registration.identity import NetworkGenesis
from enclave.registration.records import Machine

ALICE: Final = bytes([1]) * 20
TWO_MACHINES: Final = tuple(Machine(bytes([n]) * 32, "a rack", n) for n in (1, 2))


def code_of(work: Callable[[], Any]) -> str:
    """The code with which a genesis is refused."""
    with pytest.raises(BadGenesis) as caught:
        work()
    assert caught.value.expected
    assert caught.value.found
    return caught.value.code


def changed(network: NetworkGenesis, /, **changes: Any) -> NetworkGenesis:
    """The same network with other values in its registration part."""
    registration = dataclasses.replace(network.registration, **changes)
    return dataclasses.replace(network, registration=registration)
