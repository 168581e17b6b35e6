"""The injected confirm: one message, one encoding, nothing free to choose."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import pytest
from cosmpy.protos.cosmos.base.v1beta1.coin_pb2 import Coin
from cosmpy.protos.cosmos.tx.v1beta1.tx_pb2 import (
    AuthInfo,
    Fee,
    SignerInfo,
    Tx,
    TxBody,
    TxRaw,
)
from google.protobuf.any_pb2 import Any as ProtoAny
from hypothesis import given
from hypothesis import strategies as st

from chain_module.errors import TxRefusal
from chain_module.registration.confirm_tx import (
    CONFIRM_NODE,
    MAX_CONFIRM_BYTES,
    MsgConfirmNode,
    decode_confirm,
    encode_confirm,
    envelope_in,
    is_confirm,
)
from chain_module.registration.messages import MESSAGES
from enclave.attestation.types import SgxMeasurement, TcbStatus, TdxMeasurement, Tee
from enclave.registration.records import Verdict
from seedpact.registration.v1 import tx_pb2 as pb
from tests.support.registration_chain import reason_of

HASHES: Final = st.binary(min_size=32, max_size=32)
REGISTERS: Final = st.binary(min_size=48, max_size=48)
UINT16: Final = st.integers(min_value=0, max_value=2**16 - 1)
VERDICTS: Final = st.builds(
    Verdict,
    st.sampled_from(Tee),
    st.sampled_from(TcbStatus),
    st.builds(SgxMeasurement, HASHES, HASHES, UINT16, UINT16)
    | st.builds(TdxMeasurement, REGISTERS, st.tuples(*[REGISTERS] * 4)),
    st.lists(st.from_regex(r"INTEL-SA-[0-9]{5}", fullmatch=True), max_size=5, unique=True).map(
        lambda found: tuple(sorted(found))
    ),
    st.binary(min_size=6, max_size=6),
    HASHES,
)
CONFIRMS: Final = st.builds(
    MsgConfirmNode,
    HASHES,
    st.binary(min_size=20, max_size=20),
    HASHES,
    st.integers(min_value=0, max_value=2**64 - 1),
    REGISTERS,
    HASHES,
    VERDICTS,
)
EXAMPLE: Final = MsgConfirmNode(
    node_id=bytes([1]) * 32,
    operator=bytes([2]) * 20,
    exchange_key=bytes([3]) * 32,
    epoch=0,
    envelope=bytes([4]) * 48,
    register_tx_hash=bytes([5]) * 32,
    verdict=Verdict(
        Tee.SGX,
        TcbStatus.UP_TO_DATE,
        SgxMeasurement(bytes([6]) * 32, bytes(32), 0, 1),
        ("INTEL-SA-00615",),
        bytes(6),
        bytes([7]) * 32,
    ),
)


@given(message=CONFIRMS)
def test_what_is_built_is_recognised(message: MsgConfirmNode) -> None:
    raw = encode_confirm(message)
    assert is_confirm(raw)
    assert decode_confirm(raw) == message
    assert envelope_in(raw) == message.envelope


@given(message=CONFIRMS, data=st.data())
def test_no_byte_is_free_to_choose(message: MsgConfirmNode, data: st.DataObject) -> None:
    """A changed byte is another message, or no confirm: never the same one in other bytes."""
    raw = bytearray(encode_confirm(message))
    at = data.draw(st.integers(min_value=0, max_value=len(raw) - 1))
    raw[at] ^= data.draw(st.integers(min_value=1, max_value=255))
    changed = bytes(raw)
    if is_confirm(changed):
        assert decode_confirm(changed) != message


def test_it_is_the_transaction_that_the_specification_says() -> None:
    """A Cosmos client reads it: one message, no signers, a fee that is present and empty."""
    raw = encode_confirm(EXAMPLE)
    tx = Tx.FromString(raw)
    assert [message.type_url for message in tx.body.messages] == [CONFIRM_NODE]
    assert pb.MsgConfirmNode.FromString(tx.body.messages[0].value).node_id == EXAMPLE.node_id
    assert tx.auth_info.HasField("fee")
    assert (list(tx.auth_info.fee.amount), tx.auth_info.fee.gas_limit) == ([], 0)
    assert not tx.auth_info.signer_infos
    assert not TxRaw.FromString(raw).signatures
    assert TxRaw.FromString(raw).auth_info_bytes == bytes.fromhex("1200")


@dataclasses.dataclass
class Parts:
    """A confirm taken apart, to be changed."""

    body: Any
    auth_info: Any
    signatures: list[bytes]

    def joined(self) -> bytes:
        """The transaction of these parts."""
        raw: bytes = TxRaw(
            body_bytes=self.body.SerializeToString(deterministic=True),
            auth_info_bytes=self.auth_info.SerializeToString(deterministic=True),
            signatures=self.signatures,
        ).SerializeToString(deterministic=True)
        return raw


def parts() -> Parts:
    """Of the example."""
    whole = TxRaw.FromString(encode_confirm(EXAMPLE))
    return Parts(TxBody.FromString(whole.body_bytes), AuthInfo(fee=Fee()), [])


SPOILT: Final[dict[str, Callable[[Parts], Any]]] = {
    "a memo": lambda tx: setattr(tx.body, "memo", "hello"),
    "a timeout": lambda tx: setattr(tx.body, "timeout_height", 1),
    "an extension": lambda tx: tx.body.extension_options.append(ProtoAny(type_url="/x")),
    "two messages": lambda tx: tx.body.messages.append(tx.body.messages[0]),
    "no message": lambda tx: tx.body.ClearField("messages"),
    "another message": lambda tx: setattr(tx.body.messages[0], "type_url", CONFIRM_NODE + "s"),
    "a field that is not known": lambda tx: setattr(
        tx.body.messages[0], "value", tx.body.messages[0].value + b"\x78\x01"
    ),
    "a fee": lambda tx: tx.auth_info.fee.amount.append(Coin(denom="useed", amount="1")),
    "gas": lambda tx: setattr(tx.auth_info.fee, "gas_limit", 1),
    "no fee": lambda tx: tx.auth_info.ClearField("fee"),
    "a signer": lambda tx: tx.auth_info.signer_infos.append(SignerInfo(sequence=1)),
    "a signature": lambda tx: tx.signatures.append(b""),
}


def test_the_parts_make_the_whole() -> None:
    assert parts().joined() == encode_confirm(EXAMPLE)


@pytest.mark.parametrize("change", SPOILT)
def test_anything_else_is_no_confirm(change: str) -> None:
    changed = parts()
    SPOILT[change](changed)
    refuse(changed.joined())


def test_another_order_of_the_same_fields_is_no_confirm() -> None:
    raw = encode_confirm(EXAMPLE)
    turned = raw[-4:] + raw[:-4]
    assert TxRaw.FromString(turned) == TxRaw.FromString(raw)
    refuse(turned)


def test_another_transaction_is_not_read_as_a_confirm() -> None:
    """Its message is not looked into: no word of a confirm's fields."""
    changed = parts()
    changed.body.messages[0].CopyFrom(ProtoAny(type_url="/cosmos.bank.v1beta1.MsgSend"))
    assert reason_of(lambda: decode_confirm(changed.joined())) == "malformed_confirm"


