"""What to do about receipts that cannot be made, read or believed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from node.cli.failures import CliCode
from node.cli.remedy import Remedy

RECEIPT_REMEDIES: Final[Mapping[CliCode, Remedy]] = {
    CliCode.MALFORMED_RECEIPT: Remedy(
        "The file is not a receipt in its one form, so nothing was checked: it was changed or cut, "
        "or is of another version.",
        "take it again from where it came, or make it anew with `seedpactd receipt export`",
    ),
    CliCode.RECEIPT_REFUSED: Remedy(
        "Something in the receipt does not follow from what it should follow from, or not from "
        "what you trust.",
        "rely on nothing in it; read the failed checks, and take the receipt from another source",
    ),
    CliCode.NO_RECEIPT: Remedy(
        "The node has no such record, or no longer all that a receipt needs: the register's block, "
        "the collateral that was used, the headers.",
        "ask a node that keeps all blocks, or one that ran when the node registered",
    ),
}
