"""`python -m benchmarks.simulate_callers ADDRESS`: clients that simulate without a pause.

The transaction comes in hex on standard input; a line is printed once a call was answered.
"""

from __future__ import annotations

import sys
import threading
from typing import Final

import grpc
from cosmpy.protos.cosmos.tx.v1beta1 import service_pb2 as pb

CALLERS: Final = 16


def call_for_ever(address: str, request: bytes, answered: threading.Event) -> None:
    """Calls one after the other, answered or refused."""
    with grpc.insecure_channel(address) as channel:
        simulate: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(
            "/cosmos.tx.v1beta1.Service/Simulate"
        )
        while True:
            try:
                simulate(request, timeout=60)
            except grpc.RpcError as refused:
                if refused.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED:
                    continue
            answered.set()


def main(address: str) -> None:
    """Runs until it is killed."""
    request = pb.SimulateRequest(tx_bytes=bytes.fromhex(sys.stdin.readline()))
    answered = threading.Event()
    for _ in range(CALLERS):
        threading.Thread(
            target=call_for_ever,
            args=(address, request.SerializeToString(), answered),
            daemon=True,
        ).start()
    answered.wait()
    print("answered", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1])
