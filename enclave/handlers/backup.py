"""backup: the sealed backup once more, for another disk (protocol.md section 10).

Only this machine with this code opens it. It lets a node survive a lost disk, not a lost machine:
that one registers anew.
"""

from __future__ import annotations

from typing import Final

from enclave.framework.enclave import Enclave
from enclave.framework.states import Operation
from seedpact.enclave.v1 import service_pb2 as pb


class BackupState:
    """KEYED, PENDING and HOLDER; changes nothing."""

    operation: Final = Operation.BACKUP
    request: Final = pb.BackupRequest

    def handle(self, enclave: Enclave, _request: pb.BackupRequest) -> pb.BackupResponse:
        """The sealed bytes."""
        return pb.BackupResponse(backup=enclave.make_backup())
