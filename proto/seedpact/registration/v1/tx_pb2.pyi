from seedpact.registration.v1 import types_pb2 as _types_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MsgRegisterNode(_message.Message):
    __slots__ = ("operator", "exchange_key", "kem_ciphertext", "epoch", "anchor_height", "anchor_hash", "tls_key", "quote", "collateral", "moniker")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    EXCHANGE_KEY_FIELD_NUMBER: _ClassVar[int]
    KEM_CIPHERTEXT_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    ANCHOR_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    ANCHOR_HASH_FIELD_NUMBER: _ClassVar[int]
    TLS_KEY_FIELD_NUMBER: _ClassVar[int]
    QUOTE_FIELD_NUMBER: _ClassVar[int]
    COLLATERAL_FIELD_NUMBER: _ClassVar[int]
    MONIKER_FIELD_NUMBER: _ClassVar[int]
    operator: str
    exchange_key: bytes
    kem_ciphertext: bytes
    epoch: int
    anchor_height: int
    anchor_hash: bytes
    tls_key: bytes
    quote: bytes
    collateral: bytes
    moniker: str
    def __init__(self, operator: _Optional[str] = ..., exchange_key: _Optional[bytes] = ..., kem_ciphertext: _Optional[bytes] = ..., epoch: _Optional[int] = ..., anchor_height: _Optional[int] = ..., anchor_hash: _Optional[bytes] = ..., tls_key: _Optional[bytes] = ..., quote: _Optional[bytes] = ..., collateral: _Optional[bytes] = ..., moniker: _Optional[str] = ...) -> None: ...

class MsgRegisterNodeResponse(_message.Message):
    __slots__ = ("node_id",)
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    node_id: bytes
    def __init__(self, node_id: _Optional[bytes] = ...) -> None: ...

class MsgConfirmNode(_message.Message):
    __slots__ = ("node_id", "operator", "exchange_key", "epoch", "envelope", "register_tx_hash", "verdict")
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    EXCHANGE_KEY_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    ENVELOPE_FIELD_NUMBER: _ClassVar[int]
    REGISTER_TX_HASH_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    node_id: bytes
    operator: bytes
    exchange_key: bytes
    epoch: int
    envelope: bytes
    register_tx_hash: bytes
    verdict: _types_pb2.Verdict
    def __init__(self, node_id: _Optional[bytes] = ..., operator: _Optional[bytes] = ..., exchange_key: _Optional[bytes] = ..., epoch: _Optional[int] = ..., envelope: _Optional[bytes] = ..., register_tx_hash: _Optional[bytes] = ..., verdict: _Optional[_Union[_types_pb2.Verdict, _Mapping]] = ...) -> None: ...

class MsgConfirmNodeResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class MsgFreshness(_message.Message):
    __slots__ = ("operator", "node_id", "nonce")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    NONCE_FIELD_NUMBER: _ClassVar[int]
    operator: str
    node_id: bytes
    nonce: bytes
    def __init__(self, operator: _Optional[str] = ..., node_id: _Optional[bytes] = ..., nonce: _Optional[bytes] = ...) -> None: ...

class MsgFreshnessResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class MsgUpdatePolicy(_message.Message):
    __slots__ = ("authority", "policy")
    AUTHORITY_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    authority: str
    policy: _types_pb2.Policy
    def __init__(self, authority: _Optional[str] = ..., policy: _Optional[_Union[_types_pb2.Policy, _Mapping]] = ...) -> None: ...

class MsgUpdatePolicyResponse(_message.Message):
    __slots__ = ("effective_height",)
    EFFECTIVE_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    effective_height: int
    def __init__(self, effective_height: _Optional[int] = ...) -> None: ...

class MsgRevokeNode(_message.Message):
    __slots__ = ("signer", "node_id")
    SIGNER_FIELD_NUMBER: _ClassVar[int]
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    signer: str
    node_id: bytes
    def __init__(self, signer: _Optional[str] = ..., node_id: _Optional[bytes] = ...) -> None: ...

class MsgRevokeNodeResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
