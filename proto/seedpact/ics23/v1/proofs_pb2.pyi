from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class HashOp(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    HASH_OP_NO_HASH: _ClassVar[HashOp]
    HASH_OP_SHA256: _ClassVar[HashOp]
    HASH_OP_SHA512: _ClassVar[HashOp]
    HASH_OP_KECCAK256: _ClassVar[HashOp]
    HASH_OP_RIPEMD160: _ClassVar[HashOp]
    HASH_OP_BITCOIN: _ClassVar[HashOp]
    HASH_OP_SHA512_256: _ClassVar[HashOp]
    HASH_OP_BLAKE2B_512: _ClassVar[HashOp]
    HASH_OP_BLAKE2S_256: _ClassVar[HashOp]
    HASH_OP_BLAKE3: _ClassVar[HashOp]

class LengthOp(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LENGTH_OP_NO_PREFIX: _ClassVar[LengthOp]
    LENGTH_OP_VAR_PROTO: _ClassVar[LengthOp]
    LENGTH_OP_VAR_RLP: _ClassVar[LengthOp]
    LENGTH_OP_FIXED32_BIG: _ClassVar[LengthOp]
    LENGTH_OP_FIXED32_LITTLE: _ClassVar[LengthOp]
    LENGTH_OP_FIXED64_BIG: _ClassVar[LengthOp]
    LENGTH_OP_FIXED64_LITTLE: _ClassVar[LengthOp]
    LENGTH_OP_REQUIRE_32_BYTES: _ClassVar[LengthOp]
    LENGTH_OP_REQUIRE_64_BYTES: _ClassVar[LengthOp]
HASH_OP_NO_HASH: HashOp
HASH_OP_SHA256: HashOp
HASH_OP_SHA512: HashOp
HASH_OP_KECCAK256: HashOp
HASH_OP_RIPEMD160: HashOp
HASH_OP_BITCOIN: HashOp
HASH_OP_SHA512_256: HashOp
HASH_OP_BLAKE2B_512: HashOp
HASH_OP_BLAKE2S_256: HashOp
HASH_OP_BLAKE3: HashOp
LENGTH_OP_NO_PREFIX: LengthOp
LENGTH_OP_VAR_PROTO: LengthOp
LENGTH_OP_VAR_RLP: LengthOp
LENGTH_OP_FIXED32_BIG: LengthOp
LENGTH_OP_FIXED32_LITTLE: LengthOp
LENGTH_OP_FIXED64_BIG: LengthOp
LENGTH_OP_FIXED64_LITTLE: LengthOp
LENGTH_OP_REQUIRE_32_BYTES: LengthOp
LENGTH_OP_REQUIRE_64_BYTES: LengthOp

class LeafOp(_message.Message):
    __slots__ = ("hash", "prehash_key", "prehash_value", "length", "prefix")
    HASH_FIELD_NUMBER: _ClassVar[int]
    PREHASH_KEY_FIELD_NUMBER: _ClassVar[int]
    PREHASH_VALUE_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    hash: HashOp
    prehash_key: HashOp
    prehash_value: HashOp
    length: LengthOp
    prefix: bytes
    def __init__(self, hash: _Optional[_Union[HashOp, str]] = ..., prehash_key: _Optional[_Union[HashOp, str]] = ..., prehash_value: _Optional[_Union[HashOp, str]] = ..., length: _Optional[_Union[LengthOp, str]] = ..., prefix: _Optional[bytes] = ...) -> None: ...

class InnerOp(_message.Message):
    __slots__ = ("hash", "prefix", "suffix")
    HASH_FIELD_NUMBER: _ClassVar[int]
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    SUFFIX_FIELD_NUMBER: _ClassVar[int]
    hash: HashOp
    prefix: bytes
    suffix: bytes
    def __init__(self, hash: _Optional[_Union[HashOp, str]] = ..., prefix: _Optional[bytes] = ..., suffix: _Optional[bytes] = ...) -> None: ...

class ExistenceProof(_message.Message):
    __slots__ = ("key", "value", "leaf", "path")
    KEY_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    LEAF_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    key: bytes
    value: bytes
    leaf: LeafOp
    path: _containers.RepeatedCompositeFieldContainer[InnerOp]
    def __init__(self, key: _Optional[bytes] = ..., value: _Optional[bytes] = ..., leaf: _Optional[_Union[LeafOp, _Mapping]] = ..., path: _Optional[_Iterable[_Union[InnerOp, _Mapping]]] = ...) -> None: ...

class NonExistenceProof(_message.Message):
    __slots__ = ("key", "left", "right")
    KEY_FIELD_NUMBER: _ClassVar[int]
    LEFT_FIELD_NUMBER: _ClassVar[int]
    RIGHT_FIELD_NUMBER: _ClassVar[int]
    key: bytes
    left: ExistenceProof
    right: ExistenceProof
    def __init__(self, key: _Optional[bytes] = ..., left: _Optional[_Union[ExistenceProof, _Mapping]] = ..., right: _Optional[_Union[ExistenceProof, _Mapping]] = ...) -> None: ...

class CommitmentProof(_message.Message):
    __slots__ = ("exist", "nonexist")
    EXIST_FIELD_NUMBER: _ClassVar[int]
    NONEXIST_FIELD_NUMBER: _ClassVar[int]
    exist: ExistenceProof
    nonexist: NonExistenceProof
    def __init__(self, exist: _Optional[_Union[ExistenceProof, _Mapping]] = ..., nonexist: _Optional[_Union[NonExistenceProof, _Mapping]] = ...) -> None: ...

class ProofOp(_message.Message):
    __slots__ = ("type", "key", "data")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    type: str
    key: bytes
    data: bytes
    def __init__(self, type: _Optional[str] = ..., key: _Optional[bytes] = ..., data: _Optional[bytes] = ...) -> None: ...

class ProofOps(_message.Message):
    __slots__ = ("ops",)
    OPS_FIELD_NUMBER: _ClassVar[int]
    ops: _containers.RepeatedCompositeFieldContainer[ProofOp]
    def __init__(self, ops: _Optional[_Iterable[_Union[ProofOp, _Mapping]]] = ...) -> None: ...
