"""From a request's bytes to a response's bytes, without a transport.

Every method of `seedpact.enclave.v1.EnclaveService` has one row. Decoding is strict, and what a
handler raises is a `Refusal` or a bug; turning either into a status is `server`'s business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from google.protobuf.message import Message

from enclave.framework.enclave import Enclave, Handler
from enclave.handlers import (
    BackupState,
    Bootstrap,
    ConfirmNodes,
    CreateNodeKey,
    FollowChain,
    GetInfo,
    GetNetworkKeys,
    ImportSeed,
    MakeQuote,
    ReportFork,
    RestoreState,
)
from enclave.registration.wire import check_fields, encode, strict_decode
from seedpact.enclave.v1 import chain_pb2
from seedpact.enclave.v1 import service_pb2 as pb

MAX_MESSAGE_BYTES: Final = 16 * 1024 * 1024
"""100 newcomers with 16 KiB quotes and as many collaterals of 64 KiB are 8.2 MB; gRPC's own
default of 4 MB would refuse them."""
MAX_FIELDS: Final = 2**17
"""A step of 150 validators is about 3,000 fields: a request holds forty such, or a few of the
largest sets. So many empty messages take a parser about 20 MB."""

SERVICE: Final = pb.DESCRIPTOR.services_by_name["EnclaveService"]

Request = TypeVar("Request", bound=Message)
Method = Callable[[Enclave, bytes], bytes]


def _method(kind: type[Request], handler: Handler[Request, Message]) -> Method:
    def call(enclave: Enclave, data: bytes) -> bytes:
        check_fields(kind, data, limit=MAX_FIELDS)
        request = strict_decode(kind, data, max_bytes=MAX_MESSAGE_BYTES)
        return encode(enclave.handle(handler, request))

    return call


METHODS: Final[Mapping[str, Method]] = {
    "GetInfo": _method(pb.GetInfoRequest, GetInfo()),
    "Bootstrap": _method(pb.BootstrapRequest, Bootstrap()),
    "CreateNodeKey": _method(pb.CreateNodeKeyRequest, CreateNodeKey()),
    "MakeQuote": _method(pb.MakeQuoteRequest, MakeQuote()),
    "ConfirmNodes": _method(pb.ConfirmNodesRequest, ConfirmNodes()),
    "ImportSeed": _method(pb.ImportSeedRequest, ImportSeed()),
    "FollowChain": _method(chain_pb2.FollowChainRequest, FollowChain()),
    "ReportFork": _method(chain_pb2.ReportForkRequest, ReportFork()),
    "GetNetworkKeys": _method(pb.GetNetworkKeysRequest, GetNetworkKeys()),
    "Backup": _method(pb.BackupRequest, BackupState()),
    "Restore": _method(pb.RestoreRequest, RestoreState()),
}
"""By the method's name in the service's descriptor; a test compares the two."""
