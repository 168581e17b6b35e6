"""Receipts: what shows for ever, and to anyone, that a node was registered (docs/receipts.md).

What belongs here: the file's form, making one of what a node shows, and the checks, which are the
enclave's own code over what the file holds. `read` and `verify` ask no clock and no network.
"""

from node.receipts.exporting import export
from node.receipts.failures import ReceiptCode, ReceiptFailure
from node.receipts.source import NodeSource
from node.receipts.subject import MAX_RECEIPT_BYTES, read
from node.receipts.verifying import Judgement, RestsOn, Trust, verify

__all__ = [
    "MAX_RECEIPT_BYTES",
    "Judgement",
    "NodeSource",
    "ReceiptCode",
    "ReceiptFailure",
    "RestsOn",
    "Trust",
    "export",
    "read",
    "verify",
]
