"""One request handler a file; `HANDLERS` is the whole service."""

from __future__ import annotations

from typing import Any, Final

from google.protobuf.message import Message

from enclave.framework.enclave import Handler
from enclave.handlers.backup import BackupState
from enclave.handlers.bootstrap import Bootstrap
from enclave.handlers.confirm_nodes import ConfirmNodes
from enclave.handlers.create_node_key import CreateNodeKey
from enclave.handlers.follow_chain import FollowChain
from enclave.handlers.get_info import GetInfo
from enclave.handlers.get_network_keys import GetNetworkKeys
from enclave.handlers.import_seed import ImportSeed
from enclave.handlers.make_quote import MakeQuote
from enclave.handlers.report_fork import ReportFork
from enclave.handlers.restore import RestoreState

HANDLERS: Final[tuple[Handler[Any, Message], ...]] = (
    GetInfo(),
    Bootstrap(),
    CreateNodeKey(),
    MakeQuote(),
    ConfirmNodes(),
    ImportSeed(),
    FollowChain(),
    ReportFork(),
    GetNetworkKeys(),
    BackupState(),
    RestoreState(),
)
"""Each is the method of `EnclaveService` that takes its `request`."""
