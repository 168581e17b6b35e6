"""Refusals of the bank: codespace "bank", with the numbers of the Cosmos SDK (x/bank/types)."""

from __future__ import annotations

from chain_module.errors import Reason, Reasons


class BankReason(Reasons):
    """Every reason of this codespace."""

    NO_INPUTS = Reason("bank", 2, "no_inputs")
    NO_OUTPUTS = Reason("bank", 3, "no_outputs")
    INPUT_OUTPUT_MISMATCH = Reason("bank", 4, "input_output_mismatch")
    MULTIPLE_SENDERS = Reason("bank", 9, "multiple_senders")

    SUPPLY_MISMATCH = Reason("bank", 100, "supply_mismatch")
    """Ours, above the SDK's: balances do not sum to the supply."""
    TOO_MANY_OUTPUTS = Reason("bank", 101, "too_many_outputs")
    """Ours: the SDK has no bound."""
