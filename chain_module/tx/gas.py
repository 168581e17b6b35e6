"""What a transaction costs, flat: from its body and its messages alone, before anything runs.

The same for a simulation and for the signed transaction that follows it. The constants of all
modules are in chain_module/gas.py.
"""

from __future__ import annotations

from chain_module import gas
from chain_module.store.types import StateReader
from chain_module.tx.codec import Tx


def gas_of(tx: Tx, state: StateReader) -> int:
    """The gas that delivering `tx` uses."""
    return (
        gas.TX
        + gas.BODY_BYTE * len(tx.body_bytes)
        + gas.SIGNATURE * len(tx.required)
        + sum(outline.gas(state) for outline in tx.outlines)
    )
