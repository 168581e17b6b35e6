"""The registration file: what a newcomer shows, the fields of a MsgRegisterNode."""

from __future__ import annotations

from typing import Final

from node.cli.failures import malformed
from node.cli.files import read_file
from node.cli.json_files import (
    dump_object,
    message_from_json,
    message_to_json,
    parse_object,
    take_text,
)
from node.enclave_client import Registration
from seedpact.enclave.v1 import service_pb2 as pb

_WHAT: Final = "a registration file"


def write_registration(purpose: pb.RegisterPurpose, answer: pb.MakeQuoteResponse) -> bytes:
    """The file of a quote for joining or renewing."""
    newcomer = pb.Newcomer(
        operator=purpose.operator,
        exchange_key=answer.exchange_key,
        kem_ciphertext=answer.kem_ciphertext,
        epoch=purpose.epoch,
        anchor_height=purpose.anchor_height,
        anchor_hash=purpose.anchor_hash,
        tls_key=answer.tls_key,
        quote=answer.evidence.quote,
    )
    value = message_to_json(newcomer)
    del value["collateral_index"]
    value["collateral"] = answer.evidence.collateral.decode("ascii")
    return dump_object(value)


def read_registration(path: str) -> Registration:
    """A registration file; whether it is true is the enclave's to judge. Raises Failure."""
    value = parse_object(read_file(path, what=_WHAT), what=_WHAT)
    collateral = take_text(value, "collateral", what=_WHAT)
    if not collateral.isascii():
        raise malformed(f"{_WHAT} with an ASCII collateral", "other characters")
    message = message_from_json(value, pb.Newcomer, what=_WHAT)
    return Registration(
        operator=message.operator,
        exchange_key=message.exchange_key,
        kem_ciphertext=message.kem_ciphertext,
        epoch=message.epoch,
        anchor_height=message.anchor_height,
        anchor_hash=message.anchor_hash,
        tls_key=message.tls_key,
        quote=message.quote,
        collateral=collateral.encode("ascii"),
    )
