from seedpact.registration.v1 import genesis_pb2 as _genesis_pb2
from seedpact.registration.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class QueryNodeRequest(_message.Message):
    __slots__ = ("node_id",)
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    node_id: bytes
    def __init__(self, node_id: _Optional[bytes] = ...) -> None: ...

class QueryNodeResponse(_message.Message):
    __slots__ = ("node", "height")
    NODE_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    node: _types_pb2.NodeRecord
    height: int
    def __init__(self, node: _Optional[_Union[_types_pb2.NodeRecord, _Mapping]] = ..., height: _Optional[int] = ...) -> None: ...

class QueryNodesRequest(_message.Message):
    __slots__ = ("page_key", "limit", "status", "operator")
    PAGE_KEY_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    page_key: bytes
    limit: int
    status: _types_pb2.NodeStatus
    operator: bytes
    def __init__(self, page_key: _Optional[bytes] = ..., limit: _Optional[int] = ..., status: _Optional[_Union[_types_pb2.NodeStatus, str]] = ..., operator: _Optional[bytes] = ...) -> None: ...

class QueryNodesResponse(_message.Message):
    __slots__ = ("nodes", "next_page_key", "height")
    NODES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_KEY_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    nodes: _containers.RepeatedCompositeFieldContainer[_types_pb2.NodeRecord]
    next_page_key: bytes
    height: int
    def __init__(self, nodes: _Optional[_Iterable[_Union[_types_pb2.NodeRecord, _Mapping]]] = ..., next_page_key: _Optional[bytes] = ..., height: _Optional[int] = ...) -> None: ...

class QueryNetworkKeysRequest(_message.Message):
    __slots__ = ("epoch",)
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    epoch: int
    def __init__(self, epoch: _Optional[int] = ...) -> None: ...

class QueryNetworkKeysResponse(_message.Message):
    __slots__ = ("keys", "height")
    KEYS_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    keys: _types_pb2.NetworkKeys
    height: int
    def __init__(self, keys: _Optional[_Union[_types_pb2.NetworkKeys, _Mapping]] = ..., height: _Optional[int] = ...) -> None: ...

class QueryParamsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class QueryParamsResponse(_message.Message):
    __slots__ = ("params", "floor", "network_id", "height")
    PARAMS_FIELD_NUMBER: _ClassVar[int]
    FLOOR_FIELD_NUMBER: _ClassVar[int]
    NETWORK_ID_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    params: _genesis_pb2.Params
    floor: _types_pb2.Floor
    network_id: bytes
    height: int
    def __init__(self, params: _Optional[_Union[_genesis_pb2.Params, _Mapping]] = ..., floor: _Optional[_Union[_types_pb2.Floor, _Mapping]] = ..., network_id: _Optional[bytes] = ..., height: _Optional[int] = ...) -> None: ...

class QueryPolicyRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class QueryPolicyResponse(_message.Message):
    __slots__ = ("policy", "height")
    POLICY_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    policy: _types_pb2.Policy
    height: int
    def __init__(self, policy: _Optional[_Union[_types_pb2.Policy, _Mapping]] = ..., height: _Optional[int] = ...) -> None: ...

class QueryFreshnessRequest(_message.Message):
    __slots__ = ("node_id",)
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    node_id: bytes
    def __init__(self, node_id: _Optional[bytes] = ...) -> None: ...

class QueryFreshnessResponse(_message.Message):
    __slots__ = ("freshness", "height")
    FRESHNESS_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    freshness: _types_pb2.Freshness
    height: int
    def __init__(self, freshness: _Optional[_Union[_types_pb2.Freshness, _Mapping]] = ..., height: _Optional[int] = ...) -> None: ...