def refuse(raw: bytes) -> None:
    """It is not recognised, and says why."""
    assert not is_confirm(raw)
    with pytest.raises(TxRefusal) as caught:
        decode_confirm(raw)
    assert caught.value.reason.name in {"malformed_confirm", "malformed_request"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("node_id", bytes(31)),
        ("operator", bytes(21)),
        ("exchange_key", b""),
        ("envelope", bytes(49)),
        ("register_tx_hash", bytes(33)),
    ],
)
def test_each_field_has_its_size(field: str, value: bytes) -> None:
    change: dict[str, Any] = {field: value}
    with pytest.raises(TxRefusal) as caught:
        decode_confirm(encode_confirm(dataclasses.replace(EXAMPLE, **change)))
    assert caught.value.reason.name == "bad_length"


def test_bytes_without_end_are_not_read() -> None:
    long = encode_confirm(dataclasses.replace(EXAMPLE, node_id=bytes(MAX_CONFIRM_BYTES)))
    most = MAX_CONFIRM_BYTES - (len(long) - MAX_CONFIRM_BYTES)
    for more, name in ((0, "bad_length"), (1, "malformed_confirm")):
        raw = encode_confirm(dataclasses.replace(EXAMPLE, node_id=bytes(most + more)))
        assert len(raw) == MAX_CONFIRM_BYTES + more
        assert reason_of(partial(decode_confirm, raw)) == name


@given(raw=st.binary(max_size=300))
def test_other_bytes_are_no_confirm(raw: bytes) -> None:
    assert not is_confirm(raw)


def test_a_confirm_is_no_message_of_a_user() -> None:
    """Whoever decodes a user's transaction finds this kind, whatever its value says."""
    (kind,) = [kind for kind in MESSAGES if kind.type_url == CONFIRM_NODE]
    message = pb.MsgConfirmNode(node_id=bytes(32)).SerializeToString()
    for value in (b"", message):
        with pytest.raises(TxRefusal) as caught:
            kind.decode(value)
        assert caught.value.reason.name == "confirm_from_outside"


def test_another_envelope_is_another_transaction() -> None:
    other = dataclasses.replace(EXAMPLE, envelope=bytes(48))
    assert encode_confirm(other) != encode_confirm(EXAMPLE)
