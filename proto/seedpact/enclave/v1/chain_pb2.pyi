from seedpact.ics23.v1 import proofs_pb2 as _proofs_pb2
from seedpact.light.v1 import light_pb2 as _light_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class HeaderStep(_message.Message):
    __slots__ = ("block", "trusted_next")
    BLOCK_FIELD_NUMBER: _ClassVar[int]
    TRUSTED_NEXT_FIELD_NUMBER: _ClassVar[int]
    block: _light_pb2.LightBlock
    trusted_next: _light_pb2.ValidatorSet
    def __init__(self, block: _Optional[_Union[_light_pb2.LightBlock, _Mapping]] = ..., trusted_next: _Optional[_Union[_light_pb2.ValidatorSet, _Mapping]] = ...) -> None: ...

class ProvenEntry(_message.Message):
    __slots__ = ("value", "proof")
    VALUE_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    value: bytes
    proof: _proofs_pb2.ProofOps
    def __init__(self, value: _Optional[bytes] = ..., proof: _Optional[_Union[_proofs_pb2.ProofOps, _Mapping]] = ...) -> None: ...

class ProvenAnchor(_message.Message):
    __slots__ = ("height", "entry")
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    height: int
    entry: ProvenEntry
    def __init__(self, height: _Optional[int] = ..., entry: _Optional[_Union[ProvenEntry, _Mapping]] = ...) -> None: ...

class ProvenMachine(_message.Message):
    __slots__ = ("platform_id", "entry")
    PLATFORM_ID_FIELD_NUMBER: _ClassVar[int]
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    platform_id: bytes
    entry: ProvenEntry
    def __init__(self, platform_id: _Optional[bytes] = ..., entry: _Optional[_Union[ProvenEntry, _Mapping]] = ...) -> None: ...

class ChainProof(_message.Message):
    __slots__ = ("root", "steps", "policy", "network_keys", "next_epoch", "own_record", "freshness", "anchors", "machines")
    ROOT_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    NETWORK_KEYS_FIELD_NUMBER: _ClassVar[int]
    NEXT_EPOCH_FIELD_NUMBER: _ClassVar[int]
    OWN_RECORD_FIELD_NUMBER: _ClassVar[int]
    FRESHNESS_FIELD_NUMBER: _ClassVar[int]
    ANCHORS_FIELD_NUMBER: _ClassVar[int]
    MACHINES_FIELD_NUMBER: _ClassVar[int]
    root: _light_pb2.Header
    steps: _containers.RepeatedCompositeFieldContainer[HeaderStep]
    policy: ProvenEntry
    network_keys: _containers.RepeatedCompositeFieldContainer[ProvenEntry]
    next_epoch: ProvenEntry
    own_record: ProvenEntry
    freshness: ProvenEntry
    anchors: _containers.RepeatedCompositeFieldContainer[ProvenAnchor]
    machines: _containers.RepeatedCompositeFieldContainer[ProvenMachine]
    def __init__(self, root: _Optional[_Union[_light_pb2.Header, _Mapping]] = ..., steps: _Optional[_Iterable[_Union[HeaderStep, _Mapping]]] = ..., policy: _Optional[_Union[ProvenEntry, _Mapping]] = ..., network_keys: _Optional[_Iterable[_Union[ProvenEntry, _Mapping]]] = ..., next_epoch: _Optional[_Union[ProvenEntry, _Mapping]] = ..., own_record: _Optional[_Union[ProvenEntry, _Mapping]] = ..., freshness: _Optional[_Union[ProvenEntry, _Mapping]] = ..., anchors: _Optional[_Iterable[_Union[ProvenAnchor, _Mapping]]] = ..., machines: _Optional[_Iterable[_Union[ProvenMachine, _Mapping]]] = ...) -> None: ...

class FollowChainRequest(_message.Message):
    __slots__ = ("anchor_height", "anchor_hash", "root", "steps")
    ANCHOR_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    ANCHOR_HASH_FIELD_NUMBER: _ClassVar[int]
    ROOT_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    anchor_height: int
    anchor_hash: bytes
    root: _light_pb2.Header
    steps: _containers.RepeatedCompositeFieldContainer[HeaderStep]
    def __init__(self, anchor_height: _Optional[int] = ..., anchor_hash: _Optional[bytes] = ..., root: _Optional[_Union[_light_pb2.Header, _Mapping]] = ..., steps: _Optional[_Iterable[_Union[HeaderStep, _Mapping]]] = ...) -> None: ...

class FollowChainResponse(_message.Message):
    __slots__ = ("height", "hash")
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    HASH_FIELD_NUMBER: _ClassVar[int]
    height: int
    hash: bytes
    def __init__(self, height: _Optional[int] = ..., hash: _Optional[bytes] = ...) -> None: ...

class ReportForkRequest(_message.Message):
    __slots__ = ("anchor_height", "anchor_hash", "root", "first", "second")
    ANCHOR_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    ANCHOR_HASH_FIELD_NUMBER: _ClassVar[int]
    ROOT_FIELD_NUMBER: _ClassVar[int]
    FIRST_FIELD_NUMBER: _ClassVar[int]
    SECOND_FIELD_NUMBER: _ClassVar[int]
    anchor_height: int
    anchor_hash: bytes
    root: _light_pb2.Header
    first: _containers.RepeatedCompositeFieldContainer[HeaderStep]
    second: _containers.RepeatedCompositeFieldContainer[HeaderStep]
    def __init__(self, anchor_height: _Optional[int] = ..., anchor_hash: _Optional[bytes] = ..., root: _Optional[_Union[_light_pb2.Header, _Mapping]] = ..., first: _Optional[_Iterable[_Union[HeaderStep, _Mapping]]] = ..., second: _Optional[_Iterable[_Union[HeaderStep, _Mapping]]] = ...) -> None: ...

class ReportForkResponse(_message.Message):
    __slots__ = ("height", "first_hash", "second_hash")
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    FIRST_HASH_FIELD_NUMBER: _ClassVar[int]
    SECOND_HASH_FIELD_NUMBER: _ClassVar[int]
    height: int
    first_hash: bytes
    second_hash: bytes
    def __init__(self, height: _Optional[int] = ..., first_hash: _Optional[bytes] = ..., second_hash: _Optional[bytes] = ...) -> None: ...
