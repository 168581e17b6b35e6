"""The server of ABCI 2.0: the socket between the engine and an application.

What belongs here: frames, encodings, the order of answers, the log of calls. What must not: what
an application answers. The values on both sides are `chain_module.abci`.
"""

from node.abci.application import Application
from node.abci.call_log import CallLog
from node.abci.failures import CannotListen
from node.abci.limits import Limits
from node.abci.methods import PANIC
from node.abci.server import AbciServer
from node.log import Log

__all__ = ["PANIC", "AbciServer", "Application", "CallLog", "CannotListen", "Limits", "Log"]
