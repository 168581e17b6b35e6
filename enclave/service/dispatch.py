"""From a request's bytes to a response's bytes, without a transport.

Decoding is strict, and what a handler raises is a `Refusal` or a bug; turning either into a status
is `server`'s business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from google.protobuf.message import Message

from enclave.framework.enclave import Enclave, Handler
from enclave.handlers import HANDLERS
from enclave.wire import check_fields, encode, strict_decode
from seedpact.enclave.v1 import service_pb2 as pb

MAX_MESSAGE_BYTES: Final = 16 * 1024 * 1024
"""100 newcomers with 16 KiB quotes and as many collaterals of 64 KiB are 8.2 MB; gRPC's own
default of 4 MB would refuse them."""
MAX_FIELDS: Final = 2**17
"""A step of 150 validators is about 3,000 fields: a request holds forty such, or a few of the
largest sets. So many empty messages take a parser about 20 MB."""

SERVICE: Final = pb.DESCRIPTOR.services_by_name["EnclaveService"]

Method = Callable[[Enclave, bytes], bytes]


def _method(handler: Handler[Any, Message]) -> Method:
    def call(enclave: Enclave, data: bytes) -> bytes:
        check_fields(handler.request, data, limit=MAX_FIELDS)
        request = strict_decode(handler.request, data, max_bytes=MAX_MESSAGE_BYTES)
        return encode(enclave.handle(handler, request))

    return call


_NAMES: Final = {method.input_type.full_name: method.name for method in SERVICE.methods}

METHODS: Final[Mapping[str, Method]] = {
    _NAMES[handler.request.DESCRIPTOR.full_name]: _method(handler) for handler in HANDLERS
}
"""By the method's name in the service's descriptor, which has no other (a test compares)."""
