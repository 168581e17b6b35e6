from seedpact.enclave.v1 import chain_pb2 as _chain_pb2
from seedpact.light.v1 import light_pb2 as _light_pb2
from seedpact.registration.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Receipt(_message.Message):
    __slots__ = ("version", "node_id", "network_id", "network", "register_tx", "quote", "collateral", "record", "root", "steps", "record_entry", "network_keys_entry", "collateral_entry", "bootstrap_entry")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    NETWORK_ID_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    REGISTER_TX_FIELD_NUMBER: _ClassVar[int]
    QUOTE_FIELD_NUMBER: _ClassVar[int]
    COLLATERAL_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    ROOT_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    RECORD_ENTRY_FIELD_NUMBER: _ClassVar[int]
    NETWORK_KEYS_ENTRY_FIELD_NUMBER: _ClassVar[int]
    COLLATERAL_ENTRY_FIELD_NUMBER: _ClassVar[int]
    BOOTSTRAP_ENTRY_FIELD_NUMBER: _ClassVar[int]
    version: int
    node_id: bytes
    network_id: bytes
    network: _types_pb2.NetworkInputs
    register_tx: bytes
    quote: bytes
    collateral: bytes
    record: _types_pb2.NodeRecord
    root: _light_pb2.Header
    steps: _containers.RepeatedCompositeFieldContainer[_chain_pb2.HeaderStep]
    record_entry: _chain_pb2.ProvenEntry
    network_keys_entry: _chain_pb2.ProvenEntry
    collateral_entry: _chain_pb2.ProvenEntry
    bootstrap_entry: _chain_pb2.ProvenEntry
    def __init__(self, version: _Optional[int] = ..., node_id: _Optional[bytes] = ..., network_id: _Optional[bytes] = ..., network: _Optional[_Union[_types_pb2.NetworkInputs, _Mapping]] = ..., register_tx: _Optional[bytes] = ..., quote: _Optional[bytes] = ..., collateral: _Optional[bytes] = ..., record: _Optional[_Union[_types_pb2.NodeRecord, _Mapping]] = ..., root: _Optional[_Union[_light_pb2.Header, _Mapping]] = ..., steps: _Optional[_Iterable[_Union[_chain_pb2.HeaderStep, _Mapping]]] = ..., record_entry: _Optional[_Union[_chain_pb2.ProvenEntry, _Mapping]] = ..., network_keys_entry: _Optional[_Union[_chain_pb2.ProvenEntry, _Mapping]] = ..., collateral_entry: _Optional[_Union[_chain_pb2.ProvenEntry, _Mapping]] = ..., bootstrap_entry: _Optional[_Union[_chain_pb2.ProvenEntry, _Mapping]] = ...) -> None: ...
