from seedpact.registration.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GenesisState(_message.Message):
    __slots__ = ("floor", "policy", "params", "machines", "network", "nodes")
    FLOOR_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    PARAMS_FIELD_NUMBER: _ClassVar[int]
    MACHINES_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    NODES_FIELD_NUMBER: _ClassVar[int]
    floor: _types_pb2.Floor
    policy: _types_pb2.Policy
    params: Params
    machines: _containers.RepeatedCompositeFieldContainer[_types_pb2.Machine]
    network: GenesisNetwork
    nodes: _containers.RepeatedCompositeFieldContainer[_types_pb2.NodeRecord]
    def __init__(self, floor: _Optional[_Union[_types_pb2.Floor, _Mapping]] = ..., policy: _Optional[_Union[_types_pb2.Policy, _Mapping]] = ..., params: _Optional[_Union[Params, _Mapping]] = ..., machines: _Optional[_Iterable[_Union[_types_pb2.Machine, _Mapping]]] = ..., network: _Optional[_Union[GenesisNetwork, _Mapping]] = ..., nodes: _Optional[_Iterable[_Union[_types_pb2.NodeRecord, _Mapping]]] = ...) -> None: ...

class Params(_message.Message):
    __slots__ = ("max_registers_per_block", "register_gas", "registration_period_secs", "anchor_window_blocks", "operator_interval_blocks", "authority")
    MAX_REGISTERS_PER_BLOCK_FIELD_NUMBER: _ClassVar[int]
    REGISTER_GAS_FIELD_NUMBER: _ClassVar[int]
    REGISTRATION_PERIOD_SECS_FIELD_NUMBER: _ClassVar[int]
    ANCHOR_WINDOW_BLOCKS_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_INTERVAL_BLOCKS_FIELD_NUMBER: _ClassVar[int]
    AUTHORITY_FIELD_NUMBER: _ClassVar[int]
    max_registers_per_block: int
    register_gas: int
    registration_period_secs: int
    anchor_window_blocks: int
    operator_interval_blocks: int
    authority: str
    def __init__(self, max_registers_per_block: _Optional[int] = ..., register_gas: _Optional[int] = ..., registration_period_secs: _Optional[int] = ..., anchor_window_blocks: _Optional[int] = ..., operator_interval_blocks: _Optional[int] = ..., authority: _Optional[str] = ...) -> None: ...

class GenesisNetwork(_message.Message):
    __slots__ = ("keys", "exchange_key", "tls_key", "quote", "collateral")
    KEYS_FIELD_NUMBER: _ClassVar[int]
    EXCHANGE_KEY_FIELD_NUMBER: _ClassVar[int]
    TLS_KEY_FIELD_NUMBER: _ClassVar[int]
    QUOTE_FIELD_NUMBER: _ClassVar[int]
    COLLATERAL_FIELD_NUMBER: _ClassVar[int]
    keys: _types_pb2.NetworkKeys
    exchange_key: bytes
    tls_key: bytes
    quote: bytes
    collateral: bytes
    def __init__(self, keys: _Optional[_Union[_types_pb2.NetworkKeys, _Mapping]] = ..., exchange_key: _Optional[bytes] = ..., tls_key: _Optional[bytes] = ..., quote: _Optional[bytes] = ..., collateral: _Optional[bytes] = ...) -> None: ...
