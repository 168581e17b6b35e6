"""What can go wrong with a receipt besides a check that says no."""

from __future__ import annotations

import enum

from node.failure import CodedFailure


class ReceiptCode(enum.StrEnum):
    """Stable names; the command line has a remedy for each."""

    MALFORMED_RECEIPT = "malformed_receipt"
    """It is not in the form of a receipt: nothing was checked."""
    RECEIPT_REFUSED = "receipt_refused"
    """A check says no."""
    NO_RECEIPT = "no_receipt"
    """The node that was asked cannot show all that a receipt has."""


class ReceiptFailure(CodedFailure[ReceiptCode]):
    """No receipt, or none that can be checked."""


def malformed(expected: str, found: str) -> ReceiptFailure:
    """To be raised: what is said to be a receipt is none."""
    return ReceiptFailure(ReceiptCode.MALFORMED_RECEIPT, expected=expected, found=found)


def no_receipt(expected: str, found: str) -> ReceiptFailure:
    """To be raised: there is nothing of which a receipt could be made."""
    return ReceiptFailure(ReceiptCode.NO_RECEIPT, expected=expected, found=found)
