"""Measurements and enums to and from protobuf. Form only: nothing here allows anything."""

from __future__ import annotations

import enum
from typing import Final, TypeVar

from enclave.attestation.types import Measurement, SgxMeasurement, TdxMeasurement
from enclave.crypto.primitives import check_length
from enclave.errors import Code, Refusal
from seedpact.registration.v1 import types_pb2 as pb

SGX_HASH_BYTES: Final = 32
TDX_HASH_BYTES: Final = 48
RTMRS: Final = 4
MAX_UINT16: Final = 0xFFFF

E = TypeVar("E", bound=enum.IntEnum)


def enum_value(kind: type[E], number: int) -> E:
    """The member of `kind` with this number. Raises Refusal: BAD_VALUE."""
    try:
        return kind(number)
    except ValueError:
        raise Refusal(
            Code.BAD_VALUE, expected=f"a known {kind.__name__}", found=f"number {number}"
        ) from None


def measurement_from_proto(message: pb.Measurement) -> Measurement:
    """Raises Refusal: BAD_LENGTH or BAD_VALUE."""
    match message.WhichOneof("kind"):
        case "sgx":
            return _sgx_from_proto(message.sgx)
        case "tdx":
            return _tdx_from_proto(message.tdx)
        case _:
            raise Refusal(Code.BAD_VALUE, expected="an sgx or tdx measurement", found="neither")


def measurement_to_proto(measurement: Measurement) -> pb.Measurement:
    """The protobuf of `measurement`."""
    if isinstance(measurement, SgxMeasurement):
        return pb.Measurement(
            sgx=pb.SgxMeasurement(
                mr_enclave=measurement.mr_enclave,
                mr_signer=measurement.mr_signer,
                isv_prod_id=measurement.isv_prod_id,
                isv_svn=measurement.isv_svn,
            )
        )
    return pb.Measurement(tdx=pb.TdxMeasurement(mr_td=measurement.mr_td, rtmrs=measurement.rtmrs))


def _sgx_from_proto(message: pb.SgxMeasurement) -> SgxMeasurement:
    check_length("mr_enclave", message.mr_enclave, SGX_HASH_BYTES)
    check_length("mr_signer", message.mr_signer, SGX_HASH_BYTES)
    for name, value in (("isv_prod_id", message.isv_prod_id), ("isv_svn", message.isv_svn)):
        if value > MAX_UINT16:
            raise Refusal(Code.BAD_VALUE, expected=f"{name} of 16 bits", found=str(value))
    return SgxMeasurement(
        message.mr_enclave, message.mr_signer, message.isv_prod_id, message.isv_svn
    )


def _tdx_from_proto(message: pb.TdxMeasurement) -> TdxMeasurement:
    check_length("mr_td", message.mr_td, TDX_HASH_BYTES)
    if len(message.rtmrs) != RTMRS:
        raise Refusal(Code.BAD_LENGTH, expected=f"{RTMRS} rtmrs", found=str(len(message.rtmrs)))
    for rtmr in message.rtmrs:
        check_length("rtmr", rtmr, TDX_HASH_BYTES)
    first, second, third, fourth = message.rtmrs
    return TdxMeasurement(message.mr_td, (first, second, third, fourth))
