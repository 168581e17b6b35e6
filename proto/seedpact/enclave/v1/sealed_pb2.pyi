from seedpact.light.v1 import light_pb2 as _light_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SealedEntries(_message.Message):
    __slots__ = ("entries", "history", "generation")
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    HISTORY_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[SealedEntry]
    history: bytes
    generation: int
    def __init__(self, entries: _Optional[_Iterable[_Union[SealedEntry, _Mapping]]] = ..., history: _Optional[bytes] = ..., generation: _Optional[int] = ...) -> None: ...

class SealedEntry(_message.Message):
    __slots__ = ("key", "value")
    KEY_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    key: bytes
    value: bytes
    def __init__(self, key: _Optional[bytes] = ..., value: _Optional[bytes] = ...) -> None: ...

class SealedKemSecret(_message.Message):
    __slots__ = ("kem_io", "ciphertext", "secret")
    KEM_IO_FIELD_NUMBER: _ClassVar[int]
    CIPHERTEXT_FIELD_NUMBER: _ClassVar[int]
    SECRET_FIELD_NUMBER: _ClassVar[int]
    kem_io: bytes
    ciphertext: bytes
    secret: bytes
    def __init__(self, kem_io: _Optional[bytes] = ..., ciphertext: _Optional[bytes] = ..., secret: _Optional[bytes] = ...) -> None: ...

class SealedQuote(_message.Message):
    __slots__ = ("anchor_height", "anchor_hash", "report_data", "tls_seed", "last_header")
    ANCHOR_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    ANCHOR_HASH_FIELD_NUMBER: _ClassVar[int]
    REPORT_DATA_FIELD_NUMBER: _ClassVar[int]
    TLS_SEED_FIELD_NUMBER: _ClassVar[int]
    LAST_HEADER_FIELD_NUMBER: _ClassVar[int]
    anchor_height: int
    anchor_hash: bytes
    report_data: bytes
    tls_seed: bytes
    last_header: _light_pb2.Header
    def __init__(self, anchor_height: _Optional[int] = ..., anchor_hash: _Optional[bytes] = ..., report_data: _Optional[bytes] = ..., tls_seed: _Optional[bytes] = ..., last_header: _Optional[_Union[_light_pb2.Header, _Mapping]] = ...) -> None: ...

class SealedTrust(_message.Message):
    __slots__ = ("root_height", "root_hash", "last_header")
    ROOT_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    ROOT_HASH_FIELD_NUMBER: _ClassVar[int]
    LAST_HEADER_FIELD_NUMBER: _ClassVar[int]
    root_height: int
    root_hash: bytes
    last_header: _light_pb2.Header
    def __init__(self, root_height: _Optional[int] = ..., root_hash: _Optional[bytes] = ..., last_header: _Optional[_Union[_light_pb2.Header, _Mapping]] = ...) -> None: ...

class SealedFork(_message.Message):
    __slots__ = ("height", "first_hash", "second_hash")
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    FIRST_HASH_FIELD_NUMBER: _ClassVar[int]
    SECOND_HASH_FIELD_NUMBER: _ClassVar[int]
    height: int
    first_hash: bytes
    second_hash: bytes
    def __init__(self, height: _Optional[int] = ..., first_hash: _Optional[bytes] = ..., second_hash: _Optional[bytes] = ...) -> None: ...
