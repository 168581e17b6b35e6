"""restore: takes a backup of this machine back, in EMPTY only (protocol.md section 10)."""

from __future__ import annotations

from typing import Final

from enclave.framework.enclave import Enclave
from enclave.framework.states import Operation
from seedpact.enclave.v1 import service_pb2 as pb


class RestoreState:
    """EMPTY -> the state that the backup holds."""

    operation: Final = Operation.RESTORE
    request: Final = pb.RestoreRequest

    def handle(self, enclave: Enclave, request: pb.RestoreRequest) -> pb.RestoreResponse:
        """Restores every entry, in one write.

        Raises:
            Refusal: one of SEALED_*; SEALED_WRONG_NETWORK where the backup is of another network
                than the request names.
        """
        enclave.restore(request.backup, network_id=request.network_id)
        return pb.RestoreResponse(state=pb.EnclaveState.Name(enclave.state))
